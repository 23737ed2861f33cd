/// Finds in a line what is no plain word (money, measures, times, formulas, addresses, code) and
/// writes it as it is said. One pass from left to right: a class takes its own stretch and nothing
/// more, so that a currency or a unit never reaches the next number.
///
/// What no class takes stays for `Normalizer`'s passes.
struct SemioticClassifier: Sendable {
    typealias Reading = Normalizer.Reading

    let normalizer: Normalizer

    /// What a whole line says about its parts.
    struct Line {
        let text: Scalars
        /// Has signs of arithmetic or comparison, so that a hyphen may be a minus.
        let isEquation: Bool
        /// Has no small letter but several capitals: capitals say nothing there.
        let isShouted: Bool
        /// A row of a table: a sum in brackets is negative.
        let isRow: Bool
    }

    func written(_ text: Scalars) -> Scalars {
        let text = SemioticClassifier.parted(text)
        let line = SemioticClassifier.line(text)
        var out: Scalars = []
        out.reserveCapacity(text.count + 32)
        var at = 0
        while at < text.count {
            if let found = reading(line, at), found.end > at {
                let words = found.words.unicodeScalars
                if let last = out.last, let first = words.first, last.isWordPart, first.isWordPart {
                    out.append(" ")
                }
                out.append(contentsOf: words)
                at = found.end
                // The dot of "U.K." at a sentence's end is both.
                if out.last == ".", text.at(at) == "." { at += 1 }
                if let next = text.at(at), next.isWordPart, out.last?.isWordPart ?? false {
                    out.append(" ")
                }
            } else {
                // A number that no class takes stays whole.
                let end = text[at].isDigit ? text.numberEnd(at) ?? at + 1 : at + 1
                out.append(contentsOf: text[at..<end])
                at = end
            }
        }
        return out
    }

    /// A row of values gets a space behind each comma: "paper,10,$24.50".
    private static func parted(_ text: Scalars) -> Scalars {
        var (tight, loose, letters) = (0, 0, 0)
        for (index, scalar) in text.enumerated() where scalar == "," {
            guard let next = text.at(index + 1) else { continue }
            if next == " " { loose += 1 } else { tight += 1 }
            if next.isLetter || text.at(index - 1)?.isLetter ?? false { letters += 1 }
        }
        guard tight > 1, tight > loose * 2, letters > 0 else { return text }
        var out: Scalars = []
        for (index, scalar) in text.enumerated() {
            out.append(scalar)
            if scalar == ",", let next = text.at(index + 1), next != " " { out.append(" ") }
        }
        return out
    }

    private static func line(_ text: Scalars) -> Line {
        let signs = "=≠≤≥≈×÷√²³^".unicodeScalars
        let hasDigit = text.contains(where: \.isDigit)
        let isShouted =
            text.count { $0.isASCIILetter && $0.isUpper } > 7 && !text.contains(where: \.isLower)
        return Line(
            text: text, isEquation: hasDigit && text.contains(where: signs.contains),
            isShouted: isShouted, isRow: text.count { $0 == "|" } > 1)
    }

    /// The class that begins at an index; most symbols begin none.
    private func reading(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        let here = text[at]
        if here == " " { return nil }
        let before = text.at(at - 1)
        if here.isDigit {
            if let before, before.isWordPart { return nil }
            if line.text.at(at - 1) == ".", line.text.at(at - 2)?.isDigit ?? false { return nil }
            return first(Self.numberClasses, line, at)
        }
        if here.isASCIILetter {
            if let before, before.isWordPart || before == "'" { return nil }
            return first(Self.wordClasses, line, at)
        }
        return first(Self.signClasses, line, at)
    }

    private typealias Class = @Sendable (SemioticClassifier, Line, Int) -> Reading?

    /// The classes that begin with a digit, with a letter and with a sign; the first that fits
    /// takes the stretch.
    private static let numberClasses: [Class] = [
        { $0.stamp($1.text, $2) },
        { $0.serial($1.text, $2) },
        { $0.figure($1.text, $2) },
        { $0.monthOfYear($1.text, $2) },
        { $0.house($1.text, $2) },
        { $0.status($1.text, $2) },
        { $0.plan($1.text, $2) },
        { $0.spokenPhone($1.text, $2) },
        { $0.normalizer.longDigits($1.text, $2) },
        { $0.normalizer.foreignPhone($1.text, $2) },
        { $0.normalizer.phone($1.text, $2) },
        { $0.normalizer.dotted($1.text, $2) },
        { $0.clock($1.text, $2) },
        { $0.normalizer.isoDate($1.text, $2) },
        { $0.normalizer.slashDate($1.text, $2) },
        { $0.verse($1.text, $2) },
        { $0.timeRange($1.text, $2) },
        { $0.normalizer.time($1.text, $2) },
        { $0.dayRange($1.text, $2) },
        { $0.moneyAfter($1, $2) },
        { $0.normalizer.cents($1.text, $2) },
        { $0.normalizer.height($1.text, $2) },
        { $0.feetAndInches($1.text, $2) },
        { $0.normalizer.degrees($1.text, $2) },
        { $0.fraction($1.text, $2) },
        { $0.ratio($1.text, $2) },
        { $0.term($1, $2) },
        { $0.product($1, $2) },
        { $0.power($1.text, $2) },
        { $0.span($1.text, $2) },
        { $0.measure($1.text, $2) },
        { $0.large($1.text, $2) },
        { $0.code($1.text, $2) },
        { $0.compound($1.text, $2) },
    ]
    private static let wordClasses: [Class] = [
        { $0.moneyBefore($1, $2) },
        { $0.path($1.text, $2) },
        { $0.normalizer.address($1.text, $2) },
        { $0.shortcut($1.text, $2) },
        { $0.stroke($1.text, $2) },
        { $0.prefixed($1.text, $2) },
        { $0.function($1.text, $2) },
        { $0.identifier($1.text, $2) },
        { $0.formula($1.text, $2) },
        { $0.version($1.text, $2) },
        { $0.postcode($1.text, $2) },
        { $0.daySpan($1.text, $2) },
        { $0.monthRange($1.text, $2) },
        { $0.weekday($1.text, $2) },
        { $0.book($1.text, $2) },
        { $0.numeral($1, $2) },
        { $0.street($1.text, $2) },
        { $0.bearing($1.text, $2) },
        { $0.storey($1.text, $2) },
        { $0.crossed($1.text, $2) },
        { $0.edition($1.text, $2) },
        { $0.state($1.text, $2) },
        { $0.label($1.text, $2) },
        { $0.chat($1.text, $2) },
        { $0.shortened($1.text, $2) },
    ]
    private static let signClasses: [Class] = [
        { $0.normalizer.longDigits($1.text, $2) },
        { $0.normalizer.foreignPhone($1.text, $2) },
        { $0.normalizer.phone($1.text, $2) },
        { $0.moneyBefore($1, $2) },
        { $0.negative($1, $2) },
        { $0.path($1.text, $2) },
        { $0.pattern($1.text, $2) },
        { $0.handle($1.text, $2) },
        { $0.negation($1.text, $2) },
        { $0.per($1.text, $2) },
        { $0.option($1.text, $2) },
        { $0.comparison($1, $2) },
        { $0.arithmetic($1, $2) },
        { $0.root($1.text, $2) },
        { $0.dotted($1.text, $2) },
        { $0.reference($1.text, $2) },
        { $0.face($1.text, $2) },
    ]

    private func first(_ classes: [Class], _ line: Line, _ at: Int) -> Reading? {
        for match in classes {
            if let found = match(self, line, at) { return found }
        }
        return nil
    }
}

/// What the classes share.
extension SemioticClassifier {
    /// The word that ends before an index, a space between allowed; empty where there is none.
    func before(_ text: Scalars, _ at: Int) -> String {
        text.text(range(before: at, in: text))
    }

    func range(before at: Int, in text: Scalars) -> Range<Int> {
        var end = at
        while end > 0, text[end - 1] == " " || text[end - 1] == "." || text[end - 1] == ":" {
            end -= 1
        }
        var start = end
        while start > 0, text[start - 1].isWordPart || text[start - 1] == "'" { start -= 1 }
        return start..<end
    }

    /// The word that begins at an index, spaces before it passed over.
    func after(_ text: Scalars, _ at: Int) -> String {
        var start = at
        while text.at(start) == " " { start += 1 }
        return text.text(start..<lettersEnd(text, start))
    }

    func lettersEnd(_ text: Scalars, _ at: Int) -> Int {
        var end = at
        while let scalar = text.at(end), scalar.isASCIILetter { end += 1 }
        return max(end, min(at, text.count))
    }

    /// Past one space.
    func past(_ text: Scalars, _ at: Int) -> Int { text.at(at) == " " ? at + 1 : at }

    func isDash(_ scalar: Unicode.Scalar?) -> Bool {
        scalar == "-" || scalar == "–" || scalar == "—" || scalar == "−"
    }

    /// Where a dash between the two ends of a span stops, spaces around it passed over; nil when
    /// none stands there. A hyphen with a space on one side only joins nothing.
    func joint(_ text: Scalars, _ at: Int, spaced: Bool = true) -> Int? {
        let start = past(text, at)
        guard let dash = text.at(start), isDash(dash), dash != "−" else { return nil }
        let end = past(text, start + 1)
        guard (start > at) == (end > start + 1) else { return nil }
        return start > at && !spaced ? nil : end
    }

    /// Digit by digit.
    func digits(_ text: Scalars, _ range: Range<Int>) -> String {
        text[range].filter(\.isDigit).map { NumberWords.ones[$0.digit] }.joined(separator: " ")
    }

    /// Letters one by one: with dots, as the dictionary spells them.
    func letters(_ word: String) -> String {
        let letters = word.unicodeScalars.filter(\.isASCIILetter).map { String($0).uppercased() }
        if letters.count == 1 { return letters[0] }
        return letters.map { $0 + "." }.joined()
    }

    /// "a:b|c:d" as a dictionary.
    static func table(_ text: String) -> [String: String] {
        var table: [String: String] = [:]
        for entry in text.split(separator: "|") {
            let pair = entry.split(separator: ":", maxSplits: 1).map(String.init)
            if pair.count == 2 { table[pair[0]] = pair[1] }
        }
        return table
    }

    static func words(_ text: String) -> Set<String> {
        Set(text.split(separator: " ").map(String.init))
    }
}
