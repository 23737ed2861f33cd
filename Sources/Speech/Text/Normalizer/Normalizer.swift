/// Writes out what the dictionary cannot read by itself: times, dates, units, abbreviations,
/// addresses, sums and symbols. Plain numbers stay: the lexicon reads them in their context.
///
/// The order of the passes matters: each sees what the one before it wrote.
struct Normalizer: Sendable {
    let rules: HashedTable

    init(_ tables: VoiceTables) { rules = tables.rules }

    /// A stretch of text and the words that take its place.
    struct Reading {
        let end: Int
        let words: String
    }

    /// One line of clean text → the text to tokenise.
    func normalized(_ line: Scalars) -> Scalars {
        var text = Normalizer.spaced(line.map(Normalizer.plain))
        text = SemioticClassifier(normalizer: self).written(text).map { $0 == "−" ? "-" : $0 }
        if text.contains("@") || text.contains(".") || text.contains("/") {
            text = replaced(text, address)
        }
        if text.contains(where: \.isDigit) { text = numbersWritten(text) }
        text = replaced(text, title)
        text = replaced(text, abbreviation)
        text = replaced(text, roman)
        if text.contains(where: \.isDigit) {
            for pass in [phone, shortPhone, mixedFraction, fraction, range, plus] {
                text = replaced(text, pass)
            }
        }
        text = replaced(text, symbol)
        return Normalizer.spaced(Normalizer.withoutSpaceBeforeMarks(Normalizer.spaced(text)))
    }

    private func numbersWritten(_ line: Scalars) -> Scalars {
        var text = line
        let passes: [(Scalars, Int) -> Reading?] = [
            longDigits, foreignPhone, dotted, list, time, isoDate, slashDate, moneyRange,
            moneyBefore, bigMoney,
            cents, currency, degrees, height, unit,
            monthDay, dayMonth, numberSign,
        ]
        for pass in passes { text = replaced(text, pass) }
        return text
    }

    /// Replaces every match from left to right; what was written is not read again.
    func replaced(_ text: Scalars, _ match: (Scalars, Int) -> Reading?) -> Scalars {
        var out: Scalars = []
        out.reserveCapacity(text.count + 16)
        var at = 0
        while at < text.count {
            if let found = match(text, at), found.end > at {
                out.append(contentsOf: found.words.unicodeScalars)
                at = found.end
            } else {
                out.append(text[at])
                at += 1
            }
        }
        return out
    }

    // MARK: spaces

    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "’": "'"
        case "‒": "-"
        case "―": "—"
        default: scalar
        }
    }

    /// Runs of white space become one space; none at the ends.
    static func spaced(_ text: Scalars) -> Scalars {
        var out: Scalars = []
        out.reserveCapacity(text.count)
        for scalar in text {
            if !scalar.isSpace {
                out.append(scalar)
            } else if let last = out.last, last != " " {
                out.append(" ")
            }
        }
        if out.last == " " { out.removeLast() }
        return out
    }

    private static func withoutSpaceBeforeMarks(_ text: Scalars) -> Scalars {
        var out: Scalars = []
        for scalar in text {
            if ",.;:!?".unicodeScalars.contains(scalar) {
                while out.last == " " { out.removeLast() }
                // What was left out between two marks leaves one.
                if scalar == ",", let last = out.last, ",.;:!?".unicodeScalars.contains(last) {
                    continue
                }
            }
            out.append(scalar)
        }
        return out
    }

    // MARK: what the passes share

    /// Whether a number or word may begin at an index: no word or dot before it.
    func isFree(_ text: Scalars, _ at: Int) -> Bool {
        guard let before = text.at(at - 1) else { return true }
        return !before.isWordPart && before != "."
    }

    /// Whether a number ends at an index: no word follows, and no dot with a digit behind it.
    func isClosed(_ text: Scalars, _ at: Int) -> Bool {
        guard let next = text.at(at) else { return true }
        if next == "." { return !(text.at(at + 1)?.isWordPart ?? false) }
        return !next.isWordPart
    }

    /// The longest key of a kind that stands at an index and fits; its length and its entry.
    func longest(
        _ kind: String, _ text: Scalars, _ at: Int, lengthMax: Int, fits: (Int) -> Bool
    ) -> (length: Int, entry: [String])? {
        var length = min(lengthMax, text.count - at)
        while length > 0 {
            if fits(at + length), let entry = entry(kind + text.text(at..<at + length)) {
                return (length, entry)
            }
            length -= 1
        }
        return nil
    }

    private func entry(_ key: String) -> [String]? {
        rules.list(key) ?? Normalizer.furtherUnits[key]
    }

    /// Singular after one, else plural.
    func counted(_ number: String, _ names: [String]) -> String {
        let isOne = ["1", "1.0", "-1"].contains(number)
        return isOne || names.count < 2 ? names[0] : names[1]
    }
}
