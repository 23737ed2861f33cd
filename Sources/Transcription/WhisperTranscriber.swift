import EngineAPI
import Execution
import Inference

/// Whisper by whisper.cpp: silence is found first, the rest is cut at pauses, and pieces are
/// decoded side by side, one thread each.
package actor WhisperTranscriber: Transcribing {
    private let models: ModelDirectory
    private let thread: ThreadExecutor
    private let backends: DeviceRegistry
    private let corePool: DecodeWorkerPool
    /// Made when a model lies on a GPU.
    private var devicePool: DecodeWorkerPool?
    private let coreCount: Int
    /// What is taken where no model is named; nil picks by language.
    private let defaultModel: String?
    private let detector: SingleFlight<DetectorBox>
    /// Where live streams look for speech.
    private let streamThread = ThreadExecutor(name: "vad-live")
    private let endOfTurn: EndOfTurnNet
    private let speakers: SpeakerNet
    private var isPrepared = false
    private var shelf: ModelShelf

    /// The models that the default picks from.
    private static let english = "tiny.en"
    private static let multilingual = "base"

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - runtime: opens ONNX Runtime on first use; shared by all engines.
    ///   - cores, coreCount: threads that compute at once.
    ///   - backends: says where whisper.cpp runs.
    ///   - defaultModel: taken where a request names none; nil picks by its language.
    ///   - modelBytesMax: what the weights of all models may take together.
    package init(
        models: ModelDirectory, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        cores: ComputePermits, coreCount: Int, backends: DeviceRegistry = DeviceRegistry(.cpu),
        defaultModel: String? = nil, modelBytesMax: Int = .max
    ) {
        self.defaultModel = defaultModel
        shelf = ModelShelf(bytesMax: modelBytesMax)
        self.models = models
        self.coreCount = coreCount
        self.backends = backends
        thread = ThreadExecutor(name: "transcribe")
        corePool = DecodeWorkerPool.ofCores(cores, count: coreCount)
        endOfTurn = EndOfTurnNet(runtime: runtime, models: models)
        speakers = SpeakerNet(runtime: runtime, models: models)
        detector = SingleFlight { () async throws(EngineError) in
            let box = DetectorBox(runtime: runtime, models: models)
            try await box.load()
            return box
        }
    }

    package func prepare() async throws(EngineError) -> EngineReport {
        try thread.ready()
        let before = ContinuousClock.now
        let wasPrepared = isPrepared
        let names = defaultModel.map { [$0] } ?? [Self.english, Self.multilingual]
        // Side by side, the largest first: one that is begun last has only one core.
        for name in names.reversed() { startLoading(name) }
        _ = try await detector.engine()
        var loaded: [LoadedModel] = []
        for name in names { loaded.append(try await model(name)) }
        let tellsEnds = try await endOfTurnDetector() != nil
        isPrepared = true
        let places = Set(loaded.map(\.context.backend.rawValue)).sorted()
        let milliseconds = (ContinuousClock.now - before) / .milliseconds(1)
        return EngineReport(
            models: loaded.map(\.name) + ["silero"]
                + (tellsEnds ? ["smart-turn"] : []),
            backend: places.joined(separator: "+"),
            loadMilliseconds: wasPrepared ? 0 : milliseconds)
    }

    package func open(
        _ request: TranscriptionRequest, work: WorkContext
    ) async throws(EngineError) -> any TranscriptionSession {
        try thread.ready()
        let name = try modelName(request)
        try check(request, modelName: name)
        try work.check()
        // The model is read while the detector is, each on a thread of its own.
        startLoading(name)
        let detect = try await detection(request, work)
        let voices = try await voices(request, work)
        return WhisperSession(work: work, deliversEarly: request.deliversEarly) {
            audio, events async throws(EngineError) in
            let chunker = AudioChunker(
                audio, deliversEarly: request.deliversEarly,
                languageIsKnown: request.language != nil, detection: request.detection,
                detect: detect, tellsLevels: voices != nil,
                // A conversation waits for its answer, and hears who speaks to it.
                readsFaint: request.readsUnsureWordsAgain, now: { .now })
            return try await self.run(
                chunker, request, modelName: name, voices, events, work)
        }
    }

    package nonisolated func tellsVoices() -> Bool { speakers.isPresent }

    package func openDetector(
        work: WorkContext
    ) async throws(EngineError) -> any SpeechDetecting {
        try streamThread.ready()
        try work.check()
        let loaded = try await detector.engine().load()
        try work.check()
        return StreamDetector(loaded, thread: streamThread, work: work)
    }

    package nonisolated func endOfTurnDetector() async throws(EngineError)
        -> (any EndOfTurnDetecting)?
    {
        guard models.has(EndOfTurnNet.file) else { return nil }
        try await endOfTurn.load()
        return endOfTurn
    }

    /// Reads the audio to its end.
    private func run(
        _ chunker: AudioChunker, _ request: TranscriptionRequest, modelName: String,
        _ voices: VoiceCollector?, _ events: WhisperSession.Events, _ work: WorkContext
    ) async throws(EngineError) -> Transcript {
        let coreCount = coreCount
        return try await TranscriptionRun(
            request: request, modelName: modelName, work: work, coreCount: coreCount,
            voices: voices, events: events,
            load: { () async throws(EngineError) in
                let began = ContinuousClock.now
                defer { work.notes.addLoad(since: began) }
                return try await self.loaded(modelName, request)
            }
        ).transcript(of: chunker)
    }

    /// The model, where it knows the language, and who computes with it.
    private func loaded(
        _ name: String, _ request: TranscriptionRequest
    ) async throws(EngineError) -> (LoadedModel, DecodeWorkerPool) {
        let model = try await model(name)
        if let language = request.language {
            guard model.context.isMultilingual || language == "en",
                !model.context.isMultilingual || model.context.knows(language)
            else { throw .languageUnknown(code: language, model: name) }
        }
        return (model, pool(of: model))
    }

    /// What hears who speaks, where somebody asks; its net is loaded, and those who are known are
    /// heard.
    private func voices(
        _ request: TranscriptionRequest, _ work: WorkContext
    ) async throws(EngineError) -> VoiceCollector? {
        guard let choice = request.speakers else { return nil }
        let began = ContinuousClock.now
        try await speakers.load()
        let detector = try await detector.engine()
        work.notes.addLoad(since: began)
        return try await VoiceCollector(choice, speakers, work: work) {
            samples async throws(EngineError) in
            try await detector.probabilities(
                samples, after: VoiceActivityDetector.Memory(), work: work
            ).0
        }
    }

    private func detection(
        _ request: TranscriptionRequest, _ work: WorkContext
    ) async throws(EngineError) -> AudioChunker.Detect? {
        guard request.detectsSpeech else { return nil }
        let began = ContinuousClock.now
        let detector = try await detector.engine()
        work.notes.addLoad(since: began)
        return { samples, memory async throws(EngineError) in
            try await detector.probabilities(samples, after: memory, work: work)
        }
    }

    /// tiny.en where English is said, base for all else; a named model where one is named.
    private func modelName(_ request: TranscriptionRequest) throws(EngineError) -> String {
        if let named = request.model ?? defaultModel { return named }
        return request.language == "en" && !request.isTranslation ? Self.english : Self.multilingual
    }

    private func check(
        _ request: TranscriptionRequest, modelName: String
    ) throws(EngineError) {
        guard Self.isName(modelName) else { throw .modelMissing(path: modelName) }
        for language in [request.language].compactMap(\.self) + request.languages
        where !isKnownLanguage(language) {
            throw .languageUnknown(code: language, model: modelName)
        }
    }

    /// A name is a file's: letters, digits, dots and dashes, so that it can't leave the folder.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && !text.hasPrefix(".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }

    package nonisolated func modelNames() -> [String] { Self.modelNames(in: models) }

    /// Names of the models in a folder, in order.
    package static func modelNames(in models: ModelDirectory) -> [String] {
        models.names(in: "whisper").filter { $0.hasSuffix(".bin") }
            .map { String($0.dropLast(4)) }.filter(isName)
    }

    /// What fails here fails again where it is told.
    private func startLoading(_ name: String) {
        if !shelf.has(name) { Task { _ = try? await model(name) } }
    }

    private func model(_ name: String) async throws(EngineError) -> LoadedModel {
        let flight: SingleFlight<LoadedModel>
        // Not by `??`, which drops the error's type.
        if let known = shelf.model(name) { flight = known } else { flight = try begin(name) }
        do throws(EngineError) {
            return try await flight.engine()
        } catch {
            // A name that does not exist must not stay: names come from clients.
            shelf.remove(name, flight)
            throw error
        }
    }

    /// Makes room for a model, and its place.
    /// - Throws: `.modelMissing`; `.modelTooLarge` where it has no room beside nothing.
    private func begin(_ name: String) throws(EngineError) -> SingleFlight<LoadedModel> {
        // Missing is told before a thread is made: names come from clients.
        let bytes = fileBytes(try models.file("whisper/\(name).bin"))
        guard bytes <= shelf.bytesMax else {
            throw .modelTooLarge(name: name, needBytes: bytes, limitBytes: shelf.bytesMax)
        }
        let (models, backends) = (models, backends)
        let leaving = shelf.makeRoom(for: bytes)
        let pools = [corePool, devicePool].compactMap(\.self)
        let flight = SingleFlight { () async throws(EngineError) in
            for pool in pools { await pool.forget(leaving) }
            return try await ModelLoader().load(name: name, models, backends)
        }
        shelf.add(flight, name, bytes: bytes)
        return flight
    }

    /// Models whose weights are in memory, or on their way.
    var modelsHere: Set<String> { shelf.names }

    private func pool(of model: LoadedModel) -> DecodeWorkerPool {
        guard model.stateCount > 0 else { return corePool }
        let pool =
            devicePool
            ?? DecodeWorkerPool.ofDevice(
                stateCount: model.stateCount, helperCount: min(coreCount, 4))
        devicePool = pool
        return pool
    }
}

/// Reads weights on a thread of its own, which ends with the load.
private actor ModelLoader {
    private let thread = ThreadExecutor(name: "load-whisper")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Blocks while the plan is made, where nobody did before.
    func load(
        name: String, _ models: ModelDirectory, _ backends: DeviceRegistry
    ) throws(EngineError) -> LoadedModel {
        try thread.ready()
        let file = try models.reader(of: "whisper/\(name).bin")
        // Of a file that no manifest lists, too: whisper.cpp would end the process.
        try WhisperFile.check(path: file.path)
        let bytes = fileBytes(file.path)
        guard let device = try backends.whisperDevice(model: name, bytes: bytes) else {
            return try load(name, file)
        }
        do throws(EngineError) {
            let context = try WhisperContext(file, device: device)
            // Memory is taken and pipelines are made with a state: a device that can't fails here.
            _ = try WhisperStateHandle(context)
            return LoadedModel(
                name: name, context: context,
                stateCount: try backends.engineView().whisperStates)
        } catch {
            try backends.fellBack(DeviceRegistry.Engine.whisper, from: device)
            return try load(name, try models.reader(of: "whisper/\(name).bin"))
        }
    }

    private func load(
        _ name: String, _ file: ModelFileReader
    ) throws(EngineError) -> LoadedModel {
        LoadedModel(name: name, context: try WhisperContext(file, device: nil), stateCount: 0)
    }
}
