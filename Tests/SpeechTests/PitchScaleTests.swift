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

    private func melodies(_ text: String) throws -> [Melody] {
        let front = try Voice.front()
        var plan = try SpeechPlan(
            SpeechRequest(text: "<speak>\(text)</speak>"), reader: Voice.reader(front))
        var melodies: [Melody] = []
        while let clause = try plan.next() { melodies.append(clause.melody) }
        return melodies
    }

    @Test("prosody's pitch, range and contour reach the clauses, and nest")
    func prosody() throws {
        let found = try melodies(
            "One. <prosody pitch='+2st' range='-50%'>Two. <prosody pitch='+3st'>Three.</prosody>"
                + "</prosody> <prosody contour='(50%,-1st) (0%, +10%)'>Four. Five.</prosody>")
        #expect(found.map(\.semitones) == [0, 2, 5, 0, 0])
        #expect(found.map(\.range) == [1, 0.5, 0.5, 1, 1])
        #expect(found[3].contour.map(\.place) == [0, 0.5])
        #expect(found[3].part.lowerBound == 0 && found[4].part.upperBound == 1)
        #expect(abs(found[3].part.upperBound - 0.5) < 0.1)
        #expect(try melodies("<prosody pitch='+40st'>High.</prosody>").map(\.semitones) == [12])
    }

    @Test(
        "a wrong pitch, range or contour is an error at its element",
        arguments: ["pitch='up'", "range='much'", "contour='(0,+1st)'", "contour=''"])
    func wrong(_ attribute: String) {
        #expect(throws: EngineError.markupBroken(.badValue, character: 8)) {
            try melodies("<prosody \(attribute)>a</prosody>")
        }
    }

    @Test("the mark behind an element belongs to the words in it")
    func marks() throws {
        let front = try Voice.front()
        var plan = try SpeechPlan(
            SpeechRequest(text: "<speak>Is it <prosody pitch='+2st'>red</prosody>? No.</speak>"),
            reader: Voice.reader(front))
        var texts: [String] = []
        while let clause = try plan.next() { texts.append(clause.text) }
        #expect(texts == ["Is it", "red?", "No."])
    }
}
