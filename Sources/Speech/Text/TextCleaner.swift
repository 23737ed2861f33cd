import EngineAPI

/// Leaves of a text what can be spoken: markup, control characters, emoji and invisible
/// characters go, compatibility forms become plain letters.
struct TextCleaner: Sendable {
    /// Letters of an unread script are refused when there are more of them than of ours.
    private let fold: HashedTable
    private let rules: HashedTable
    /// For voices of other languages: no script is refused, and marks that are letters stay.
    private let readsEveryScript: Bool
    /// Signs beyond ASCII that stay as they are.
    private let kept: Set<Unicode.Scalar>

    init(
        _ tables: VoiceTables, readsEveryScript: Bool = false, keeps kept: Set<Unicode.Scalar> = []
    ) {
        fold = tables.fold
        rules = tables.rules
        self.readsEveryScript = readsEveryScript
        self.kept = kept
    }

    /// Whether letters of other scripts are passed over.
    var leavesLettersOut: Bool { !readsEveryScript }

    /// Clean text; lines end in "\n".
    /// - Throws: `.scriptUnsupported` when most letters are of a script that the voice can't read.
    func cleaned(_ text: String) throws(EngineError) -> Scalars { try cleaned(text.scalars) }

    func cleaned(_ text: Scalars) throws(EngineError) -> Scalars {
        var census = ScriptDetector()
        let out = clean(MarkupStripper.stripped(text), &census)
        if let name = census.unreadable { throw .scriptUnsupported(name: name) }
        return out
    }

    /// Clean text of what has no markup any more; its letters are counted.
    func clean(_ source: Scalars, _ census: inout ScriptDetector) -> Scalars {
        var out: Scalars = []
        out.reserveCapacity(source.count)
        for scalar in source where ScriptDetector.isGuessable(scalar) { census.count(scalar) }
        for scalar in prepared(source, &census) {
            if scalar.isASCII {
                append(ascii: scalar, to: &out)
                if scalar.isASCIILetter { census.latin += 1 }
            } else if kept.contains(scalar) {
                out.append(scalar)
            } else {
                append(scalar, to: &out, &census)
            }
        }
        return out
    }

    private func append(ascii scalar: Unicode.Scalar, to out: inout Scalars) {
        switch scalar {
        case "\r":
            out.append("\n")
        case "\n":
            // CR LF is one end of a line, and so is a soft end.
            if out.last != "\n", out.last != LineBreaks.soft { out.append("\n") }
        case "\t", "\u{0B}", "\u{0C}": append(ascii: " ", to: &out)
        default:
            guard scalar.value >= 32, scalar.value != 127 else { return }
            if out.last == "-", scalar != "-" { TextCleaner.dash(before: scalar, &out) }
            out.append(scalar)
        }
    }

    /// A typewriter's dash: two or three hyphens between spaces, or two between letters.
    private static func dash(before next: Unicode.Scalar, _ out: inout Scalars) {
        let count = out.reversed().prefix { $0 == "-" }.count
        guard count == 2 || count == 3, out.count > count else { return }
        let before = out[out.count - count - 1]
        let isSpaced = before == " " && next == " "
        guard isSpaced || (count == 2 && before.isLetter && next.isLetter) else { return }
        out.removeLast(count)
        out.append("—")
    }

    private func append(
        _ scalar: Unicode.Scalar, to out: inout Scalars, _ census: inout ScriptDetector
    ) {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned:
            // U+0085 ends a line; what has no width leaves nothing.
            if scalar == "\u{85}" { out.append("\n") }
        case .lineSeparator: out.append(LineBreaks.soft)
        case .paragraphSeparator: out.append("\n")
        case .spaceSeparator: out.append(" ")
        case .nonspacingMark, .enclosingMark, .spacingMark: compose(scalar, &out)
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            let isOurs = readsEveryScript || ScriptDetector.isReadable(scalar)
            if isOurs {
                census.latin += 1
            } else if !ScriptDetector.isGuessable(scalar) {
                census.count(scalar)
            }
            if isOurs || ScriptDetector.isGuessable(scalar) {
                plain(scalar, &out)
            } else {
                out.append(" ")
            }
        case .otherSymbol, .modifierSymbol, .mathSymbol:
            symbol(scalar, &out)
        default: plain(scalar, &out)
        }
    }

    private func isRule(_ scalar: Unicode.Scalar) -> Bool { rules.contains("s" + String(scalar)) }

    /// A symbol with a word of its own stays, a compatibility form becomes letters, and the rest,
    /// emoji above all, is a gap.
    private func symbol(_ scalar: Unicode.Scalar, _ out: inout Scalars) {
        if isRule(scalar) || TextCleaner.spokenSigns.contains(scalar) {
            out.append(scalar)
        } else if let text = fold.text(String(scalar)) {
            out.append(contentsOf: text.unicodeScalars)
        } else if out.last != " " {
            out.append(" ")
        }
    }

    /// Signs that `SemioticClassifier` gives words.
    private static let spokenSigns = Set("´`−≠≤≥≈√∛∞±→≡∝∈∴∑∫∂∇∅∪∩№".unicodeScalars)

    private static let raised: [Unicode.Scalar: Unicode.Scalar] = [
        "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8",
        "⁹": "9", "⁻": "-", "ⁿ": "n",
    ]

    /// Raised digits as "^" and digits, but for a lone ² or ³, which have words of their own; words
    /// of Greek and Cyrillic letters in Latin ones.
    private func prepared(_ source: Scalars, _ census: inout ScriptDetector) -> Scalars {
        guard !readsEveryScript, source.contains(where: { $0.value > 0xB1 }) else { return source }
        var out: Scalars = []
        out.reserveCapacity(source.count)
        var at = 0
        while at < source.count {
            var end = at
            while end < source.count, TextCleaner.raised[source[end]] != nil { end += 1 }
            if end > at, end - at > 1 || (source[at] != "²" && source[at] != "³") {
                out.append("^")
                out += source[at..<end].compactMap { TextCleaner.raised[$0] }
                at = end
                continue
            }
            while end < source.count, ScriptDetector.isGuessable(source[end]) { end += 1 }
            if end > at + 1 {
                let latin = Transliteration.latin(source[at..<end])
                out += latin
                // They were counted as what they are.
                census.latin -= latin.count(where: \.isASCIILetter)
                at = end
                continue
            }
            out.append(source[at])
            at += 1
        }
        return out
    }

    /// The plain form of a letter or number.
    private func plain(_ scalar: Unicode.Scalar, _ out: inout Scalars) {
        let isFraction = "½¼¾".unicodeScalars.contains(scalar)
        if !isFraction && isRule(scalar) {
            out.append(scalar)
            return
        }
        guard let text = fold.text(String(scalar)) else {
            out.append(scalar == "\u{2044}" ? "/" : scalar)
            return
        }
        let parts = text.unicodeScalars
        // "2½" is "2 1/2".
        if parts.contains("\u{2044}"), out.last?.isDigit ?? false { out.append(" ") }
        for part in parts { out.append(part == "\u{2044}" ? "/" : part) }
    }

    /// A mark joins its letter where both together have a character; else it goes.
    private func compose(_ mark: Unicode.Scalar, _ out: inout Scalars) {
        guard let letter = out.last, letter.isLetter,
            let whole = fold.text(String([letter, mark])),
            let scalar = whole.unicodeScalars.first
        else {
            // Accents for Latin letters lie below; in other scripts a mark may be a vowel.
            if readsEveryScript, mark.value >= 0x370, !(0x1AB0...0x20FF).contains(mark.value) {
                out.append(mark)
            }
            return
        }
        out[out.count - 1] = scalar
    }
}
