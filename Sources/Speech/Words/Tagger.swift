/// Parts of speech by an averaged perceptron (Penn Treebank tags): a word with one tag is looked
/// up, every other word is weighed from its own form and its neighbours.
struct Tagger: Sendable {
    private let tables: VoiceTables

    init(_ tables: VoiceTables) { self.tables = tables }

    func tags(_ words: [String]) -> [String] {
        var window = ["-START2-", "-START-"]
        for word in words {
            let form = Tagger.form(word)
            let isKnown = tables.vocabulary.contains(form)
            window.append(isKnown ? form : "<" + Tagger.shape(word) + ">")
        }
        window += ["-END-", "-END2-"]
        var tags: [String] = []
        var (last, lastButOne) = ("-START-", "-START2-")
        for (index, word) in words.enumerated() {
            let tag: String
            if let range = tables.tagdict.find(word) {
                let number = tables.file.byte(range.lowerBound)
                tag = number < tables.tags.count ? tables.tags[number] : "NN"
            } else {
                tag = weighed(word, index, window, last, lastButOne)
            }
            tags.append(tag)
            (lastButOne, last) = (last, tag)
        }
        return tags
    }

    private func weighed(
        _ word: String, _ index: Int, _ window: [String], _ last: String, _ lastButOne: String
    ) -> String {
        // Tenths, as the table has them: whole numbers add without rounding.
        var scores = [Int32](repeating: 0, count: tables.tags.count)
        var key: [UInt8] = []
        var isSeen = false
        func add(_ name: StaticString, _ value: String, _ more: String? = nil) {
            key.removeAll(keepingCapacity: true)
            name.withUTF8Buffer { key.append(contentsOf: $0) }
            key.append(contentsOf: value.utf8)
            if let more { key.append(contentsOf: more.utf8) }
            guard let range = tables.features.find(key) else { return }
            for at in stride(from: range.lowerBound, to: range.upperBound, by: 3) {
                let tag = tables.file.byte(at)
                guard tag < scores.count else { continue }
                scores[tag] &+= Int32(Int16(truncatingIfNeeded: tables.file.short(at + 1)))
                isSeen = true
            }
        }
        let here = index + 2
        add("b", "")
        add("s3=", Tagger.ending(word))
        add("p1=", String(String.UnicodeScalarView(word.unicodeScalars.prefix(1))))
        add("w=", window[here])
        add("sh=", Tagger.shape(word))
        add(index == 0 ? "i0" : "i+", "")
        add("t-1=", last)
        add("t-2=", lastButOne)
        add("t-12=", last + ",", lastButOne)
        add("w-1=", window[here - 1])
        add("s3-1=", Tagger.ending(window[here - 1]))
        add("w-2=", window[here - 2])
        add("w+1=", window[here + 1])
        add("s3+1=", Tagger.ending(window[here + 1]))
        add("w+2=", window[here + 2])
        if !isSeen { return "NN" }
        // Tags are sorted: of equals the last wins.
        var best = 0
        for tag in scores.indices where scores[tag] >= scores[best] { best = tag }
        return tables.tags[best]
    }

    private static func ending(_ word: String) -> String { String(word.unicodeScalars.suffix(3)) }

    /// The word as the features name it.
    static func form(_ word: String) -> String {
        let scalars = word.unicodeScalars
        guard let first = scalars.first else { return word }
        if first != "-", scalars.contains("-") { return "!HYPHEN" }
        if scalars.count == 4, scalars.allSatisfy(\.isDigit) { return "!YEAR" }
        return first.isDigit ? "!DIGITS" : word.lowercased()
    }

    /// The pattern of capitals and digits.
    static func shape(_ word: String) -> String {
        let scalars = word.scalars
        if !scalars.isEmpty, scalars.allSatisfy(\.isLetter) {
            if scalars.allSatisfy(\.isLower) { return "x" }
            if scalars.allSatisfy(\.isUpper) { return scalars.count > 1 ? "XX" : "X1" }
            let isTitle = scalars[0].isUpper && scalars.dropFirst().allSatisfy(\.isLower)
            return isTitle ? "Xx" : "xX"
        }
        if !scalars.isEmpty, scalars.allSatisfy(\.isDigit) { return "d" }
        return String(scalars.prefix(4).map { $0.isDigit ? "d" : $0.isLetter ? "x" : $0 })
    }
}
