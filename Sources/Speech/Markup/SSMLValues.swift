import EngineAPI
import Glibc

/// Values of SSML's attributes.
enum SSMLValues {
    private static func decimal(_ text: Substring) -> Double? {
        guard !text.isEmpty, text.utf8.count <= 12,
            text.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || $0 == 46 })
        else { return nil }
        return Double(text)
    }

    private static let rates = [
        "x-slow": 0.5, "slow": 0.8, "medium": 1, "default": 1, "fast": 1.25, "x-fast": 1.6,
    ]

    /// "slow", "120%", "+20%", "1.2" as a factor; nil when it is none of them.
    static func rate(_ text: String) -> Double? {
        if let named = rates[text] { return named }
        var factor: Double?
        if text.hasSuffix("%") {
            let body = text.dropLast()
            let sign = body.first
            let isChange = sign == "+" || sign == "-"
            guard let number = decimal(isChange ? body.dropFirst() : body) else { return nil }
            factor = !isChange ? number / 100 : 1 + (sign == "-" ? -number : number) / 100
        } else {
            factor = decimal(text[...])
        }
        return factor.flatMap { $0 > 0 ? $0 : nil }
    }

    /// What is softer is silent; what is louder would only be bent by the limiter.
    static let silence = -60.0
    static let decibelsMax = 12.0
    private static let volumes = [
        "silent": silence, "x-soft": -12, "soft": -6, "medium": 0, "default": 0, "loud": 4,
        "x-loud": 8,
    ]

    /// "soft", "+6dB" and "-3dB" are a change in decibels; "+10%" and "+10" one in the
    /// samples' size; "50" and "50%" a size out of a hundred. nil when it is none of them.
    static func decibels(_ text: String) -> Double? {
        if let named = volumes[text] { return named }
        let sign = text.first.flatMap { $0 == "+" || $0 == "-" ? $0 : nil }
        var body = sign == nil ? text[...] : text.dropFirst()
        let isLoudness = body.lowercased().hasSuffix("db")
        let isPart = body.hasSuffix("%")
        if isLoudness { body = body.dropLast(2) } else if isPart { body = body.dropLast() }
        guard let number = decimal(body) else { return nil }
        let signed = sign == "-" ? -number : number
        if isLoudness { return sign == nil ? nil : signed }
        let factor = sign == nil ? number / 100 : 1 + signed / 100
        guard factor <= 10 else { return nil }
        return factor < 0.001 ? silence : 20 * log10(factor)
    }

    /// Points of a contour: more are no speech's.
    private static let pointsMax = 64

    /// The melody that `pitch`, `range` and `contour` ask for inside another; nil when one of them
    /// is no such value.
    static func melody(_ attributes: [String: String], within outer: Melody) -> Melody? {
        var melody = outer
        if let text = attributes["pitch"] {
            guard let change = PitchScale.semitones(text) else { return nil }
            let bound = PitchScale.semitonesMax
            melody.semitones = min(max(melody.semitones + change, -bound), bound)
        }
        if let text = attributes["range"] {
            guard let factor = PitchScale.range(text) else { return nil }
            melody.range = min(melody.range * factor, 3)
        }
        if let text = attributes["contour"] {
            guard let points = contour(text) else { return nil }
            melody.contour = points
        }
        return melody
    }

    /// "(0%,+20Hz) (40%,-2st)".
    private static func contour(_ text: String) -> [Melody.Point]? {
        var points: [Melody.Point] = []
        for part in text.split(separator: ")") {
            let pair = part.filter { !$0.isWhitespace && $0 != "(" }.split(separator: ",")
            if pair.isEmpty { continue }
            guard pair.count == 2, pair[0].hasSuffix("%"), let place = decimal(pair[0].dropLast()),
                let change = PitchScale.semitones(String(pair[1])), points.count < pointsMax
            else { return nil }
            let bound = PitchScale.semitonesMax
            points.append(
                Melody.Point(
                    place: min(place / 100, 1), semitones: min(max(change, -bound), bound)))
        }
        return points.isEmpty ? nil : points.sorted { $0.place < $1.place }
    }

    private static let strengths = [
        "none": 0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2,
    ]

    /// A break's seconds: its time, else its strength, else a medium one; nil when wrong.
    static func pause(time: String?, strength: String?) -> Double? {
        guard let time else { return strengths[strength ?? "medium"] }
        if time.hasSuffix("ms") { return decimal(time.dropLast(2)).map { $0 / 1000 } }
        return time.hasSuffix("s") ? decimal(time.dropLast()) : nil
    }

    static func emphasis(_ level: String) -> Unicode.Scalar? {
        switch level {
        case "strong": ScriptMark.strong
        case "moderate": ScriptMark.moderate
        case "reduced": ScriptMark.reduced
        case "none": ScriptMark.plain
        default: nil
        }
    }
}
