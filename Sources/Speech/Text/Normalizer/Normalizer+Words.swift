/// Abbreviations, Roman numerals, addresses and symbols.
extension Normalizer {
    /// End of a run of letters.
    private func lettersEnd(_ text: Scalars, _ at: Int) -> Int {
        var end = at
        while let scalar = text.at(end), scalar.isASCIILetter { end += 1 }
        return end
    }

    /// "St. Paul", "Dr Smith": only before a name.
    func title(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isUpper, text.isBoundary(at) else { return nil }
        let end = lettersEnd(text, at)
        guard end - at <= 5, let word = rules.text("t" + text.text(at..<end)) else { return nil }
        let next = text.at(end) == "." ? end + 1 : end
        guard text.at(next) == " ", let name = text.at(next + 1), name.isASCII, name.isUpper else {
            return nil
        }
        return Reading(end: next + 1, words: word + " ")
    }

    /// Abbreviations that are words of their own unless a number follows: "I said no."
    private static let countedOnly: Set<String> = [
        "no.", "nos.", "fig.", "Fig.", "ch.", "Ch.", "vol.", "Vol.", "pp.", "ed.", "eds.", "est.",
        "Sun.", "Sat.", "Mar.", "Gen.", "Rev.", "Rep.", "Col.", "Hon.", "Mon.", "Wed.", "Co.",
    ]

    func abbreviation(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isASCIILetter, isFree(text, at) else { return nil }
        let found = longest("a", text, at, lengthMax: 7) { !(text.at($0)?.isWordPart ?? false) }
        guard let found else { return nil }
        let end = at + found.length
        let word = text.text(at..<end)
        let isLast = end == text.count
        if word != "Co.", Normalizer.countedOnly.contains(word) {
            // A quotation may stand between "no." and the next sentence.
            var next = end
            while let scalar = text.at(next), " \"“”')".unicodeScalars.contains(scalar) {
                next += 1
            }
            let isQuoted = text[end..<next].contains { $0 != " " }
            if isLast || next >= text.count || isQuoted { return nil }
        }
        let dot = isLast && word.hasSuffix(".") ? "." : ""
        return Reading(end: end, words: found.entry[0] + dot)
    }

    private static let romanValues: [(Int, String)] = [
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
        (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ]

    /// The value of a Roman numeral in its usual spelling, below 4000.
    static func roman(_ numeral: String) -> Int? {
        var (value, rest) = (0, numeral[...])
        for (size, sign) in romanValues {
            var count = 0
            while rest.hasPrefix(sign), count < (sign.count == 2 || "DLV".contains(sign) ? 1 : 3) {
                value += size
                rest = rest.dropFirst(sign.count)
                count += 1
            }
        }
        return rest.isEmpty && value > 0 ? value : nil
    }

    /// "Chapter IV" → "Chapter 4", "Henry VIII" → "Henry the eighth".
    func roman(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isASCIILetter, text.isBoundary(at) else { return nil }
        // Names of two words, as "World War", are longer than any of one word.
        for kind in ["r", "o"] {
            let found = longest(kind, text, at, lengthMax: 17) { text.at($0) == " " }
            guard let found else { continue }
            let start = at + found.length + 1
            let end = lettersEnd(text, start)
            guard text.isBoundary(end), let value = Normalizer.roman(text.text(start..<end)),
                !isPronoun(text, start..<end)
            else { continue }
            if let mark = text.at(end), mark == "." || mark.isApostrophe,
                text.at(end + 1)?.isWordPart ?? false
            {
                continue
            }
            let number = kind == "r" ? String(value) : "the " + NumberWords.ordinal(value)
            return Reading(end: end, words: text.text(at..<start) + number)
        }
        return nil
    }

    private static let verbs: Set<String> = [
        "am", "was", "have", "had", "think", "will", "can", "would", "could", "should", "know",
        "like", "want", "did", "do", "saw", "love", "need", "guess", "believe", "wrote", "said",
        "read", "met", "found", "never", "always", "also", "just", "really",
    ]

    /// "the part I like": an I before a verb is no numeral.
    private func isPronoun(_ text: Scalars, _ range: Range<Int>) -> Bool {
        guard range.count == 1, text[range.lowerBound] == "I" else { return false }
        let next = range.upperBound + 1
        return Normalizer.verbs.contains(text.text(next..<max(next, lettersEnd(text, next))))
    }

    // MARK: addresses

    private static let domains: Set<String> = [
        "com", "org", "net", "edu", "gov", "io", "co", "uk", "de", "fr", "info", "biz", "us", "ca",
        "au", "tv", "me", "ly", "ai", "dev", "app", "eu", "ch", "nl", "jp", "in",
    ]

    /// An e-mail address or a web address, its signs as words: "a.b@c.com" is "a dot b at c dot
    /// com". The scheme is not spoken.
    func address(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isASCIILetter || text[at].isDigit else { return nil }
        if let before = text.at(at - 1), before.isWordPart || ".@/-".unicodeScalars.contains(before)
        {
            return nil
        }
        var end = at
        while let scalar = text.at(end), isAddressPart(scalar) { end += 1 }
        while end > at, !text[end - 1].isWordPart, text[end - 1] != "/" { end -= 1 }
        var start = at
        for scheme in ["https://", "http://", "ftp://", "mailto:"] where text.has(scheme, at) {
            start = at + scheme.count
        }
        let isGiven = start > at || text.has("www.", start)
        guard start < end, isGiven || isAddress(text, start..<end) else { return nil }
        if end > start + 1, text[end - 1] == "/" {
            return Reading(end: end, words: spelt(text, start..<end - 1))
        }
        return Reading(end: end, words: spelt(text, start..<end))
    }

    private func isAddressPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isWordPart || ".-_~:/?#@!$&*+=%".unicodeScalars.contains(scalar)
    }

    private func isAddress(_ text: Scalars, _ range: Range<Int>) -> Bool {
        let at = range.first { text[$0] == "@" }
        let host = (at.map { $0 + 1 } ?? range.lowerBound)..<range.upperBound
        let path = host.first { text[$0] == "/" || text[$0] == "?" || text[$0] == ":" }
        let name = text[host.lowerBound..<(path ?? host.upperBound)]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isWordPart || $0 == "-" }
        }
        guard labels.count > 1, isName, let last = labels.last else { return false }
        if let at { return at > range.lowerBound && last.allSatisfy(\.isLetter) }
        return Normalizer.domains.contains(String(last).lowercased())
            && labels[0].contains(where: \.isLetter)
    }

    private static let addressSigns: [Unicode.Scalar: String] = [
        ".": " dot ", "@": " at ", "/": " slash ", "-": " dash ", "_": " underscore ",
        ":": " colon ", "?": " question mark ", "=": " equals ", "&": " and ", "#": " hash ",
        "+": " plus ", "%": " percent ", "~": " tilde ", "$": " dollar ", "*": " star ", "!": " ",
    ]

    /// Names of signs where a text is spelt sign by sign.
    static let signNames: [Unicode.Scalar: String] = [
        ".": "dot", "@": "at", "/": "slash", "-": "dash", "_": "underscore", ":": "colon",
        ";": "semicolon", ",": "comma", "?": "question mark", "!": "exclamation mark",
        "=": "equals", "&": "and", "#": "hash", "+": "plus", "%": "percent", "~": "tilde",
        "$": "dollar", "*": "star", "'": "apostrophe", "\"": "quote", "(": "parenthesis",
        ")": "parenthesis", "<": "less than", ">": "greater than",
    ]

    private func spelt(_ text: Scalars, _ range: Range<Int>) -> String {
        var words = ""
        var start = range.lowerBound
        if text.has("www.", start), range.upperBound > start + 4 {
            words = "W W W dot "
            start += 4
        }
        let classifier = SemioticClassifier(normalizer: self)
        var name = ""
        for scalar in text[start..<range.upperBound] {
            if let word = Normalizer.addressSigns[scalar] {
                words += classifier.element(name) + word
                name = ""
            } else {
                name.unicodeScalars.append(scalar)
            }
        }
        return words + classifier.element(name)
    }

    // MARK: symbols

    private static let greek = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
        "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon",
        "phi", "chi", "psi", "omega",
    ]

    /// A symbol as its word; one between words only, where it may mean something else.
    func symbol(_ text: Scalars, _ at: Int) -> Reading? {
        let here = text[at]
        if here.isASCIILetter || here.isDigit || here == " " { return nil }
        if let word = rules.text("s" + String(here)) {
            if "=<>~".unicodeScalars.contains(here) {
                func isWord(_ near: Int, _ far: Int) -> Bool {
                    (text.at(near) == " " ? text.at(far) : text.at(near)).map { $0 != " " } ?? false
                }
                guard isWord(at - 1, at - 2), isWord(at + 1, at + 2) else { return nil }
            }
            return Reading(end: at + 1, words: word.isEmpty ? " " : " \(word) ")
        }
        // A Greek letter by itself has a name; Greek words are left to the network.
        let small = here.properties.lowercaseMapping.unicodeScalars.first ?? here
        guard small.value >= 0x3B1, small.value <= 0x3C9, text.isBoundary(at),
            text.isBoundary(at + 1)
        else { return nil }
        return Reading(end: at + 1, words: Normalizer.greek[Int(small.value) - 0x3B1])
    }
}
