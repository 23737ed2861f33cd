import EngineAPI
import Glibc
import Inference
import Testing

@testable import Transcription

/// Whisper itself on recorded speech, with the models that the set-up made.
@Suite struct BeamModelTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/.deps"
    static let models =
        getenv("AVATAR_MODELS").map { String(cString: $0) } ?? folder + "/models"

    private static func state(_ model: String) throws -> WhisperStateHandle {
        try WhisperStateHandle(
            WhisperContext(
                ModelFileReader(path: models + "/whisper/\(model).bin"), device: nil))
    }

    /// Eleven seconds of a speech of 1961.
    static func speech() throws -> [Float] {
        let file = try #require(fopen(folder + "/samples/jfk.wav", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 400_000)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        let data = try #require(
            bytes.indices.first { bytes[$0...].starts(with: Array("data".utf8)) })
        return stride(from: data + 8, to: bytes.count - 1, by: 2).map {
            Float(Int16(truncatingIfNeeded: Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8)) / 32_768
        }
    }

    static func noisy(
        _ samples: [Float], seed: UInt64, loudness: Float = 0.12
    ) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return samples.map { $0 + Float.random(in: -loudness...loudness, using: &generator) }
    }

    private static func options(
        _ samples: [Float], beam: Int32, isMultilingual: Bool = false
    ) -> DecodeOptions {
        let seconds = Double(samples.count) / 16_000
        var options = DecodeOptions()
        options.language = "en"
        options.window = EncoderWindow.trimmed(seconds: seconds, isMultilingual: isMultilingual)
        options.tokensMax = HallucinationChecks.tokensMax(seconds: seconds)
        options.usesTimestamps = !isMultilingual
        options.beamWidth = beam
        return options
    }

    @Test(
        "one text followed by the beam is what the greedy decoder says",
        arguments: [("tiny.en", false), ("base", true)])
    func oneIsGreedy(model: String, isMultilingual: Bool) throws {
        let state = try Self.state(model)
        for samples in [try Self.speech(), Self.noisy(try Self.speech(), seed: 1)] {
            let texts = try [0, 1].map { (beam: Int32) throws -> DecodedChunk in
                let options = Self.options(samples, beam: beam, isMultilingual: isMultilingual)
                return try state.decode(
                    samples[...], options, work: WorkContext(within: .seconds(120)))
            }
            #expect(!texts[0].tokens.isEmpty && texts[0].tokens == texts[1].tokens)
            #expect(abs(texts[0].logProbability - texts[1].logProbability) < 0.01)
        }
    }

    @Test("three texts followed at once end in what was said, and in the same each time")
    func threeHear() throws {
        let state = try Self.state("tiny.en")
        let speech = try Self.speech()
        func texts() throws -> [DecodedChunk] {
            try (1...3).map { (seed: UInt64) throws -> DecodedChunk in
                let samples = Self.noisy(speech, seed: seed, loudness: 0.03)
                let options = Self.options(samples, beam: 3)
                return try state.decode(
                    samples[...], options, work: WorkContext(within: .seconds(120)))
            }
        }
        let (once, again) = (try texts(), try texts())
        for text in once {
            #expect(text.text.contains("what your country can do for you"), "\(text.text)")
        }
        #expect(once.map(\.tokens) == again.map(\.tokens))
        #expect(once.map(\.logProbability) == again.map(\.logProbability))
    }

    @Test(
        "a word is as sure as it is among words, whatever signs could stand there",
        arguments: [("tiny.en", false), ("base", true)])
    func words(model: String, isMultilingual: Bool) throws {
        let state = try Self.state(model)
        func chunk(_ samples: [Float], beam: Int32 = 5) throws -> DecodedChunk {
            try state.decode(
                samples[...], Self.options(samples, beam: beam, isMultilingual: isMultilingual),
                work: WorkContext(within: .seconds(120)))
        }
        let speech = try Self.speech()
        // Nobody hears whether a comma is meant: it halves what the word behind it has.
        let clear = try chunk(speech)
        #expect(try #require(clear.logProbabilities.min()) < -0.9)
        #expect(clear.leastWordLogProbability > -0.5 && clear.leastWordLogProbability < 0)
        #expect(!HallucinationChecks.hasUnsureWord(clear))
        let noisy = try chunk(Self.noisy(speech, seed: 1))
        #expect(noisy.leastWordLogProbability < clear.leastWordLogProbability - 0.1)
        #expect(try chunk(speech, beam: 0).leastWordLogProbability == 0)
    }

    @Test("a prompt that takes half of the cache leaves eight texts room to end")
    func fullCache() throws {
        let state = try Self.state("tiny.en")
        let speech = try Self.speech()
        let samples = Self.noisy(Array((speech + speech + speech).prefix(28 * 16_000)), seed: 9)
        var options = Self.options(samples, beam: 8)
        options.prompt = String(
            repeating: "The president speaks of the work that lies before them. ", count: 40)
        options.tokensMax = 0
        let text = try state.decode(samples[...], options, work: WorkContext(within: .seconds(120)))
        #expect(!text.tokens.isEmpty && text.logProbability < 0)
    }

    @Test("a piece whose time is over stops inside the encoder's pass")
    func stopsInside() throws {
        let state = try Self.state("base")
        let speech = try Self.speech()
        let samples = Array((speech + speech + speech).prefix(28 * 16_000))
        var options = Self.options(samples, beam: 0, isMultilingual: true)
        options.tokensMax = 1
        // This thread's own time: others that want the processors change nothing of it.
        let whole = try Self.ownTime {
            _ = try state.decode(samples[...], options, work: WorkContext(within: .seconds(120)))
        }
        let stopped = Self.ownTime {
            #expect(throws: EngineError.deadlinePassed) {
                try state.decode(samples[...], options, work: WorkContext(within: whole / 4))
            }
        }
        #expect(stopped < whole * 3 / 4, "\(stopped) of \(whole)")
    }

    private static func ownTime(_ body: () throws -> Void) rethrows -> Duration {
        func now() -> Duration {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        let start = now()
        try body()
        return now() - start
    }
}
