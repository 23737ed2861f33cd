import Glibc

/// How people write a change of a voice's pitch, as SSML does: "+2st", "-10%", "+20Hz", "180Hz",
/// "x-low" to "x-high".
package enum PitchScale {
    /// The middle of the default voice's pitch in statements, Hz: what hertz are counted from.
    package static let registerHz = 200.0
    /// An octave up or down; the voice is no longer itself beyond.
    package static let semitonesMax = 12.0

    private static let names = [
        "x-low": -6.0, "low": -3, "medium": 0, "default": 0, "high": 3, "x-high": 6,
    ]

    /// The change in semitones; nil where the text is no such value. Not bounded.
    package static func semitones(_ text: String) -> Double? {
        if let named = names[text] { return named }
        guard let (number, sign, unit) = parts(text) else { return nil }
        switch unit {
        case "st": return number
        case "%": return change(1 + number / 100)
        case "hz": return change(sign ? 1 + number / registerHz : number / registerHz)
        default: return nil
        }
    }

    private static func change(_ factor: Double) -> Double? {
        factor > 0 ? 12 * log2(factor) : nil
    }

    /// How far the default voice goes up and down, semitones: what changes of it are counted from.
    private static let spanSemitones = 8.0
    private static let spanHz = 90.0
    private static let spans = [
        "x-low": 0.4, "low": 0.7, "medium": 1.0, "default": 1.0, "high": 1.4, "x-high": 1.8,
    ]
    private static let spanMax = 3.0

    /// A change of how far the pitch goes up and down, as a factor of 0 to 3; nil where the text is
    /// no such value.
    package static func range(_ text: String) -> Double? {
        if let named = spans[text] { return named }
        guard let (number, sign, unit) = parts(text) else { return nil }
        var factor: Double
        switch unit {
        case "st": factor = sign ? 1 + number / spanSemitones : number / spanSemitones
        case "%": factor = 1 + number / 100
        case "hz": factor = sign ? 1 + number / spanHz : number / spanHz
        default: return nil
        }
        factor = min(max(factor, 0), spanMax)
        return factor
    }

    /// A number, whether it has a sign, and its unit in small letters.
    private static func parts(_ text: String) -> (number: Double, isSigned: Bool, unit: String)? {
        let bytes = Array(text.utf8.prefix(24))
        let isSigned = bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-")
        let digits = bytes.dropFirst(isSigned ? 1 : 0).prefix {
            ($0 >= 48 && $0 <= 57) || $0 == UInt8(ascii: ".")
        }
        guard !digits.isEmpty, let size = Double(String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        let rest = bytes[digits.endIndex...].drop { $0 == UInt8(ascii: " ") }
        let unit = String(decoding: rest, as: UTF8.self).lowercased()
        return (bytes.first == UInt8(ascii: "-") ? -size : size, isSigned, unit)
    }
}
