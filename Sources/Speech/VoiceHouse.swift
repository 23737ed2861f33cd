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

/// The voices: hibari, which is the default, and those that an operator put into the models folder.
/// Text is read clause by clause on one thread, and clauses become sound on two others, the next
/// while the last is delivered.
package actor VoiceHouse: Speaking {
    /// Opens ONNX Runtime, which engines share, when it is first needed.
    package typealias RuntimeProvider = @Sendable () throws(EngineError) -> OnnxRuntime

    /// Clauses in work or waiting to be delivered; each holds up to about a megabyte of samples.
    private static let clausesAheadMax = 3
    /// Files of brought networks that are kept loaded, together: 256 MiB. ONNX Runtime holds about
    /// as much memory as a network's file is long. A network in use lives until its clauses end.
    private static let networkBytesMax = 256 << 20

    private let models: ModelFolder
    private let runtime: RuntimeProvider
    private let threads: VoiceThreads
    private let makers: [ClauseMaker]
    private let catalogue: VoiceCatalogue
    private var base: Base?
    private var hibari: VoiceKit?
    private var shelf: VoiceShelf<LoadedNetwork>

    /// What every voice reads with.
    private struct Base {
        let front: FrontEnd
        let unknown: UnknownWords
        let alphabet: PhonemeAlphabet
    }

    /// - models: has the folder `hibari`, as `scripts/models/hibari.py` writes it, and perhaps
    ///   those of `VoiceCatalogue`.
    package init(
        models: ModelFolder, threads: VoiceThreads = VoiceThreads(),
        runtime: @escaping RuntimeProvider
    ) {
        self.init(
            models: models, networkBytesMax: VoiceHouse.networkBytesMax, threads: threads,
            runtime: runtime)
    }

    /// - networkBytesMax: bound of the brought networks' files that are kept loaded.
    init(
        models: ModelFolder, networkBytesMax: Int, threads: VoiceThreads = VoiceThreads(),
        runtime: @escaping RuntimeProvider
    ) {
        self.models = models
        self.runtime = runtime
        self.threads = threads
        makers = threads.making.map(ClauseMaker.init(thread:))
        catalogue = VoiceCatalogue(models)
        shelf = VoiceShelf(bytesMax: networkBytesMax)
    }

    /// The reading thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        threads.reading.asUnownedSerialExecutor()
    }

    /// The default voice and those of the models folder; looks for files only.
    package nonisolated func voices() -> [VoiceDescription] {
        catalogue.entries().map(\.description)
    }

    /// Loads the default voice: both networks and the tables.
    /// - Throws: `.modelMissing`, `.modelDamaged`, `.libraryMissing`, `.runtimeRefused`.
    package func prepare() async throws(EngineError) -> EngineReport {
        try threads.reading.ready()
        let start = ContinuousClock.now
        let wasLoaded = hibari != nil
        let kit = try loadDefault()
        try loadBase().unknown.prepare()
        let time = (ContinuousClock.now - start) / Duration.milliseconds(1)
        return EngineReport(
            models: [VoiceCatalogue.defaultID] + shelf.keys, backend: kit.backend.rawValue,
            loadMilliseconds: wasLoaded ? 0 : time,
            residentBytes: VoiceHouse.weightBytes + shelf.bytes)
    }

    /// The networks' weights, as their files are long.
    private static let weightBytes = 10_900_000

    /// The files are as ONNX Runtime rewrote them at set-up.
    private static let prepared = OnnxSession.Options(threads: 1, optimizesGraph: false)

    private func loadBase() throws(EngineError) -> Base {
        if let base { return base }
        let (models, runtime) = (models, runtime)
        let tables = try VoiceTables(path: models.verified("hibari/hibari.tables"))
        let unknown = UnknownWords(tables) { () throws(EngineError) in
            try OnnxSession(
                try runtime(), modelPath: models.verified("hibari/oov.onnx"),
                options: VoiceHouse.prepared)
        }
        let fresh = Base(
            front: FrontEnd(tables, unknown: unknown), unknown: unknown,
            alphabet: PhonemeAlphabet(tables))
        base = fresh
        return fresh
    }

    private func session(_ file: String) throws(EngineError) -> OnnxSession {
        try OnnxSession(
            try runtime(), modelPath: models.verified(file), options: VoiceHouse.prepared)
    }

    private func loadDefault() throws(EngineError) -> VoiceKit {
        if let hibari { return hibari }
        let base = try loadBase()
        let text = try session("hibari/hibari.onnx")
        let decoder = try session("hibari/hibari_decoder.onnx")
        let alphabet = base.alphabet
        let kit = VoiceKit(
            reader: HouseReader(base.front, alphabet) { alphabet.id($0) != nil },
            net: HibariNet(AcousticNet(text: text, decoder: decoder), alphabet),
            backend: decoder.backend)
        hibari = kit
        return kit
    }

    /// - Throws: `.voiceUnknown`, and what loading throws.
    private func load(_ voice: String?) throws(EngineError) -> VoiceKit {
        guard let voice, voice != VoiceCatalogue.defaultID else { return try loadDefault() }
        let entries = catalogue.entries()
        guard let entry = entries.first(where: { $0.description.id == voice }) else {
            throw .voiceUnknown(name: voice, known: entries.map(\.description.id))
        }
        let base = try loadBase()
        let network: LoadedNetwork
        if let kept = shelf.item(entry.file) {
            network = kept
        } else {
            let bytes = models.bytes(of: entry.file)
            shelf.makeRoom(bytes)
            network = LoadedNetwork(try VoiceModel(try runtime(), models, file: entry.file))
            shelf.put(entry.file, network, bytes: bytes)
        }
        let maker = VoiceMaker(models: models, front: base.front, alphabet: base.alphabet)
        return try network.kit(voice) { () throws(EngineError) in
            try maker.kit(entry, network.model)
        }
    }

    /// Speaks clause by clause; see `Speaking`. The network of unknown words is loaded at the first
    /// such word only.
    package func speak(
        _ order: SpeechOrder, work: Work,
        deliver: @escaping @Sendable (SpokenClause) async throws(EngineError) -> Void
    ) async throws(EngineError) {
        try work.check()
        try threads.reading.ready()
        let kit = try load(order.voice)
        if SpeechPlan.leavesOut(order, reader: kit.reader) { work.notes.add(.lettersLeftOut) }
        var plan = try SpeechPlan(order, reader: kit.reader)
        if !kit.net.bendsPitch, plan.changesPitch { work.notes.add(.pitchPassedOver) }
        let stop = Cancellation()
        defer { stop.raise() }
        var pending: [Task<Result<MadeClause, EngineError>, Never>] = []
        var (count, seconds) = (0, 0.0)
        while true {
            try work.check()
            while pending.count < VoiceHouse.clausesAheadMax, let clause = try plan.next() {
                let clauseOrder = ClauseOrder(
                    clause: clause,
                    speed: VoiceHouse.speed(order.speed * clause.rate),
                    seed: order.seed &+ UInt64(count) &* 0xD1B5_4A32_D192_ED03,
                    isLast: !plan.hasMore)
                pending.append(
                    start(clauseOrder, on: makers[count % makers.count], kit.net, work, stop))
                count += 1
            }
            if pending.isEmpty { break }
            let made = try await pending.removeFirst().value.get()
            let clause = VoiceHouse.placed(made, at: seconds, kit.net.sampleRateHz)
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
        _ order: ClauseOrder, on maker: ClauseMaker, _ net: any SoundNet, _ work: Work,
        _ stop: Cancellation
    ) -> Task<Result<MadeClause, EngineError>, Never> {
        Task {
            do throws(EngineError) {
                return .success(
                    try await maker.make(order, net, work: work, stop: stop))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A clause with its times counted from the start of the speech.
    private static func placed(_ made: MadeClause, at seconds: Double, _ sampleRateHz: Int)
        -> SpokenClause
    {
        func moved(_ text: TimedText) -> TimedText {
            TimedText(
                text: text.text, startSeconds: text.startSeconds + seconds,
                endSeconds: text.endSeconds + seconds)
        }
        return SpokenClause(
            text: made.text,
            clip: AudioClip(samples: made.samples, sampleRateHz: sampleRateHz),
            startSeconds: seconds, words: made.timeline.words.map(moved),
            phonemes: made.timeline.phonemes.map(moved),
            visemes: made.timeline.visemes.map {
                TimedViseme(
                    viseme: $0.viseme, startSeconds: $0.startSeconds + seconds,
                    endSeconds: $0.endSeconds + seconds)
            })
    }
}
