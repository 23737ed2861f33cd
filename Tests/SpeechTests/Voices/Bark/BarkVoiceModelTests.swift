import EngineAPI
import Execution
import Foundation
import Testing

@testable import Speech

/// `voice=bark/…` from text to clauses, on a tiny model.
@Suite struct BarkVoiceModelTests {
    private let folder: BarkFolder

    init() throws { folder = try BarkFolder() }

    private func clauses(
        _ synthesizer: SpeechSynthesizer, _ text: String, voice: String = "bark/en_speaker_1",
        work: WorkContext = WorkContext(within: .seconds(120)),
        _ change: (inout SpeechRequest) -> Void = { _ in }
    ) async throws -> [SpokenClause] {
        var request = SpeechRequest(text: text, voice: voice)
        change(&request)
        let kept = Kept()
        try await synthesizer.speak(request, work: work) { kept.add($0) }
        return kept.clauses
    }

    @Test("its voices are listed behind the others, by the names of their files")
    func listed() throws {
        defer { folder.remove() }
        try folder.voices.add(
            "bark/voices/v2_de_speaker_3.npz", try BarkReference.bytes("en_speaker_1.npz"))
        try folder.voices.add(
            "manifest.json",
            #"{"models": [{"name": "bark", "file": "bark/semantic.onnx", "licence": "MIT"}]}"#)
        func voices() -> [VoiceDescription] { folder.synthesizer().voices() }
        #expect(
            voices().map(\.id) == [
                "hibari", "bark/any", "bark/en_speaker_1", "bark/v2_de_speaker_3",
            ])
        #expect(voices().dropFirst().map(\.language) == ["mul", "en", "de"])
        #expect(voices().dropFirst().allSatisfy { $0.sampleRateHz == 24_000 && $0.isPresent })
        #expect(voices()[1].licence == "MIT")
        try FileManager.default.removeItem(atPath: folder.path("codec.onnx"))
        #expect(voices().dropFirst().allSatisfy { !$0.isPresent })
    }

    @Test("each sentence is a clause that is told when it is made, its words in their order")
    func speaks() async throws {
        defer { folder.remove() }
        let made = try await clauses(
            folder.synthesizer(), "Hello, Ada. [laughs] I like pizza! ♪ la la ♪")
        #expect(made.map(\.text) == ["Hello, Ada.", "[laughs] I like pizza!", "♪ la la ♪"])
        #expect(made.map(\.isLast) == [false, false, true])
        var end = 0.0
        for clause in made {
            #expect(clause.clip.sampleRateHz == 24_000 && clause.isGuess)
            #expect(clause.clip.samples.contains { abs($0) > 0.001 })
            #expect(abs(clause.startSeconds - end) < 1e-9)
            end += clause.clip.seconds
            for word in clause.words {
                #expect(word.startSeconds >= clause.startSeconds && word.endSeconds <= end + 1e-6)
            }
        }
        #expect(
            made.flatMap(\.words).map { $0.text.filter(\.isLetter) } == [
                "Hello", "Ada", "laughs", "I", "like", "pizza", "la", "la",
            ])
    }

    @Test("a sentence is said with what was said before in mind, in another speech without it")
    func carries() async throws {
        defer { folder.remove() }
        let synthesizer = folder.synthesizer()
        let alone = try await clauses(synthesizer, "I like pizza.")
        let behind = try await clauses(synthesizer, "Hello, Ada. I like pizza.")
        #expect(behind.count == 2 && behind[1].clip != alone[0].clip)
        let again = try await clauses(synthesizer, "Hello, Ada. I like pizza.")
        #expect(again == behind)
        let other = try await clauses(synthesizer, "I like pizza.", voice: "bark/any")
        #expect(other[0].clip != alone[0].clip)
    }

    @Test("text without blanks is parted at its marks, and each sign has its time")
    func unspaced() async throws {
        defer { folder.remove() }
        let made = try await clauses(
            folder.synthesizer(), "你好，我的名字是小明。今天天气很好！", voice: "bark/any")
        #expect(made.map(\.text) == ["你好，我的名字是小明。", "今天天气很好！"])
        #expect(made[1].words.map(\.text) == ["今", "天", "天", "气", "很", "好！"])
    }

    @Test("text that comes in pieces is said as it comes")
    func streamed() async throws {
        defer { folder.remove() }
        let synthesizer = folder.synthesizer()
        var request = SpeechRequest(text: "", voice: "bark/en_speaker_1")
        request.arrivesInPieces = true
        let session = try await synthesizer.open(request, work: WorkContext(within: .seconds(120)))
        try await session.add("Hello, Ada. I like ")
        let first = try #require(try await session.next())
        try await session.add("pizza.")
        session.finish(throwing: nil)
        let second = try #require(try await session.next())
        #expect(try await session.next() == nil)
        let whole = try await clauses(synthesizer, "Hello, Ada. I like pizza.")
        // What is last is known of a whole text only, and has a shorter pause.
        #expect(first.clip == whole[0].clip)
        #expect(second.clip.samples.prefix(4_000) == whole[1].clip.samples.prefix(4_000))
    }

    @Test("speed, pauses and loudness are honoured; what can't be done is told")
    func manner() async throws {
        defer { folder.remove() }
        let synthesizer = folder.synthesizer()
        func seconds(_ speed: Double) async throws -> Double {
            try await clauses(synthesizer, "Hello, my name is Ada.") { $0.speed = speed }
                .reduce(0) { $0 + $1.clip.seconds }
        }
        let (plain, quick) = (try await seconds(1), try await seconds(2))
        #expect(abs(quick * 2 / plain - 1) < 0.05)
        let work = WorkContext(within: .seconds(120))
        let text =
            "<speak>Hello <break time='700ms'/> <phoneme ph='tuː'>Ada</phoneme> "
            + "<prosody pitch='+3st'>pizza</prosody>.</speak>"
        let made = try await clauses(synthesizer, text, work: work)
        #expect(
            made.flatMap(\.words).map { $0.text.filter(\.isLetter) } == ["Hello", "Ada", "pizza"])
        #expect(work.notes.all.contains(.pitchPassedOver))
        #expect(work.notes.ofSpeech.contains(.phonemesPassedOver(alphabet: "ipa")))
        let other = WorkContext(within: .seconds(120))
        _ = try await clauses(synthesizer, "Hello, Ada.", work: other) {
            $0.lexicon = ["Ada": "/ˈeɪdə/"]
        }
        #expect(other.notes.ofSpeech == [.phonemesPassedOver(alphabet: "ipa")])
        // Another spelling is no sound: it is said.
        let respelt = try await clauses(synthesizer, "Hello, Ada.") {
            $0.lexicon = ["Ada": "pizza"]
        }
        #expect(respelt[0].clip != (try await clauses(synthesizer, "Hello, Ada."))[0].clip)
    }

    @Test("marks alone, and a model that ends at once, are nothing to speak")
    func nothing() async throws {
        defer { folder.remove() }
        await #expect(throws: EngineError.nothingToSpeak) {
            try await clauses(folder.synthesizer(), "♪ … ♪")
        }
        // The end is always likelier than that.
        try folder.change("\"end_probability\": 0", "\"end_probability\": 1e-30")
        await #expect(throws: EngineError.nothingToSpeak) {
            try await clauses(folder.synthesizer(), "Hello, Ada.")
        }
    }

    @Test("Bark's voices can't be mixed")
    func mixed() async throws {
        defer { folder.remove() }
        await #expect(throws: EngineError.voicesUnmixable(name: "bark/any+bark/en_speaker_1")) {
            try await clauses(
                folder.synthesizer(), "Hello.", voice: "bark/any+bark/en_speaker_1")
        }
    }
}
