import EngineAPI
import Testing

@testable import Speech

/// The first sound of a speech, which leaves before the rest is made.
@Suite struct AudioOpeningModelTests {
    private static let sentence = "The quick brown fox jumps over the lazy dog by the river."

    @Test("a long first clause comes in two, its text and times with the first sound")
    func pieces() async throws {
        let text = AudioOpeningModelTests.sentence + " Then it sleeps until the evening comes."
        let pieces = try await Voice.pieces(SpeechRequest(text: text))
        #expect(pieces.map(\.isContinuation) == [false, true, false])
        #expect(pieces[0].clip.seconds > 0.3 && pieces[0].clip.seconds < 0.9)
        #expect(pieces[0].words.map(\.text).last == "river")
        #expect(pieces[1].words.isEmpty && pieces[1].visemes.isEmpty && pieces[1].text.isEmpty)
        #expect(pieces.map(\.isLast) == [false, false, true])
        #expect(pieces.map(\.speechSamples) == [nil, nil, nil])
        let lengths = pieces.map(\.clip.seconds)
        #expect(abs(pieces[1].startSeconds - lengths[0]) < 1e-9)
        #expect(abs(pieces[2].startSeconds - lengths[0] - lengths[1]) < 1e-9)
        // The mouth's times cover the whole clause, not its first sound.
        let end = try #require(pieces[0].visemes.last?.endSeconds)
        #expect(abs(end - pieces[2].startSeconds) < 1e-6)
    }

    @Test("a speech of one clause tells its length with its first sound")
    func length() async throws {
        let pieces = try await Voice.pieces(SpeechRequest(text: AudioOpeningModelTests.sentence))
        #expect(pieces.count == 2)
        #expect(pieces[0].speechSamples == pieces.flatMap(\.clip.samples).count)
        #expect(pieces[1].isLast)
    }

    @Test(
        "what is done to a whole clip keeps it in one piece",
        arguments: [
            "<speak><emphasis>The quick brown fox</emphasis> jumps over the lazy dogs.</speak>",
            "<speak><break time='1s'/>The quick brown fox jumps over the lazy dog.</speak>",
            "<speak><prosody rate='x-fast'>The quick brown fox jumps over it.</prosody></speak>",
            "Stop.",
        ])
    func whole(_ text: String) async throws {
        let pieces = try await Voice.pieces(SpeechRequest(text: text))
        #expect(!pieces.contains { $0.isContinuation })
    }

    @Test("the spectra of parts are those of the whole, and so is the sound")
    func parts() throws {
        let model = try Voice.model()
        let clause = try #require(
            try HibariReference().clauses.first { $0.frames > 150 })
        let outline = try model.outline(clause.ids, speed: 1)
        let noise = SIMDNoise(seed: 3)
        let vocoder = Vocoder()
        func sound(_ parts: [Range<Int>]) throws -> [Float] {
            var signal = outline.curves.pitch.withUnsafeBufferPointer {
                Vocoder.Signal($0, noise: noise)
            }
            return try parts.flatMap { part in
                try model.withSpectra(of: outline, part) { vocoder.add($0, to: &signal) }
            }
        }
        let whole = try sound([0..<outline.count])
        let joined = try sound([0..<64, 64..<outline.count])
        #expect(joined.count == whole.count)
        var (both, own, other) = (0.0, 0.0, 0.0)
        for (a, b) in zip(joined, whole) {
            let (a, b) = (Double(a), Double(b))
            (both, own, other) = (both + a * b, own + a * a, other + b * b)
        }
        // They differ in the scale of the network's bytes only; a frame out of place is .5.
        #expect(both / (own * other).squareRoot() > 0.95)
        #expect(abs(own / other - 1) < 0.02)
        // No click where they meet.
        let seam = Vocoder.samplesReady(of: 64)
        #expect(
            Level.step(Array(joined[seam - 600..<seam + 600]))
                < 1.5 * Level.step(Array(whole[seam - 600..<seam + 600])) + 0.01)
    }
}
