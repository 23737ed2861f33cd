/// What peels off the ends of a chunk and what splits it inside: spaCy's English lists, written
/// for Latin text.
enum TokenRules {
    private static let quotes = Set("'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉".unicodeScalars)
    private static let marks = Set("…,:;!?¿¡()[]{}<>_#*&。？！，、；：～·".unicodeScalars)
    private static let icons = Set("™®©°§¶†‡•".unicodeScalars)
    private static let money = Set("$£€¥฿₽₹₩₪₺₴₦₫₱₲₵₸₼₾₿".unicodeScalars)
    private static let opening = Set("§%=—–".unicodeScalars)
    private static let units: Set<String> = [
        "km", "km²", "km³", "m", "m²", "m³", "dm", "dm²", "dm³", "cm", "cm²", "cm³", "mm", "mm²",
        "mm³", "ha", "µm", "nm", "yd", "in", "ft", "kg", "g", "mg", "µg", "t", "lb", "oz", "m/s",
        "km/h", "kmh", "mph", "hPa", "Pa", "mbar", "mb", "MB", "kb", "KB", "gb", "GB", "tb", "TB",
        "T", "G", "M", "K", "%",
    ]
    private static let unitMax = 4

    private static func isMoney(_ text: Scalars, _ at: Int) -> Int {
        guard let first = text.at(at) else { return 0 }
        if money.contains(first) { return 1 }
        return text.has("US$", at) ? 3 : text.has("C$", at) || text.has("A$", at) ? 2 : 0
    }

    /// Length of what peels off the front.
    static func prefix(_ text: Scalars) -> Int {
        guard let first = text.first else { return 0 }
        if opening.contains(first) || marks.contains(first) || quotes.contains(first) { return 1 }
        if icons.contains(first) { return 1 }
        if first == "+" { return text.at(1)?.isDigit ?? false ? 0 : 1 }
        if first == "." {
            let dots = text.firstIndex { $0 != "." } ?? text.count
            return dots > 1 ? dots : 0
        }
        return isMoney(text, 0)
    }

    /// Length of what peels off the end: the longest that any rule allows.
    static func suffix(_ text: Scalars) -> Int {
        guard let last = text.last else { return 0 }
        var length = 0
        if marks.contains(last) || quotes.contains(last) || icons.contains(last) { length = 1 }
        if last == "—" || last == "–" { length = 1 }
        if last == "…", text.at(text.count - 2) == "…" { length = 2 }
        if last == "s" || last == "S", text.count > 1 {
            let mark = text[text.count - 2]
            if mark == "'" || mark == "’" { length = 2 }
        }
        if last == "." { length = max(length, dots(text)) }
        if last == "+", text.at(text.count - 2)?.isDigit ?? false { length = max(length, 1) }
        for size in 1...unitMax where text.count > size {
            let start = text.count - size
            guard text[start - 1].isDigit else { continue }
            let isSum = isMoney(text, start) == size
            if isSum || units.contains(text.text(start..<text.count)) { length = max(length, size) }
        }
        return length
    }

    /// A run of dots, or one dot after what may end a sentence.
    private static func dots(_ text: Scalars) -> Int {
        let run = text.count - ((text.lastIndex { $0 != "." } ?? -1) + 1)
        if run > 1 { return run }
        guard let before = text.at(text.count - 2) else { return 0 }
        if before.isDigit || before.isLatinLower || "%²-+".unicodeScalars.contains(before)
            || marks.contains(before) || quotes.contains(before)
        {
            return 1
        }
        let isDegree = "FfCcKk".unicodeScalars.contains(before) && text.at(text.count - 3) == "°"
        let isInitials = before.isLatinUpper && (text.at(text.count - 3)?.isLatinUpper ?? false)
        return isDegree || isInitials ? 1 : 0
    }

    /// The pieces of what is left when both ends are bare.
    static func inner(_ text: Scalars) -> [String] {
        var pieces: [String] = []
        var (start, at) = (0, 0)
        while at < text.count {
            let length = infix(text, at)
            if length > 0, at > 0 {
                if at > start { pieces.append(text.text(start..<at)) }
                pieces.append(text.text(at..<at + length))
                start = at + length
            }
            at += max(length, 1)
        }
        if start < text.count { pieces.append(text.text(start..<text.count)) }
        return pieces
    }

    /// Length of a separator at an index inside a chunk; 0 when there is none.
    private static func infix(_ text: Scalars, _ at: Int) -> Int {
        let here = text[at]
        let (before, after) = (text.at(at - 1), text.at(at + 1))
        func isLetter(_ scalar: Unicode.Scalar?) -> Bool { scalar?.isLetter ?? false }
        func isQuote(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(quotes.contains) ?? false }
        if here == "." {
            var run = 1
            while text.at(at + run) == "." { run += 1 }
            if run > 1 { return run }
            let opens = before?.isLatinLower ?? false || isQuote(before)
            return opens && (after?.isLatinUpper ?? false || isQuote(after)) ? 1 : 0
        }
        if here == "…" || icons.contains(here) { return 1 }
        if "+-*^".unicodeScalars.contains(here), before?.isDigit ?? false,
            after == "-" || after?.isDigit ?? false
        {
            return 1
        }
        if here == "," { return isLetter(before) && isLetter(after) ? 1 : 0 }
        guard let before, before.isWordPart, before != "_" else { return 0 }
        if ":<>=/".unicodeScalars.contains(here) { return isLetter(after) ? 1 : 0 }
        for dash in ["-", "–", "—", "--", "---", "——", "~"] where text.has(dash, at) {
            if isLetter(text.at(at + dash.unicodeScalars.count)) {
                return dash.unicodeScalars.count
            }
        }
        return 0
    }
}
