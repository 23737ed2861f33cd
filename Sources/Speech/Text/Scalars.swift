/// Text as the scanners see it: indexed in constant time, one symbol an element.
typealias Scalars = [Unicode.Scalar]

extension String {
    init(_ scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self = String(view)
    }

    var scalars: Scalars { Array(unicodeScalars) }
}

extension Unicode.Scalar {
    @inline(__always) var isDigit: Bool { value >= 48 && value <= 57 }
    @inline(__always) var isASCIILetter: Bool { (value | 32) >= 97 && (value | 32) <= 122 }

    /// 0…9 as a number.
    var digit: Int { Int(value) - 48 }

    var isLetter: Bool {
        if isASCII { return isASCIILetter }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return true
        default: return false
        }
    }

    /// Letter, number or underscore.
    var isWordPart: Bool {
        if isASCII { return isASCIILetter || isDigit || self == "_" }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }

    var isSpace: Bool {
        isASCII ? self == " " || (value >= 9 && value <= 13) : properties.isWhitespace
    }

    var isUpper: Bool {
        isASCII ? value >= 65 && value <= 90 : properties.generalCategory == .uppercaseLetter
    }

    var isLower: Bool { isASCII ? value >= 97 && value <= 122 : properties.isLowercase }

    /// Capitals of Latin-1, which the tokeniser's rules are written for.
    var isLatinUpper: Bool {
        (value >= 65 && value <= 90) || (value >= 0xC0 && value <= 0xDE && value != 0xD7)
    }

    /// Small letters of Latin-1.
    var isLatinLower: Bool {
        (value >= 97 && value <= 122) || (value >= 0xDF && value <= 0xFF && value != 0xF7)
    }

    var isApostrophe: Bool { self == "'" || self == "‘" || self == "’" }
}

/// Reading forward in text; every function tolerates an index at or past the end.
extension Array where Element == Unicode.Scalar {
    /// The symbol at an index, nil outside.
    @inline(__always)
    func at(_ index: Int) -> Unicode.Scalar? {
        index >= 0 && index < count ? self[index] : nil
    }

    /// How many digits stand at an index, `limit` at most.
    func digits(_ index: Int, limit: Int = .max) -> Int {
        var end = index
        while end < count, end - index < limit, self[end].isDigit { end += 1 }
        return end - index
    }

    /// Value of up to 18 digits.
    func integer(_ range: Range<Int>) -> Int {
        self[range.clamped(to: 0..<count)].reduce(0) { $1.isDigit ? $0 * 10 + $1.digit : $0 }
    }

    /// End of a number as in 12, 1,234 or 1,234.5; nil when no digit stands there.
    func numberEnd(_ index: Int) -> Int? {
        var end = index + digits(index)
        if end == index { return nil }
        while at(end) == ",", digits(end + 1, limit: 4) == 3 { end += 4 }
        if at(end) == ".", digits(end + 1) > 0 { end += 1 + digits(end + 1) }
        return end
    }

    /// Whether a word begins or ends between an index and the symbol before it.
    func isBoundary(_ index: Int) -> Bool {
        (at(index - 1)?.isWordPart ?? false) != (at(index)?.isWordPart ?? false)
    }

    /// Whether a literal stands at an index.
    func has(_ literal: String, _ index: Int) -> Bool {
        var here = index
        for scalar in literal.unicodeScalars {
            guard at(here) == scalar else { return false }
            here += 1
        }
        return true
    }

    func text(_ range: Range<Int>) -> String { String(self[range.clamped(to: 0..<count)]) }

    /// Spaces and tabs removed at both ends.
    func trimmed() -> Scalars {
        guard let first = firstIndex(where: { !$0.isSpace }),
            let last = lastIndex(where: { !$0.isSpace })
        else { return [] }
        return Array(self[first...last])
    }
}
