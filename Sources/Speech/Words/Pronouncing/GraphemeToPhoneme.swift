import EngineAPI

/// A word of a sentence with its reading.
struct ReadWord: Sendable, Equatable {
    let text: String
    var phonemes: String
    /// White space follows.
    var hasSpace: Bool
    var emphasis: Emphasis?
    /// How the pitch goes to its end, where a phrase ends with it.
    var tune: Tune?
}

/// Tokens with tags → words with readings. Reads from the right to the left, since a reading
/// depends on the sound that follows.
final class GraphemeToPhoneme {
    private let lexicon: Lexicon
    private let unknown: OOVPronouncer

    init(_ lexicon: Lexicon, unknown: OOVPronouncer) {
        self.lexicon = lexicon
        self.unknown = unknown
    }

    func read(_ tokens: [Token]) throws(EngineError) -> [ReadWord] {
        var groups = WordGrouping.grouped(tokens)
        var context = WordContext()
        for index in groups.indices.reversed() {
            if groups[index].count == 1 {
                try readSingle(&groups[index][0], &context)
            } else {
                try readGroup(&groups[index], &context)
            }
        }
        return groups.map { group in
            let merged = Token(merging: group[...])
            let phonemes = String(
                GraphemeToPhoneme.joined(group).unicodeScalars.map {
                    $0 == "ɾ" ? "T" : $0 == "ʔ" ? "t" : $0
                })
            return ReadWord(
                text: merged.text, phonemes: Stress.applied(merged.emphasis?.stress, to: phonemes),
                hasSpace: merged.hasSpace, emphasis: merged.emphasis)
        }
    }

    private static func joined(_ parts: [Token]) -> String {
        var out = ""
        for part in parts {
            guard let phonemes = part.phonemes, !phonemes.isEmpty else { continue }
            if part.hasGap, !out.isEmpty, out.unicodeScalars.last != " " { out += " " }
            out += phonemes
        }
        return out
    }

    private func readSingle(_ token: inout Token, _ context: inout WordContext) throws(EngineError)
    {
        if token.phonemes == nil { token.phonemes = reading(token, context) }
        if token.phonemes == nil { token.phonemes = try fallback(token.text) }
        context = GraphemeToPhoneme.context(before: token, token.phonemes, context)
    }

    /// No entry of the dictionary has more parts; without a bound a row of a hundred marks would
    /// be looked up in five thousand ways.
    private static let partsMax = 8

    /// Reads the longest parts of the word that the dictionary has, from its end.
    private func readGroup(_ parts: inout [Token], _ context: inout WordContext)
        throws(EngineError)
    {
        var right = parts.count
        var left = max(0, right - GraphemeToPhoneme.partsMax)
        while left < right {
            let span = parts[left..<right]
            let isOpen = span.allSatisfy { $0.alias == nil && $0.phonemes == nil }
            let merged = isOpen ? Token(merging: span) : nil
            if let merged, let phonemes = reading(merged, context) {
                parts[left].phonemes = phonemes
                for index in left + 1..<max(right, left + 1) { parts[index].phonemes = "" }
                context = GraphemeToPhoneme.context(before: merged, phonemes, context)
                right = left
                left = max(0, right - GraphemeToPhoneme.partsMax)
            } else if left + 1 < right {
                left += 1
            } else {
                right -= 1
                left = max(0, right - GraphemeToPhoneme.partsMax)
                if parts[right].phonemes != nil { continue }
                guard WordGrouping.isJunk(parts[right].text) else {
                    let whole = Token(merging: parts[...])
                    parts[0].phonemes = try fallback(whole.text)
                    for index in 1..<parts.count { parts[index].phonemes = "" }
                    return
                }
                parts[right].phonemes = ""
            }
        }
        WordGrouping.resolve(&parts)
    }

    /// The dictionary's or the number reader's answer.
    private func reading(_ token: Token, _ context: WordContext) -> String? {
        let word = String(
            (token.alias ?? token.text).unicodeScalars.map { $0.isApostrophe ? "'" : $0 })
        let isSmall = word == word.lowercased()
        let level: Double? = isSmall ? nil : word == word.uppercased() ? 2 : 0.5
        if let reading = lexicon.word(word, tag: token.tag, level: level, context) {
            return lexicon.withCurrency(reading, token.currency)
        }
        // An accent that the dictionary does not know says nothing in English.
        if let plain = Lexicon.unaccented(word),
            let reading = lexicon.word(plain, tag: token.tag, level: level, context)
        {
            return reading
        }
        if let reading = loose(word, token, level, context) { return reading }
        guard Lexicon.isNumber(word, isHead: token.isHead) else { return nil }
        return lexicon.number(word, currency: token.currency, isHead: token.isHead)
    }

    /// Spoken forms in writing: "comin'" drops its g, "sooo" draws a letter out.
    private func loose(
        _ word: String, _ token: Token, _ level: Double?, _ context: WordContext
    ) -> String? {
        let lower = word.lowercased()
        guard lower.utf8.count > 2, lower.utf8.allSatisfy({ (97...122).contains($0) }) else {
            return nil
        }
        if lower.hasSuffix("in"),
            let whole = lexicon.word(lower + "g", tag: "VBG", level: level, context),
            whole.hasSuffix("ŋ")
        {
            return whole.dropLast() + "n"
        }
        for kept in [2, 1] {
            let short = GraphemeToPhoneme.shortened(lower, kept: kept)
            guard short != lower, short.utf8.count > 1 || short == "i" || short == "a" else {
                continue
            }
            if lexicon.isPlainWord(short, isShouted: false),
                let reading = lexicon.word(short, tag: token.tag, level: level, context)
            {
                return reading
            }
        }
        return nil
    }

    /// Runs of three and more of one letter, and such a run alone, cut to `kept` of them.
    private static func shortened(_ word: String, kept: Int) -> String {
        var out = String.UnicodeScalarView()
        let scalars = word.scalars
        var at = 0
        while at < scalars.count {
            var end = at
            while end < scalars.count, scalars[end] == scalars[at] { end += 1 }
            let count = end - at > 2 ? kept : end - at
            for _ in 0..<count { out.append(scalars[at]) }
            at = end
        }
        return String(out)
    }

    private static func context(
        before token: Token, _ phonemes: String?, _ context: WordContext
    ) -> WordContext {
        var vowel = context.nextIsVowel
        for phoneme in (phonemes ?? "").unicodeScalars {
            if WordGrouping.isPause(phoneme) {
                vowel = nil
            } else if Stress.isVowel(phoneme) {
                vowel = true
            } else if Stress.isConsonant(phoneme) {
                vowel = false
            } else {
                continue
            }
            break
        }
        let isTo =
            token.text == "to" || token.text == "To"
            || (token.text == "TO" && (token.tag == "TO" || token.tag == "IN"))
        return WordContext(nextIsVowel: vowel, nextIsTo: isTo)
    }

    private static let symbolReadings: [Unicode.Scalar: String] = [
        "/": "slˈæʃ", "=": "ˈikwᵊlz", "+": "plˈʌs", "&": "ænd", "@": "æt", "%": "pəɹsˈɛnt",
        "#": "hˈæʃ", "*": "ˈæstəɹˌɪsk", "~": "tˈɪldə", "^": "kˈɛɹət", "<": "lˈɛs ðən",
        ">": "ɡɹˈATəɹ ðən", "—": "—",
    ]

    /// Letters go to the network, digits to the number reader, symbols to a small table.
    private func fallback(_ text: String) throws(EngineError) -> String {
        let scalars = text.scalars
        var out: [String] = []
        var at = 0
        while at < scalars.count {
            let start = at
            var reading: String?
            if scalars[at].isLetter {
                while at < scalars.count,
                    scalars[at].isLetter
                        || (scalars[at].isApostrophe && scalars.at(at + 1)?.isLetter ?? false)
                {
                    at += 1
                }
                reading = try unknown.reading(scalars.text(start..<at))
            } else if let end = scalars.numberEnd(at) {
                at = end
                reading = lexicon.number(scalars.text(start..<end), currency: nil, isHead: false)
            } else {
                reading = GraphemeToPhoneme.symbolReadings[scalars[at]].map {
                    lexicon.isBritish ? BritishSigns.adapted($0) : $0
                }
                at += 1
            }
            if let reading, !reading.isEmpty { out.append(reading) }
        }
        return out.joined(separator: " ")
    }
}
