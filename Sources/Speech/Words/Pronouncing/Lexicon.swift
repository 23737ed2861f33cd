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

    var isBritish: Bool { tables.isBritish }

    /// One word's entry, decoded.
    private struct Entry {
        /// From a machine's guess; and from a list of names, which says nothing of abbreviations.
        var isSilver = false
        var isName = false
        /// Readings by tag; a plain word has one, with the empty tag. nil: no reading as this tag.
        var readings: [(tag: String, phonemes: String?)] = []
    }

    // MARK: dictionary

    private func entry(_ word: String) -> Entry? {
        guard let range = tables.lexicon.find(word) ?? tables.names?.find(word) else { return nil }
        let file = tables.lexiconFile
        let flags = file.byte(range.lowerBound)
        var entry = Entry(isSilver: flags & 1 == 1, isName: flags & 2 == 2)
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

    private func isGold(_ word: String) -> Bool {
        grown(word).map { !$0.isSilver && !$0.isName } ?? false
    }
    private func isListed(_ word: String) -> Bool { grown(word) != nil }

    private func gold(_ word: String) -> String? {
        guard let entry = grown(word), !entry.isSilver else { return nil }
        return entry.readings.first { $0.tag.isEmpty || $0.tag == "DEFAULT" }?.phonemes
    }

    // MARK: words

    /// The reading of a word. - level: stress, see `Stress.applied`.
    func word(_ word: String, tag: String?, level: Double?, _ context: WordContext) -> String? {
        if let special = special(word, tag: tag, level: level, context) { return special }
        if let plural = plural(ofCapitals: word, context: context) { return plural }
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

    /// Whether a word in small letters, or its stem, is one of every day, or of a line in capitals.
    func isPlainWord(_ word: String, isShouted: Bool) -> Bool {
        func isListed(_ word: String) -> Bool {
            guard let entry = grown(word), !entry.isSilver else { return false }
            return !entry.isName || word.utf8.count > (isShouted ? 2 : 3)
        }
        if isListed(word) || word.hasSuffix("n't") { return true }
        if word.utf8.count < 4 { return false }
        if word.hasSuffix("'s") { return isListed(String(word.dropLast(2))) }
        let stems = [
            ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
        ]
        return stems.contains { ending, more in
            word.hasSuffix(ending) && word.utf8.count > ending.utf8.count + 2
                && isListed(word.dropLast(ending.count) + more)
        }
    }

    /// Whether a word in capitals has an entry of its own.
    func isAbbreviation(_ word: String) -> Bool { entry(word) != nil }

    /// "VPNs", "CPU's", "GIFs": letters, or a word in capitals, in the plural.
    private func plural(ofCapitals word: String, context: WordContext) -> String? {
        guard word.hasSuffix("s") else { return nil }
        let bare = word.hasSuffix("'s") ? word.dropLast(2) : word.dropLast()
        let scalars = bare.unicodeScalars
        guard scalars.count > 1, scalars.allSatisfy({ $0.isASCIILetter && $0.isUpper }) else {
            return nil
        }
        let base = String(bare)
        let isWord = entry(base) != nil || (base.count > 3 && isGold(base.lowercased()))
        let reading = isWord ? lookup(base, tag: nil, level: nil, context) : letters(base)
        return reading.map { Lexicon.plural($0, isBritish: isBritish) }
    }

    /// Latin letters without their accents; nil where there are none.
    static func unaccented(_ word: String) -> String? {
        guard word.unicodeScalars.contains(where: { !$0.isASCII }) else { return nil }
        let plain = word.unicodeScalars.map { Lexicon.accents[$0] ?? String($0) }.joined()
        return plain == word ? nil : plain
    }

    private static let accents: [Unicode.Scalar: String] = {
        let rows = [
            "a": "àáâãäåāăą", "c": "çćĉċč", "d": "ďđð", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ",
            "i": "ìíîïĩīĭįı", "j": "ĵ", "k": "ķ", "l": "ĺļľŀł", "n": "ñńņňŋ", "o": "òóôõöøōŏő",
            "r": "ŕŗř", "s": "śŝşšș", "t": "ţťŧț", "u": "ùúûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ",
            "z": "źżž",
            "ae": "æ", "oe": "œ", "ss": "ß", "th": "þ",
        ]
        var table: [Unicode.Scalar: String] = [:]
        for (plain, letters) in rows {
            for letter in letters.unicodeScalars {
                table[letter] = plain
                let upper = letter.properties.uppercaseMapping.unicodeScalars
                if upper.count == 1, let first = upper.first { table[first] = plain.uppercased() }
            }
        }
        return table
    }()

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
