import EngineAPI
import Testing

@testable import Speech

/// Pauses in what the voice reads and speaks.
@Suite struct PauseModelTests {
    private func clauses(_ text: String) throws -> [Clause] {
        let front = try Voice.front()
        var plan = try SpeechPlan(SpeechRequest(text: text), reader: Voice.reader(front))
        var clauses: [Clause] = []
        while let clause = try plan.next() { clauses.append(clause) }
        return clauses
    }

    @Test("a verse's lines end softly, its stanzas as paragraphs")
    func verse() throws {
        let stanza = "Old hills are blue\nNew fields are wide\nThe sky is grey"
        #expect(
            try clauses(stanza + "\n\n" + stanza).map(\.end)
                == [.line, .line, .paragraph, .line, .line, .paragraph])
    }

    @Test("the number of an item stays with it")
    func numbers() throws {
        #expect(
            try clauses("1. Buy bread\n2. Buy milk\na. Buy eggs").map(\.text)
                == ["1. Buy bread", "2. Buy milk", "a. Buy eggs"])
        #expect(try clauses("It was 1999. Then he left.").count == 2)
    }

    static let rests: [(String, String)] = [
        ("He -- the cook -- left.", "—"), ("He--the cook--left.", "—"),
        ("He (the cook) left.", ","), ("He left (at last).", ","),
    ]

    @Test("dashes and brackets are rests", arguments: rests)
    func dashes(_ pair: (String, String)) throws {
        let phonemes = try clauses(pair.0).flatMap(\.phonemes)
        #expect(phonemes.contains { pair.1.unicodeScalars.contains($0) })
        #expect(!phonemes.contains { "()-".unicodeScalars.contains($0) })
    }

    @Test("speech is as loud as it should be, not clipped, and without harsh steps")
    func loudness() async throws {
        let text =
            "Six sisters sat silently on the steps, sipping spiced cider. He carried a lamp, a "
            + "flask of tea, and a book that he never finished. Is that the whole story?"
        let samples = try await Voice.clauses(SpeechRequest(text: text)).flatMap(\.clip.samples)
        // Where it is loud: pauses are no speech. -19 LUFS is about this for this voice.
        let received = stride(from: 0, to: samples.count - 2400, by: 2400).map {
            Level(samples[$0..<$0 + 2400]).meanSquareRoot
        }.filter { $0 > 0.02 }
        let level = (received.reduce(0) { $0 + $1 * $1 } / Float(received.count)).squareRoot()
        #expect(level > 0.1 && level < 0.16, "\(level)")
        #expect(Level(samples).peak < 1)
        #expect(Level.step(samples) < 0.6)
    }
}
