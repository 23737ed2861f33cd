import EngineAPI
import Execution
import Inference

/// The threads that the voice runs on: one reads, two make audio. The owner joins them after the
/// voice is gone.
package struct VoiceThreads: Sendable {
    let reading: ThreadExecutor
    let making: [ThreadExecutor]

    /// Starts the threads; they wait without cost until there is work.
    package init() {
        reading = ThreadExecutor(name: "voice-read")
        making = [ThreadExecutor(name: "voice-make-0"), ThreadExecutor(name: "voice-make-1")]
    }

    /// Ends the threads; not to be called from one of them.
    package func join() {
        reading.join()
        for thread in making { thread.join() }
    }
}

/// The voices: hibari, which is the default, and those that an operator put into the models folder.
/// Text is read clause by clause on one thread, and clauses become audio on two others, the next
/// while the last is delivered.
package actor SpeechSynthesizer: Speaking {
    /// Opens ONNX Runtime, which engines share, when it is first needed.
    package typealias RuntimeProvider = @Sendable () throws(EngineError) -> OnnxRuntime

    /// Clauses in work or waiting to be delivered; each holds up to about a megabyte of samples.
    static let clausesAheadMax = 3
    /// Files of brought networks that are kept loaded, together: 256 MiB. ONNX Runtime holds about
    /// as much memory as a network's file is long. A network in use lives until its clauses end.
    private static let networkBytesMax = 256 << 20

    private let models: ModelDirectory
    private let coreCount: Int
    private let runtime: RuntimeProvider
    let rateConverter: AudioRateConverterFactory
    let threads: VoiceThreads
    let makers: ClauseMakers
    private let catalogue: VoiceCatalogue
    private var base: Base?
    private var hibari: LoadedVoice?
    private var british: FrontEnd?
    private var cache: VoiceCache<LoadedNetwork>
    /// Speeches under way, by number.
    var runs: [Int: SpeechRun] = [:]
    var runCount = 0

    /// What every voice reads with.
    private struct Base {
        let front: FrontEnd
        let unknown: OOVPronouncer
        let alphabet: PhonemeAlphabet
        /// Pronunciations that the operator laid into the models folder.
        let pronunciations: [Pronunciation]
    }

    /// - models: has the folder `hibari`, as `scripts/models/hibari.py` writes it, and perhaps
    ///   those of `VoiceCatalogue`.
    /// - rateConverter: brings a clause of another voice to the rate of the speech it is part of.
    /// - coreCount: threads of a network that is large enough to use them.
    package init(
        models: ModelDirectory, threads: VoiceThreads = VoiceThreads(),
        runtime: @escaping RuntimeProvider, rateConverter: @escaping AudioRateConverterFactory,
        coreCount: Int = 1
    ) {
        self.init(
            models: models, networkBytesMax: SpeechSynthesizer.networkBytesMax, threads: threads,
            runtime: runtime, rateConverter: rateConverter, coreCount: coreCount)
    }

    /// - networkBytesMax: bound of the brought networks' files that are kept loaded.
    init(
        models: ModelDirectory, networkBytesMax: Int, threads: VoiceThreads = VoiceThreads(),
        runtime: @escaping RuntimeProvider, rateConverter: @escaping AudioRateConverterFactory,
        coreCount: Int = 1
    ) {
        self.models = models
        self.coreCount = max(coreCount, 1)
        self.runtime = runtime
        self.rateConverter = rateConverter
        self.threads = threads
        makers = ClauseMakers(threads.making)
        catalogue = VoiceCatalogue(models)
        cache = VoiceCache(bytesMax: networkBytesMax)
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
        let loadedVoice = try loadDefault()
        try loadBase().unknown.prepare()
        let time = (ContinuousClock.now - start) / Duration.milliseconds(1)
        return EngineReport(
            models: [VoiceCatalogue.defaultID] + cache.keys, backend: loadedVoice.backend.rawValue,
            loadMilliseconds: wasLoaded ? 0 : time)
    }

    /// The files are as ONNX Runtime rewrote them at set-up.
    private static let prepared = OnnxSession.Options(threads: 1, optimizesGraph: false)

    private func loadBase() throws(EngineError) -> Base {
        if let base { return base }
        let (models, runtime) = (models, runtime)
        let tables = try VoiceTables(path: models.verified("hibari/hibari.tables"))
        let unknown = OOVPronouncer(tables) { () throws(EngineError) in
            try OnnxSession(
                try runtime(), modelPath: models.verified("hibari/oov.onnx"),
                options: SpeechSynthesizer.prepared)
        }
        let fresh = Base(
            front: FrontEnd(tables, unknown: unknown), unknown: unknown,
            alphabet: PhonemeAlphabet(tables), pronunciations: try PronunciationFile.all(in: models)
        )
        base = fresh
        return fresh
    }

    /// What British voices read with; what everyone does where its files are not here.
    private func loadBritish(_ base: Base) throws(EngineError) -> FrontEnd {
        if let british { return british }
        let (models, runtime) = (models, runtime)
        let file = "hibari/british.tables"
        guard models.has(file) else { return base.front }
        let tables = try VoiceTables(
            british: models.verified(file), base: base.front.tables)
        let unknown = OOVPronouncer(tables) { () throws(EngineError) in
            try OnnxSession(
                try runtime(), modelPath: models.verified("hibari/british_oov.onnx"),
                options: SpeechSynthesizer.prepared)
        }
        let fresh = FrontEnd(tables, unknown: unknown)
        british = fresh
        return fresh
    }

    private func loadDefault() throws(EngineError) -> LoadedVoice {
        if let hibari { return hibari }
        // Side by side: loading is most of the time to the first audio of a process
        // (scripts/bench/cold_start), and half of it is opening the library.
        let loading = ["hibari/hibari.onnx", "hibari/hibari_decoder.onnx"].map {
            SessionLoading($0, models, runtime, SpeechSynthesizer.prepared)
        }
        let base = try loadBase()
        let (text, decoder) = (try loading[0].session(), try loading[1].session())
        let alphabet = base.alphabet
        let loadedVoice = LoadedVoice(
            reader: EnglishFrontend(base.front, alphabet) { alphabet.id($0) != nil },
            model: HibariModel(AcousticModel(text: text, decoder: decoder), alphabet),
            backend: decoder.backend)
        hibari = loadedVoice
        return loadedVoice
    }

    /// - Throws: `.voiceUnknown`, and what loading throws.
    private func load(_ voice: String?) throws(EngineError) -> LoadedVoice {
        guard let voice, voice != VoiceCatalogue.defaultID else { return try loadDefault() }
        let entries = catalogue.entries()
        let mixed = try SpeechSynthesizer.parts(of: voice, entries)
        guard let entry = mixed.first?.entry else {
            throw .voiceUnknown(name: voice, known: entries.map(\.description.id))
        }
        let base = try loadBase()
        let network: LoadedNetwork
        if let kept = cache.item(entry.file) {
            network = kept
        } else {
            let bytes = networkBytes(entry)
            cache.makeRoom(bytes)
            network = LoadedNetwork(try loadNetwork(entry))
            cache.put(entry.file, network, bytes: bytes)
        }
        let isBritish = LanguageTag.isSame(entry.description.language, "en-GB")
        let maker = VoiceFactory(
            models: models, front: base.front,
            british: isBritish ? try loadBritish(base) : base.front, alphabet: base.alphabet)
        return try network.loadedVoice(voice) { () throws(EngineError) in
            try mixed.count == 1
                ? maker.loadedVoice(entry, network.network)
                : maker.loadedVoice(mixing: mixed, network.network)
        }
    }

    private func loadNetwork(_ entry: VoiceEntry) throws(EngineError) -> VoiceNetwork {
        if case .bark = entry.family {
            return .bark(
                try BarkNetworks(
                    BarkFiles(models: models), runtime: runtime, threads: coreCount))
        }
        return .single(try VoiceModel(try runtime(), models, file: entry.file))
    }

    private nonisolated func networkBytes(_ entry: VoiceEntry) -> Int {
        ([entry.file] + entry.moreFiles).reduce(0) { $0 + models.bytes(of: $1) }
    }

    /// The voice of that name, or those that it mixes; none where one of them is unknown.
    /// - Throws: `.voicesUnmixable`.
    private static func parts(
        of voice: String, _ entries: [VoiceEntry]
    ) throws(EngineError) -> [(entry: VoiceEntry, weight: Double)] {
        if let entry = entries.first(where: { $0.description.id == voice }) { return [(entry, 1)] }
        guard let mix = VoiceMix(voice) else { return [] }
        var parts: [(entry: VoiceEntry, weight: Double)] = []
        for part in mix.parts {
            guard let entry = entries.first(where: { $0.description.id == part.id }) else {
                return []
            }
            parts.append((entry, part.weight))
        }
        guard Set(parts.map(\.entry.file)).count == 1, parts.allSatisfy(\.entry.family.hasStyles)
        else { throw .voicesUnmixable(name: voice) }
        return parts
    }

    /// The id under which the order's voice, or the first of those that it mixes, is listed.
    private func listedID(_ request: SpeechRequest) -> String {
        let voice = request.voice ?? VoiceCatalogue.defaultID
        let isListed = catalogue.entries().contains { $0.description.id == voice }
        return isListed ? voice : VoiceMix(voice)?.parts[0].id ?? voice
    }

    /// The order's voice, and whatever others its text may name.
    func voices(
        of request: SpeechRequest, _ notes: MediaNotes
    ) throws(EngineError) -> SpeechVoices {
        let began = ContinuousClock.now
        defer { notes.addLoad(since: began) }
        let entries = catalogue.entries()
        let id = listedID(request)
        return SpeechVoices(
            own: try load(request.voice),
            ownFile: entries.first { $0.description.id == id }?.file ?? "",
            bytesMax: SpeechSynthesizer.networkBytesMax,
            entry: { id in entries.first { $0.description.id == id } },
            networkBytes: { self.networkBytes($0) },
            load: { (id) throws(EngineError) in try self.load(id) })
    }

    func plan(
        _ request: SpeechRequest, _ voices: SpeechVoices
    ) throws(EngineError) -> SpeechPlan {
        let known = catalogue.entries().map(\.description).filter(\.isPresent)
        let own = listedID(request)
        let choice = VoiceChoice(voices: known, own: own)
        let cast = VoiceCast(
            own: PassageVoice(id: nil, reader: voices.own.reader), isNamed: request.voice != nil,
            find: { choice.find($0, current: $1) },
            reader: { (id) throws(EngineError) in try voices.loadedVoice(id)?.reader })
        let languages = Dictionary(
            known.map { ($0.id, $0.language) }, uniquingKeysWith: { first, _ in first })
        return try SpeechPlan(
            request, cast: cast, siteLexicon: try loadBase().pronunciations,
            language: { languages[$0 ?? own] ?? "en" })
    }

    static func speed(_ requested: Double) -> Double {
        requested.isFinite ? min(max(requested, 0.25), 4) : 1
    }

    /// - previous: the clause before it, where that is not delivered yet.
    func start(
        _ request: ClauseRequest, _ model: any TTSModel, _ work: WorkContext,
        _ stop: Cancellation, behind previous: MakingClause?
    ) -> MakingClause {
        Task { [makers] in
            do throws(EngineError) {
                guard let turns = model.turns else {
                    return .success(
                        try await makers.make(request, model, work: work, stop: stop))
                }
                _ = try await previous?.value.get()
                let turn = try await turns.acquire(upTo: 1, work: work)
                defer { turns.release(turn) }
                return .success(
                    try await makers.make(request, model, work: work, stop: stop))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A clause with its times counted from the start of the speech.
    static func placed(
        _ made: MadeClause, at seconds: Double, _ sampleRateHz: Int, isLast: Bool
    ) -> SpokenClause {
        func moved(_ text: TimedText) -> TimedText {
            TimedText(
                text: text.text, startSeconds: text.startSeconds + seconds,
                endSeconds: text.endSeconds + seconds)
        }
        let timeline = made.timeline
        return SpokenClause(
            text: made.text,
            clip: AudioClip(samples: made.samples, sampleRateHz: sampleRateHz),
            startSeconds: seconds, words: timeline?.words.map(moved) ?? [],
            phonemes: timeline?.phonemes.map(moved) ?? [],
            visemes: timeline?.visemes.map {
                TimedViseme(
                    viseme: $0.viseme, startSeconds: $0.startSeconds + seconds,
                    endSeconds: $0.endSeconds + seconds)
            } ?? [], isGuess: timeline?.isGuess ?? false, isLast: isLast,
            isContinuation: timeline == nil, speechSamples: made.speechSamples)
    }
}
