import EngineAPI
import Testing

@testable import Speech

/// Prosody's attributes, as they reach the clauses.
@Suite struct ProsodyModelTests {
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
