/// How tokens become words to look up, and how the parts of a word share its stress.
enum WordGrouping {
    private static let junk = Set("',-._‘’/".unicodeScalars)
    private static let pauses = Set(";:,.!?—…".unicodeScalars)
    private static let spoken = Set(";:,.!?—…\"“”".unicodeScalars)
    private static let markTags: Set<String> = [
        ".", ",", "-LRB-", "-RRB-", "``", "\"\"", "''", ":", "$", "#", "NFP",
    ]

    static func isPause(_ symbol: Unicode.Scalar) -> Bool { pauses.contains(symbol) }
    static func isJunk(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(junk.contains) }

    /// Parts that no space parts are one group; punctuation and given readings stand alone.
    static func grouped(_ tokens: [Token]) -> [[Token]] {
        var groups: [[Token]] = []
        /// Whether the last group takes further parts.
        var isOpen = false
        var currency: Unicode.Scalar?
        for (index, token) in tokens.enumerated() {
            var parts = subtokens(token)
            if parts.isEmpty { continue }
            parts[parts.count - 1].hasSpace = token.hasSpace
            let nextIsNumber = index + 1 < tokens.count && tokens[index + 1].tag == "CD"
            for at in parts.indices {
                mark(&parts, at, &currency, nextIsNumber: nextIsNumber)
                var part = parts[at]
                if part.alias != nil || part.phonemes != nil {
                    groups.append([part])
                    isOpen = false
                } else if isEnclosing(part.text) {
                    // A quotation mark or bracket is no part of the word that it touches.
                    part.phonemes = enclosing(
                        part.text, isOpening: groups.last?.last?.hasSpace ?? true)
                    groups.append([part])
                    isOpen = false
                } else if isOpen, let last = groups.indices.last,
                    !(groups[last].last?.hasSpace ?? true)
                {
                    part.isHead = false
                    groups[last].append(part)
                } else {
                    groups.append([part])
                    isOpen = !part.hasSpace
                }
            }
        }
        return groups
    }

    private static let enclosures = Set("\"“”„«»‹›()[]{}<>「」『』".unicodeScalars)

    static func isEnclosing(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy(enclosures.contains)
    }

    /// The network knows curly quotation marks and round brackets.
    private static func enclosing(_ text: String, isOpening: Bool) -> String {
        switch text {
        case "“", "”", "(", ")": text
        case "\"": isOpening ? "“" : "”"
        case "[", "{": "("
        case "]", "}": ")"
        default: ""
        }
    }

    private static func subtokens(_ token: Token) -> [Token] {
        if token.phonemes != nil { return [token] }
        return Subtokens.split(token.text).map {
            var part = Token($0, tag: token.tag)
            part.emphasis = token.emphasis
            return part
        }
    }

    /// Gives punctuation its reading and numbers their currency.
    private static func mark(
        _ parts: inout [Token], _ at: Int, _ currency: inout Unicode.Scalar?, nextIsNumber: Bool
    ) {
        let part = parts[at]
        if part.phonemes != nil { return }
        let scalars = part.text.unicodeScalars
        if part.tag == "$", scalars.count == 1, let sign = scalars.first,
            Lexicon.currencies[sign] != nil
        {
            currency = sign
            parts[at].phonemes = ""
        } else if part.tag == ":", part.text == "-" || part.text == "–" {
            parts[at].phonemes = "—"
        } else if markTags.contains(part.tag), !scalars.contains(where: isSounded) {
            switch part.tag {
            case "-LRB-": parts[at].phonemes = "("
            case "-RRB-": parts[at].phonemes = ")"
            case "``": parts[at].phonemes = "“"
            case "\"\"", "''": parts[at].phonemes = "”"
            default: parts[at].phonemes = String(scalars.filter(spoken.contains))
            }
        } else if currency != nil {
            if part.tag != "CD" {
                currency = nil
            } else if at + 1 == parts.count, !nextIsNumber {
                parts[at].currency = currency
            }
        } else if at > 0, at + 1 < parts.count, part.text == "2",
            parts[at - 1].text.unicodeScalars.last?.isLetter ?? false,
            parts[at + 1].text.unicodeScalars.first?.isLetter ?? false
        {
            parts[at].alias = "to"
        }
    }

    /// The tagger can take "-5" for a dash; what has a letter or a digit is no mark.
    private static func isSounded(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isDigit || scalar.isLetter
    }

    /// Settles a word of several parts: gaps where kinds of symbols meet, else one main stress.
    static func resolve(_ parts: inout [Token]) {
        let text = Token(merging: parts[...]).text.unicodeScalars
        let kinds = Set(
            text.filter { !junk.contains($0) }.map { $0.isLetter ? 0 : $0.isDigit ? 1 : 2 })
        let hasGaps = text.contains(" ") || text.contains("/") || kinds.count > 1
        for at in parts.indices {
            if parts[at].phonemes != nil {
                if at > 0 { parts[at].hasGap = hasGaps }
                continue
            }
            let scalars = parts[at].text.unicodeScalars
            let isLastPause =
                at == parts.count - 1 && scalars.count == 1 && scalars.allSatisfy(pauses.contains)
            if isLastPause {
                parts[at].phonemes = parts[at].text
            } else if isJunk(parts[at].text) {
                parts[at].phonemes = ""
            }
        }
        if !hasGaps { shareStress(&parts) }
    }

    private static func shareStress(_ parts: inout [Token]) {
        let voiced = parts.indices.filter { !(parts[$0].phonemes ?? "").isEmpty }
        func weaken(_ at: Int) {
            parts[at].phonemes = Stress.applied(-0.5, to: parts[at].phonemes ?? "")
        }
        if voiced.count == 2, parts[voiced[0]].text.unicodeScalars.count == 1 {
            return weaken(voiced[1])
        }
        let strong = voiced.count { Stress.hasPrimary(parts[$0].phonemes ?? "") }
        if voiced.count < 2 || strong <= (voiced.count + 1) / 2 { return }
        let byWeight = voiced.map { at -> (Int, Int, Int) in
            let phonemes = parts[at].phonemes ?? ""
            return (Stress.hasPrimary(phonemes) ? 1 : 0, Stress.weight(phonemes), at)
        }
        for (_, _, at) in byWeight.sorted(by: <).prefix(voiced.count / 2) { weaken(at) }
    }
}
