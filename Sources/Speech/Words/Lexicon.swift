/// What follows a word, as far as its own reading depends on it.
struct WordContext: Sendable {
    /// Whether the next sound is a vowel; nil before a pause.
    var nextIsVowel: Bool?
    /// Whether the next word is "to".
    var nextIsTo = false
}

/// Readings of words from the dictionary, by tag and context: the rules of misaki 0.9 (American),
/// which the voice was trained with. A reading is nil where the rules know none.
struct Lexicon: Sendable {
    private let tables: VoiceTables

    init(_ tables: VoiceTables) { self.tables = tables }

    /// One word's entry, decoded.
    private struct Entry {
        var isSilver = false
        /// Readings by tag; a plain word has one, with the empty tag. nil: no reading as this tag.
        var readings: [(tag: String, phonemes: String?)] = []
    }

    // MARK: dictionary

    private func entry(_ word: String) -> Entry? {
        guard let range = tables.lexicon.find(word) else { return nil }
        let file = tables.file
        var entry = Entry(isSilver: file.byte(range.lowerBound) & 1 == 1)
        var at = range.lowerBound + 1
        while at < range.upperBound {
            let tagBytes = file.byte(at)
            let tag = tagBytes == 0 ? "" : file.text(at + 1..<at + 1 + tagBytes)
            at += 1 + tagBytes
            let size = file.byte(at)
            at += 1
            if size == 255 {
                entry.readings.append((tag, nil))
                continue
            }
            var phonemes = String.UnicodeScalarView()
            for index in at..<at + size {
                if let phoneme = tables.phonemes[file.byte(index)] {
                    phonemes.append(phoneme)
                }
            }
            entry.readings.append((tag, String(phonemes)))
            at += size
        }
        return entry
    }

    /// A small word answers to its capitalised form too and the other way round, unless that form
    /// has an entry of its own.
    private func grown(_ word: String) -> Entry? {
        if let found = entry(word) { return found }
        if word.utf8.count < 2 { return nil }
        let lower = word.lowercased()
        let capital = Lexicon.capitalized(lower)
        if word == lower { return capital == word ? nil : entry(capital) }
        return word == capital ? entry(lower) : nil
    }

    static func capitalized(_ lower: String) -> String {
        guard let first = lower.first else { return lower }
        return first.uppercased() + lower.dropFirst()
    }

    private func isGold(_ word: String) -> Bool { grown(word).map { !$0.isSilver } ?? false }
    private func isListed(_ word: String) -> Bool { grown(word) != nil }

    private func gold(_ word: String) -> String? {
        guard let entry = grown(word), !entry.isSilver else { return nil }
        return entry.readings.first { $0.tag.isEmpty || $0.tag == "DEFAULT" }?.phonemes
    }

    // MARK: words

    /// The reading of a word. - level: stress, see `Stress.applied`.
    func word(_ word: String, tag: String?, level: Double?, _ context: WordContext) -> String? {
        if let special = special(word, tag: tag, level: level, context) { return special }
        var word = word
        let lower = word.lowercased()
        let letters = word.unicodeScalars.filter { $0 != "'" }
        if word.unicodeScalars.count > 1, !letters.isEmpty, letters.allSatisfy(\.isLetter),
            word != lower, tag != "NNP" || word.unicodeScalars.count > 7, !isListed(word),
            word == word.uppercased() || word == Lexicon.capitalizedTail(word),
            isListed(lower) || stemmed(lower, tag: tag, level: level, context) != nil
        {
            word = lower
        }
        if isKnown(word) { return lookup(word, tag: tag, level: level, context) }
        if word.hasSuffix("s'"), isKnown(word.dropLast(2) + "'s") {
            return lookup(word.dropLast(2) + "'s", tag: tag, level: level, context)
        }
        if word.hasSuffix("'"), isKnown(String(word.dropLast())) {
            return lookup(String(word.dropLast()), tag: tag, level: level, context)
        }
        return withS(word, tag: tag, level: level, context)
            ?? withEd(word, tag: tag, level: level, context)
            ?? withIng(word, tag: tag, level: level ?? 0.5, context)
    }

    /// The word with everything after its first symbol in small letters.
    private static func capitalizedTail(_ word: String) -> String {
        word.prefix(1) + word.dropFirst().lowercased()
    }

    private func stemmed(_ word: String, tag: String?, level: Double?, _ context: WordContext)
        -> String?
    {
        withS(word, tag: tag, level: level, context)
            ?? withEd(word, tag: tag, level: level, context)
            ?? withIng(word, tag: tag, level: level, context)
    }

    /// Whether `lookup` will read the word, if need be letter by letter.
    func isKnown(_ word: String) -> Bool {
        if isListed(word) || Lexicon.symbols[word] != nil { return true }
        guard !word.isEmpty, word.unicodeScalars.allSatisfy(\.isASCIILetter) else { return false }
        if word.utf8.count == 1 { return true }
        if word == word.uppercased(), isGold(word.lowercased()) { return true }
        return word.utf8.dropFirst().allSatisfy { $0 < 97 }
    }

    /// The dictionary's reading with its stress changed.
    func lookup(_ word: String, tag: String?, level: Double?, _ context: WordContext?) -> String? {
        var word = word
        var isName = false
        if word == word.uppercased(), !isGold(word) {
            word = word.lowercased()
            isName = tag == "NNP"
        }
        var reading: String?
        if let entry = grown(word), !(entry.isSilver && isName) {
            reading = chosen(entry, tag: tag, context)
        }
        if reading == nil || (isName && !Stress.hasPrimary(reading!)) {
            if let spelt = letters(word) { return spelt }
            return nil
        }
        return Stress.applied(level, to: reading!)
    }

    private func chosen(_ entry: Entry, tag: String?, _ context: WordContext?) -> String? {
        if entry.readings.count == 1, entry.readings[0].tag.isEmpty {
            return entry.readings[0].phonemes
        }
        var tag = tag
        let tags = entry.readings.map(\.tag)
        if let context, context.nextIsVowel == nil, tags.contains("None") {
            tag = "None"
        } else if tag == nil || !tags.contains(tag!) {
            tag = Lexicon.parent(tag)
        }
        let found = entry.readings.first { $0.tag == tag }
        return (found ?? entry.readings.first { $0.tag == "DEFAULT" })?.phonemes
    }

    static func parent(_ tag: String?) -> String? {
        guard let tag else { return nil }
        if tag.hasPrefix("VB") { return "VERB" }
        if tag.hasPrefix("NN") { return "NOUN" }
        if tag.hasPrefix("ADV") || tag.hasPrefix("RB") { return "ADV" }
        if tag.hasPrefix("ADJ") || tag.hasPrefix("JJ") { return "ADJ" }
        return tag
    }

    /// Letter by letter, the last one stressed; nil when a letter has no name.
    func letters(_ word: String) -> String? {
        var reading = ""
        for scalar in word.unicodeScalars where scalar.isLetter {
            guard let name = gold(String(scalar).uppercased()) else { return nil }
            reading += name
        }
        if reading.isEmpty { return nil }
        let scalars = Stress.applied(0, to: reading).scalars
        guard let last = scalars.lastIndex(of: Stress.secondary) else { return String(scalars) }
        return String(scalars[..<last] + [Stress.primary] + scalars[(last + 1)...])
    }

    // MARK: words with rules of their own

    static let symbols = ["%": "percent", "&": "and", "+": "plus", "@": "at"]

    private func special(_ word: String, tag: String?, level: Double?, _ context: WordContext)
        -> String?
    {
        if tag == "ADD", word == "." || word == "/" {
            return lookup(word == "." ? "dot" : "slash", tag: nil, level: -0.5, context)
        }
        if let name = Lexicon.symbols[word] {
            return lookup(name, tag: nil, level: nil, context)
        }
        if isDotted(word) { return letters(word) }
        switch word {
        case "a", "A": return tag == "DT" ? "ɐ" : "ˈA"
        case "am", "Am", "AM":
            if tag?.hasPrefix("NN") ?? false { return letters(word) }
            let isFull = context.nextIsVowel == nil || word != "am" || (level ?? 0) > 0
            return isFull ? gold("am") : "ɐm"
        case "an", "An", "AN":
            return word == "AN" && (tag?.hasPrefix("NN") ?? false) ? letters(word) : "ɐn"
        case "I" where tag == "PRP": return "ˌI"
        case "by", "By", "BY": return Lexicon.parent(tag) == "ADV" ? "bˈI" : nil
        case "to", "To": return to(context)
        case "TO" where tag == "TO" || tag == "IN": return to(context)
        case "in", "In": return context.nextIsVowel == nil || tag != "IN" ? "ˈɪn" : "ɪn"
        case "IN" where tag != "NNP":
            return context.nextIsVowel == nil || tag != "IN" ? "ˈɪn" : "ɪn"
        case "the", "The": return context.nextIsVowel == true ? "ði" : "ðə"
        case "THE" where tag == "DT": return context.nextIsVowel == true ? "ði" : "ðə"
        case "used", "Used", "USED":
            let isHabit = (tag == "VBD" || tag == "JJ") && context.nextIsTo
            return lookup("used", tag: isHabit ? "VBD" : "DEFAULT", level: nil, nil)
        default: break
        }
        if tag == "IN", ["vs", "vs."].contains(word.lowercased()) {
            return lookup("versus", tag: nil, level: nil, context)
        }
        return nil
    }

    private func to(_ context: WordContext) -> String? {
        switch context.nextIsVowel {
        case nil: gold("to")
        case false?: "tə"
        case true?: "tʊ"
        }
    }

    /// Initials as in "U.S.": a dot inside, at most two letters between dots.
    private func isDotted(_ word: String) -> Bool {
        let scalars = word.scalars
        guard let first = scalars.firstIndex(where: { $0 != "." }),
            let last = scalars.lastIndex(where: { $0 != "." }),
            scalars[first...last].contains(".")
        else { return false }
        let parts = scalars.split(separator: ".", omittingEmptySubsequences: false)
        return parts.allSatisfy { $0.count < 3 && $0.allSatisfy(\.isLetter) }
    }
}
