/// Cuts a token where its reading changes: "iPhone15" into "i", "Phone", "15".
/// Symbols that fit nowhere, as a lone apostrophe inside, are dropped.
enum Subtokens {
    static func split(_ token: String) -> [String] {
        let text = token.scalars
        var parts: [String] = []
        var at = 0
        while at < text.count {
            let length = part(text, at)
            if length > 0 { parts.append(text.text(at..<at + length)) }
            at += max(length, 1)
        }
        return parts
    }

    private static func run(
        _ text: Scalars, _ at: Int, _ fits: (Unicode.Scalar) -> Bool
    ) -> Int {
        var end = at
        while end < text.count, fits(text[end]) { end += 1 }
        return end - at
    }

    /// Length of the part that begins at an index; 0 for a symbol to drop.
    private static func part(_ text: Scalars, _ at: Int) -> Int {
        let here = text[at]
        let marks = run(text, at, \.isApostrophe)
        if at == 0, marks > 0 { return marks }
        // The "s" of "PCs" is no word's second letter.
        if here.isLatinUpper, text.at(at + 1)?.isLatinUpper ?? false,
            text.at(at + 2)?.isLatinLower ?? false,
            text.at(at + 2) != "s" || text.at(at + 3)?.isLetter ?? false
        {
            return 1
        }
        let digits = number(text, at)
        if digits > 0 { return digits }
        let dashes = run(text, at) { $0 == "-" || $0 == "_" }
        if dashes > 0 { return dashes }
        if marks > 1 { return marks }
        if here.isLetter {
            let hump = camel(text, at)
            return hump > 0 ? hump : word(text, at)
        }
        if marks == 1 { return at + 1 == text.count ? 1 : 0 }
        return here.isWordPart ? 0 : 1
    }

    /// Digits with single separators inside; a sign only at the start of the token.
    private static func number(_ text: Scalars, _ at: Int) -> Int {
        var end = at == 0 && text[0] == "-" ? 1 : at
        let start = end
        while end < text.count {
            if text[end].isDigit {
                end += 1
            } else if text[end] == "," || text[end] == ".", text.at(end + 1)?.isDigit ?? false {
                end += 2
            } else {
                break
            }
        }
        return end > start ? end - at : 0
    }

    /// Letters up to a small one before a capital, as "Mc" in "McDonald".
    private static func camel(_ text: Scalars, _ at: Int) -> Int {
        func ends(_ index: Int) -> Bool {
            (text.at(index)?.isLatinLower ?? false) && (text.at(index + 1)?.isLatinUpper ?? false)
        }
        var end = at
        while end < text.count, text[end].isLetter {
            if ends(end) { return end + 1 - at }
            end += 1
        }
        while end + 1 < text.count, text[end].isApostrophe, text[end + 1].isLetter {
            end += 2
            if ends(end) { return end + 1 - at }
        }
        return 0
    }

    /// Letters, then apostrophes each with one letter.
    private static func word(_ text: Scalars, _ at: Int) -> Int {
        var end = at + run(text, at, \.isLetter)
        while end + 1 < text.count, text[end].isApostrophe, text[end + 1].isLetter { end += 2 }
        return end - at
    }
}
