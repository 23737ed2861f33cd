import EngineAPI
import Testing

@testable import Speech

/// How pitch, range, contour and volume are written.
@Suite struct PitchScaleTests {
    static let pitches: [(String, Double?)] = [
        ("+2st", 2), ("-2st", -2), ("0.5st", 0.5), ("+100%", 12), ("-50%", -12), ("+200Hz", 12),
        ("100Hz", -12), ("-100hz", -12), ("x-low", -6), ("medium", 0), ("x-high", 6), ("", nil),
        ("+", nil), ("5", nil), ("5 apples", nil), ("-100%", nil), ("-200Hz", nil),
        ("1.2.3st", nil),
        ("NaN", nil), ("+infst", nil),
    ]

    @Test("a change of pitch in all its forms is semitones", arguments: pitches)
    func pitch(_ pair: (String, Double?)) {
        let value = PitchScale.semitones(pair.0)
        #expect((value == nil) == (pair.1 == nil))
        if let value, let wanted = pair.1 { #expect(abs(value - wanted) < 1e-9) }
    }

    static let ranges: [(String, Double?)] = [
        ("x-low", 0.4), ("+50%", 1.5), ("-100%", 0), ("+900%", 3), ("+4st", 1.5), ("4st", 0.5),
        ("45Hz", 0.5), ("wide", nil),
    ]

    @Test("a change of the range is a factor", arguments: ranges)
    func range(_ pair: (String, Double?)) {
        #expect(PitchScale.range(pair.0) == pair.1)
    }

    static let volumes: [(String, Double?)] = [
        ("100", 0), ("50", -6.0206), ("+100", 6.0206), ("-50%", -6.0206), ("50%", -6.0206),
        ("0", -60), ("-100", -60), ("+6dB", 6), ("-3.5dB", -3.5), ("6dB", nil), ("loud", 4),
        ("5000", nil), ("loudest", nil), ("+", nil),
    ]

    @Test("a volume in all its forms is decibels", arguments: volumes)
    func volume(_ pair: (String, Double?)) {
        let value = SSMLValues.decibels(pair.0)
        #expect((value == nil) == (pair.1 == nil))
        if let value, let wanted = pair.1 { #expect(abs(value - wanted) < 1e-3) }
    }
}
