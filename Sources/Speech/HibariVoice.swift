import EngineAPI
import Execution
import Inference

/// The threads that the voice runs on: one reads, two make sound. The owner joins them after the
/// voice is gone.
package struct VoiceThreads: Sendable {
    let reading: EngineThread
    let making: [EngineThread]

    /// Starts the threads; they wait without cost until there is work.
    package init() {
        reading = EngineThread(name: "voice-read")
        making = [EngineThread(name: "voice-make-0"), EngineThread(name: "voice-make-1")]
    }

    /// Ends the threads; not to be called from one of them.
    package func join() {
        reading.join()
        for thread in making { thread.join() }
    }
}

/// The default voice: American English, female. Text is read clause by clause on one thread, and
/// clauses become sound on two others, the next while the last is delivered.
package actor HibariVoice: Speaking {
    /// Opens ONNX Runtime, which engines share, when it is first needed.
    package typealias RuntimeProvider = @Sendable () throws(EngineError) -> OnnxRuntime

    private static let name = "hibari"
    /// Clauses in work or waiting to be delivered; each holds up to about a megabyte of samples.
    private static let clausesAheadMax = 3

    private let models: ModelFolder
    private let runtime: RuntimeProvider
    private let threads: VoiceThreads
    private let makers: [ClauseMaker]
    private var loaded: Loaded?

    /// What is kept once it is loaded.
    private struct Loaded {
        let front: FrontEnd
        let unknown: UnknownWords
        let net: HibariNet
        let alphabet: PhonemeAlphabet
        let backend: Backend
    }

    /// - models: has the folder `hibari`, as `scripts/models/hibari.py` writes it.
    package init(
        models: ModelFolder, threads: VoiceThreads = VoiceThreads(),
        runtime: @escaping RuntimeProvider
    ) {
        self.models = models
        self.runtime = runtime
        self.threads = threads
        makers = threads.making.map(ClauseMaker.init(thread:))
    }

    /// The reading thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        threads.reading.asUnownedSerialExecutor()
    }

    /// The one voice; looks for its files only.
    package nonisolated func voices() -> [VoiceDescription] {
        [
            VoiceDescription(
                id: HibariVoice.name, language: "en-US", gender: "female",
                sampleRateHz: WaveSynthesizer.sampleRateHz, licence: "Apache-2.0",
                isPresent: models.has("hibari/hibari.onnx") && models.has("hibari/hibari.tables"))
        ]
    }

    /// Loads both networks and maps the tables.
    /// - Throws: `.modelMissing`, `.modelDamaged`, `.libraryMissing`, `.runtimeRefused`.
    package func prepare() async throws(EngineError) -> EngineReport {
        let start = ContinuousClock.now
        let wasLoaded = loaded != nil
        let kit = try load()
        try kit.unknown.prepare()
        let time = (ContinuousClock.now - start) / Duration.milliseconds(1)
        return EngineReport(
            models: [HibariVoice.name], backend: kit.backend.rawValue,
            loadMilliseconds: wasLoaded ? 0 : time,
            residentBytes: HibariVoice.weightBytes)
    }

    /// The two networks' weights, as their files are long.
    private static let weightBytes = 10_900_000

    /// The files are as ONNX Runtime rewrote them at set-up.
    private static let prepared = OnnxSession.Options(threads: 1, optimizesGraph: false)

    private func load() throws(EngineError) -> Loaded {
        if let loaded { return loaded }
        let (models, runtime) = (models, runtime)
        let tables = try VoiceTables(path: models.file("hibari/hibari.tables"))
        let path = try models.file("hibari/hibari.onnx")
        let session = try OnnxSession(try runtime(), modelPath: path, options: HibariVoice.prepared)
        let unknown = UnknownWords(tables) { () throws(EngineError) in
            try OnnxSession(
                try runtime(), modelPath: models.file("hibari/oov.onnx"),
                options: HibariVoice.prepared)
        }
        let alphabet = PhonemeAlphabet(tables)
        let kit = Loaded(
            front: FrontEnd(tables, unknown: unknown), unknown: unknown,
            net: HibariNet(AcousticNet(session), alphabet), alphabet: alphabet,
            backend: session.backend)
        loaded = kit
        return kit
    }

    /// Speaks clause by clause; see `Speaking`. The network of unknown words is loaded at the first
    /// such word only.
    package func speak(
        _ order: SpeechOrder, work: Work,
        deliver: @escaping @Sendable (SpokenClause) async throws(EngineError) -> Void
    ) async throws(EngineError) {
        if let voice = order.voice, voice != HibariVoice.name {
            throw .voiceUnknown(name: voice, known: [HibariVoice.name])
        }
        try work.check()
        let kit = try load()
        var plan = try SpeechPlan(order, front: kit.front, alphabet: kit.alphabet)
        let stop = Cancellation()
        defer { stop.raise() }
        var pending: [Task<Result<MadeClause, EngineError>, Never>] = []
        var (count, seconds) = (0, 0.0)
        while true {
            try work.check()
            while pending.count < HibariVoice.clausesAheadMax, let clause = try plan.next() {
                let clauseOrder = ClauseOrder(
                    clause: clause,
                    speed: HibariVoice.speed(order.speed * clause.rate),
                    seed: order.seed &+ UInt64(count) &* 0xD1B5_4A32_D192_ED03,
                    isLast: !plan.hasMore)
                pending.append(
                    start(clauseOrder, on: makers[count % makers.count], kit, work, stop))
                count += 1
            }
            if pending.isEmpty { break }
            let made = try await pending.removeFirst().value.get()
            let clause = HibariVoice.placed(made, at: seconds)
            seconds += clause.clip.seconds
            try work.check()
            try await deliver(clause)
        }
        if count == 0 { throw .nothingToSpeak }
    }

    private static func speed(_ asked: Double) -> Double {
        asked.isFinite ? min(max(asked, 0.25), 4) : 1
    }

    private func start(
        _ order: ClauseOrder, on maker: ClauseMaker, _ kit: Loaded, _ work: Work,
        _ stop: Cancellation
    ) -> Task<Result<MadeClause, EngineError>, Never> {
        let net = kit.net
        return Task {
            do throws(EngineError) {
                return .success(
                    try await maker.make(order, net, work: work, stop: stop))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A clause with its times counted from the start of the speech.
    private static func placed(_ made: MadeClause, at seconds: Double) -> SpokenClause {
        func moved(_ text: TimedText) -> TimedText {
            TimedText(
                text: text.text, startSeconds: text.startSeconds + seconds,
                endSeconds: text.endSeconds + seconds)
        }
        return SpokenClause(
            text: made.text,
            clip: AudioClip(samples: made.samples, sampleRateHz: WaveSynthesizer.sampleRateHz),
            startSeconds: seconds, words: made.timeline.words.map(moved),
            phonemes: made.timeline.phonemes.map(moved),
            visemes: made.timeline.visemes.map {
                TimedViseme(
                    viseme: $0.viseme, startSeconds: $0.startSeconds + seconds,
                    endSeconds: $0.endSeconds + seconds)
            })
    }
}
