import EngineAPI
import Execution
import Inference
import Testing

@testable import Speech

/// The voice as a whole: order in, clauses with sound and times out.
@Suite struct SpeechSynthesizerModelTests {
    @Test("a sentence becomes sound of a sane length and level")
    func speaks() async throws {
        let clauses = try await Voice.clauses(
            SpeechRequest(text: "The train leaves at half past seven."))
        let samples = clauses.flatMap(\.clip.samples)
        let seconds = Double(samples.count) / 24_000
        #expect(seconds > 1.5 && seconds < 4)
        let level = Level(samples)
        #expect(level.peak > 0.1 && level.peak < 1)
        #expect(level.meanSquareRoot > 0.02)
        #expect(samples.allSatisfy { $0.isFinite })
    }

    @Test("the same seed gives the same samples, another seed others of the same length")
    func seeds() async throws {
        let text = "Noise is in the breath, and the breath is in the seed."
        func samples(_ seed: UInt64) async throws -> [Float] {
            try await Voice.clauses(SpeechRequest(text: text, seed: seed)).flatMap(\.clip.samples)
        }
        let (first, again, other) = (
            try await samples(7), try await samples(7), try await samples(8)
        )
        #expect(first == again)
        #expect(first != other)
        #expect(first.count == other.count)
    }

    @Test("clauses join in silence: each begins and ends near zero")
    func joins() async throws {
        let text = "First there is one thing, then another comes along; finally, it is over. Good!"
        let clauses = try await Voice.clauses(SpeechRequest(text: text))
        #expect(clauses.count > 1)
        for clause in clauses {
            #expect(Level(clause.clip.samples.prefix(24)).peak < 2e-3)
            #expect(Level(clause.clip.samples.suffix(24)).peak < 2e-3)
        }
    }

    @Test("times run on without a gap, inside the sound, and visemes cover all of it")
    func times() async throws {
        let text = "Please call me tomorrow, if you can. I will wait for you at home.\nGoodbye."
        let clauses = try await Voice.clauses(SpeechRequest(text: text))
        var end = 0.0
        for clause in clauses {
            #expect(abs(clause.startSeconds - end) < 1e-9)
            end = clause.startSeconds + clause.clip.seconds
            var last = clause.startSeconds
            for viseme in clause.visemes {
                #expect(abs(viseme.startSeconds - last) < 1e-6)
                last = viseme.endSeconds
            }
            #expect(abs(last - end) < 1e-6)
            for text in clause.words + clause.phonemes {
                #expect(text.startSeconds >= clause.startSeconds - 1e-9)
                #expect(text.endSeconds <= end + 1e-9)
                #expect(text.startSeconds <= text.endSeconds)
            }
        }
        let words = clauses.flatMap(\.words).map(\.text)
        #expect(words.prefix(4) == ["Please", "call", "me", "tomorrow"])
        #expect(words.last == "Goodbye")
        #expect(clauses.flatMap(\.visemes).contains { $0.viseme == .PP })
    }

    @Test("the mouth rests where the sound does")
    func rests() async throws {
        let clauses = try await Voice.clauses(SpeechRequest(text: "Stop. Go."))
        let samples = clauses.flatMap(\.clip.samples)
        let spans = clauses.flatMap(\.visemes).filter {
            $0.viseme == .sil && $0.endSeconds - $0.startSeconds > 0.25
        }
        #expect(!spans.isEmpty)
        for span in spans {
            // A tenth of a second off each edge: stops ring on.
            let from = Int(bounded: (span.startSeconds + 0.1) * 24_000)
            let to = Int(bounded: (span.endSeconds - 0.1) * 24_000)
            #expect(Level(samples[from..<to]).meanSquareRoot < 5e-3)
        }
    }

    @Test("speech is as long as its speed makes it", arguments: [0.25, 0.5, 0.8, 1.5, 2, 3, 4])
    func speeds(_ speed: Double) async throws {
        let text = "How long does this sentence, which has two clauses, take to say? Not long."
        let plain = try await Voice.clauses(SpeechRequest(text: text))
        let clauses = try await Voice.clauses(SpeechRequest(text: text, speed: speed))
        func seconds(_ clauses: [SpokenClause]) -> Double {
            clauses.reduce(0) { $0 + $1.clip.seconds }
        }
        #expect(abs(seconds(clauses) * speed / seconds(plain) - 1) < 0.03)
        // Words keep their places: in a clip of two seconds within 80 ms, at its own speed.
        for (word, own) in zip(clauses.flatMap(\.words), plain.flatMap(\.words)) {
            #expect(word.text == own.text)
            #expect(abs(word.startSeconds * speed - own.startSeconds) < 0.08)
        }
        for (clause, own) in zip(clauses, plain) {
            #expect(
                abs(clause.visemes.last!.endSeconds - clause.startSeconds - clause.clip.seconds)
                    < 1e-6)
            // Windows that do not fit together are clicks.
            #expect(Level.step(clause.clip.samples) < 1.5 * Level.step(own.clip.samples))
        }
    }

    @Test("a speed that is none, or out of bounds, is a speed all the same")
    func oddSpeeds() async throws {
        for speed in [0, 1000, -1, .nan, .infinity] {
            let clauses = try await Voice.clauses(SpeechRequest(text: "How long?", speed: speed))
            #expect(clauses.reduce(0) { $0 + $1.clip.seconds } > 0.1)
        }
    }

    @Test("given phonemes are spoken as they are")
    func phonemes() async throws {
        let given = SpeechRequest(text: "həlˈO ðˈɛɹ.", isPhonemes: true)
        let read = try await Voice.clauses(SpeechRequest(text: "Hello there."))
        let spoken = try await Voice.clauses(given)
        #expect(spoken.map(\.clip) == read.map(\.clip))
        #expect(spoken[0].phonemes.map(\.text) == ["h", "ə", "l", "ˈO", "ð", "ˈɛ", "ɹ"])
    }

    @Test(
        "nothing to speak is said so", arguments: ["", "   \n ", "🎉🎉", "...", "<br/>", "\u{200B}"])
    func nothing(_ text: String) async throws {
        await #expect(throws: EngineError.nothingToSpeak) {
            try await Voice.clauses(SpeechRequest(text: text))
        }
    }

    @Test(
        "given phonemes that the voice does not have are nothing", arguments: ["", "你好", "... !"])
    func noPhonemes(_ text: String) async throws {
        await #expect(throws: EngineError.nothingToSpeak) {
            try await Voice.clauses(SpeechRequest(text: text, isPhonemes: true))
        }
    }

    @Test("an unknown voice is refused with the names of the known")
    func unknown() async throws {
        let refusal = EngineError.voiceUnknown(name: "nobody", known: ["hibari"])
        await #expect(throws: refusal) {
            try await Voice.clauses(SpeechRequest(text: "Hi", voice: "nobody"))
        }
        #expect(Voice.engine.voices().map(\.id) == ["hibari"])
        #expect(Voice.engine.voices()[0].isPresent)
    }

    @Test("a missing model is named")
    func missing() async throws {
        let voice = SpeechSynthesizer(
            models: ModelDirectory(path: "/nowhere"), runtime: Voice.runtime,
            rateConverter: Voice.rateConverter)
        let missing = EngineError.modelMissing(path: "/nowhere/hibari/hibari.tables")
        await #expect(throws: missing) { try await voice.prepare() }
        #expect(!voice.voices()[0].isPresent)
    }

    @Test("a raised flag, a passed deadline and a deliverer that throws all end the speech")
    func stops() async throws {
        let text = String(repeating: "This sentence is here to be cut short. ", count: 200)
        let request = SpeechRequest(text: text)
        await #expect(throws: EngineError.deadlinePassed) {
            try await Voice.engine.speak(request, work: WorkContext(within: .zero)) { _ in }
        }
        let cancellation = Cancellation()
        let work = WorkContext(deadline: .now + .seconds(60), cancellation: cancellation)
        let kept = Kept()
        await #expect(throws: EngineError.cancelled) {
            try await Voice.engine.speak(request, work: work) { clause in
                kept.add(clause)
                cancellation.raise()
            }
        }
        #expect(kept.clauses.count == 1)
        await #expect(throws: EngineError.unreadableAudio) {
            try await Voice.engine.speak(request, work: WorkContext(within: .seconds(60))) {
                (_) throws(EngineError) in throw .unreadableAudio
            }
        }
    }

    @Test("several orders at once keep their own order")
    func together() async throws {
        let texts = [
            "One, two, three. Four.", "Red, green, blue. White.", "East, west. North, south.",
        ]
        let alone = try await texts.asyncMap { try await Voice.clauses(SpeechRequest(text: $0)) }
        let together = try await withThrowingTaskGroup(of: (Int, [SpokenClause]).self) { group in
            for (index, text) in texts.enumerated() {
                group.addTask { (index, try await Voice.clauses(SpeechRequest(text: text))) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for index in texts.indices { #expect(together[index] == alone[index]) }
    }

    @Test("a clean end joins the threads")
    func ends() async throws {
        let threads = VoiceThreads()
        do {
            let voice = SpeechSynthesizer(
                models: Voice.folder, threads: threads, runtime: Voice.runtime,
                rateConverter: Voice.rateConverter)
            let report = try await voice.prepare()
            #expect(report.models == ["hibari"] && report.loadMilliseconds > 0)
            #expect(try await voice.prepare().loadMilliseconds == 0)
        }
        threads.join()
    }
}

extension Array {
    func asyncMap<Made>(_ make: (Element) async throws -> Made) async rethrows -> [Made] {
        var made: [Made] = []
        for element in self { made.append(try await make(element)) }
        return made
    }
}
