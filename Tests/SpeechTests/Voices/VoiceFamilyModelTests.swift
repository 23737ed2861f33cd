import EngineAPI
import Foundation
import Testing

@testable import Speech

/// Voices that an operator brings, on tiny networks with their families' inputs and outputs.
@Suite struct VoiceFamilyModelTests {
    private let brought: BroughtVoices

    init() throws {
        brought = try BroughtVoices()
        try brought.addPiper("en_GB-tiny-low", type: "text")
        try brought.addPiper("joe")
        try brought.addPiper("many", type: "text", speakers: ["ann", "bob"])
        try brought.addPiper("xx-tiny", language: "no-such-language")
        try brought.addCoqui("css")
        try brought.add("kokoro/model.onnx", try BroughtVoices.network("kokoro"))
        try brought.add(
            "kokoro/voices.npz",
            StyleBytes.archive([
                ("af_one.npy", StyleBytes.numpy([0.05, 0.1])),
                ("jm_two.npy", StyleBytes.numpy([0.02])),
            ]))
        try brought.add("kokoro/voices/bf_three.bin", StyleBytes.styles([0.07]))
        try brought.add("kitten/model.onnx", try BroughtVoices.network("kitten"))
        try brought.add(
            "kitten/voices.npz",
            StyleBytes.archive([("expr-voice-2-m.npy", StyleBytes.numpy([0.04]))]))
    }

    private func clauses(
        _ synthesizer: SpeechSynthesizer, _ request: SpeechRequest
    ) async throws -> [SpokenClause] {
        let kept = Kept()
        try await synthesizer.speak(request, work: WorkContext(within: .seconds(60))) {
            kept.add($0)
        }
        return kept.clauses
    }

    @Test("the voices of the folder are listed, the default first")
    func listed() throws {
        defer { brought.remove() }
        try brought.add("piper/broken.onnx", [1, 2, 3])
        try brought.add("piper/broken.onnx.json", "{")
        try brought.add("piper/alone.onnx", [1, 2, 3])
        try brought.add(
            "manifest.json",
            #"{"models": [{"name": "joe", "file": "piper/joe.onnx", "licence": "CC0-1.0"}]}"#)
        let voices = brought.synthesizer().voices()
        #expect(
            voices.map(\.id) == [
                "hibari", "en_GB-tiny-low", "joe", "many", "many/ann", "many/bob", "xx-tiny", "css",
                "af_one", "jm_two", "bf_three", "expr-voice-2-m",
            ])
        func voice(_ id: String) throws -> VoiceDescription {
            try #require(voices.first { $0.id == id })
        }
        #expect(try voice("en_GB-tiny-low").language == "en-GB")
        #expect(try voice("joe").licence == "CC0-1.0")
        #expect(try voice("css").licence == "unknown")
        #expect(try voice("css").sampleRateHz == 22_050)
        #expect(try voice("jm_two").gender == "male")
        #expect(try voice("jm_two").language == "ja")
        #expect(try voice("expr-voice-2-m").gender == "male")
    }

    @Test(
        "a voice of each family speaks, and tells when",
        arguments: [
            ("en_GB-tiny-low", 16_000), ("joe", 16_000), ("many/bob", 16_000), ("css", 22_050),
            ("af_one", 24_000), ("jm_two", 24_000), ("bf_three", 24_000),
            ("expr-voice-2-m", 24_000),
        ])
    func speaks(_ pair: (String, Int)) async throws {
        defer { brought.remove() }
        let request = SpeechRequest(
            text: "Please call me tomorrow, if you can. I will wait at home.", voice: pair.0)
        let clauses = try await clauses(brought.synthesizer(), request)
        #expect(clauses.count == 2)
        var end = 0.0
        for clause in clauses {
            #expect(clause.clip.sampleRateHz == pair.1)
            #expect(abs(clause.startSeconds - end) < 1e-9)
            end += clause.clip.seconds
            #expect(Level(clause.clip.samples).peak > 0.2)
            #expect(abs((clause.visemes.last?.endSeconds ?? 0) - end) < 1e-6)
            for (first, second) in zip(clause.words, clause.words.dropFirst()) {
                #expect(first.startSeconds < first.endSeconds)
                #expect(first.endSeconds <= second.startSeconds + 1e-9)
            }
        }
        let words = clauses.flatMap(\.words).map { $0.text.filter(\.isLetter) }
        #expect(
            words == [
                "Please", "call", "me", "tomorrow", "if", "you", "can", "I", "will", "wait", "at",
                "home",
            ])
        #expect(clauses.flatMap(\.visemes).contains { $0.viseme == .PP })
    }

    @Test(
        "a brought voice is as quick as its speed too", arguments: ["joe", "af_one"],
        [0.25, 0.7, 1.3, 2, 4])
    func speeds(_ voice: String, _ speed: Double) async throws {
        defer { brought.remove() }
        let synthesizer = brought.synthesizer()
        func seconds(_ speed: Double) async throws -> Double {
            let request = SpeechRequest(
                text: "How long does it take to say this, and that?", voice: voice, speed: speed)
            return try await clauses(synthesizer, request).reduce(0) { $0 + $1.clip.seconds }
        }
        let (plain, made) = (try await seconds(1), try await seconds(speed))
        #expect(abs(made * speed / plain - 1) < 0.03)
    }

    @Test("a speaker of several has its own sound")
    func speakers() async throws {
        defer { brought.remove() }
        let synthesizer = brought.synthesizer()
        func crossings(_ voice: String) async throws -> Int {
            let samples = try await clauses(
                synthesizer, SpeechRequest(text: "Hello there", voice: voice)
            )
            .flatMap(\.clip.samples)
            return zip(samples, samples.dropFirst()).count { $0 < -0.1 && $1 >= -0.1 }
        }
        let (ann, bob) = (try await crossings("many/ann"), try await crossings("many/bob"))
        // Twice the pitch; the noise crosses too.
        #expect(bob > ann * 5 / 4)
    }

    @Test("the same seed gives the same samples, in a network with noise of its own too")
    func seeds() async throws {
        defer { brought.remove() }
        let synthesizer = brought.synthesizer()
        func samples(_ seed: UInt64) async throws -> [Float] {
            let request = SpeechRequest(text: "Noise is in the breath.", voice: "joe", seed: seed)
            return try await clauses(synthesizer, request).flatMap(\.clip.samples)
        }
        let (first, again, other) = (
            try await samples(7), try await samples(7), try await samples(8)
        )
        #expect(first == again)
        #expect(first != other)
        #expect(first.count == other.count)
    }

    @Test("networks are kept within the bound, and the one used longest ago leaves")
    func bounded() async throws {
        defer { brought.remove() }
        // Room for two of the networks, which have 760 to 1,104 bytes.
        let synthesizer = brought.synthesizer(networkBytesMax: 2_000)
        for voice in ["joe", "af_one", "joe", "jm_two", "expr-voice-2-m"] {
            _ = try await clauses(synthesizer, SpeechRequest(text: "Hello.", voice: voice))
        }
        #expect(
            try await synthesizer.prepare().models
                == ["hibari", "kokoro/model.onnx", "kitten/model.onnx"])
        _ = try await clauses(synthesizer, SpeechRequest(text: "Hello.", voice: "many"))
        #expect(
            try await synthesizer.prepare().models == [
                "hibari", "kitten/model.onnx", "piper/many.onnx",
            ])
    }

    @Test("a network that is none, or that names other files, is refused")
    func refused() async throws {
        defer { brought.remove() }
        var bytes = try BroughtVoices.network("vits")
        try brought.add("piper/joe.onnx", Array(bytes.prefix(bytes.count / 2)))
        let synthesizer = brought.synthesizer()
        await #expect(
            throws: EngineError.modelDamaged(path: brought.folder.path + "/piper/joe.onnx")
        ) {
            try await clauses(synthesizer, SpeechRequest(text: "Hello.", voice: "joe"))
        }
        // An initializer whose data_location (14) is 1: outside of the file.
        let tensor: [UInt8] = [0x70, 1]
        bytes += [0x3A, UInt8(tensor.count + 2), 0x2A, UInt8(tensor.count)] + tensor
        try brought.add("piper/many.onnx", bytes)
        await #expect(throws: EngineError.self) {
            try await clauses(synthesizer, SpeechRequest(text: "Hello.", voice: "many"))
        }
    }

    @Test("a language that espeak-ng lacks, or espeak-ng that the machine lacks, is said")
    func reader() async throws {
        defer { brought.remove() }
        do {
            _ = try await clauses(
                brought.synthesizer(), SpeechRequest(text: "Hello.", voice: "xx-tiny"))
            Issue.record("it was spoken")
        } catch let error as EngineError {
            let unknown = EngineError.languageUnknown(code: "no-such-language", model: "espeak-ng")
            let missing = EngineError.readerMissing(
                library: "libespeak-ng.so.1", language: "no-such-language")
            #expect([unknown, missing].contains(error))
        }
    }

    @Test("SSML and given phonemes go to a brought voice as well")
    func markup() async throws {
        defer { brought.remove() }
        let synthesizer = brought.synthesizer()
        let text = "<speak>One <break time='1s'/> <phoneme ph='tuː'>2</phoneme> three.</speak>"
        let made = try await clauses(synthesizer, SpeechRequest(text: text, voice: "joe"))
        #expect(
            made.flatMap(\.words).map(\.text).map { $0.filter { $0 != "." } } == [
                "One", "2", "three",
            ])
        #expect(made[1].startSeconds > 1)
        let given = SpeechRequest(text: "həlˈoʊ", voice: "joe", isPhonemes: true)
        #expect(
            try await clauses(synthesizer, given)[0].phonemes.map(\.text) == [
                "h", "ə", "l", "ˈo", "ʊ",
            ])
    }
}
