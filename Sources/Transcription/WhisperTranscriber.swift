import EngineAPI
import Execution
import Inference

/// Whisper by whisper.cpp: silence is found first, the rest is cut at pauses, and pieces are
/// decoded side by side, one thread each.
package actor WhisperTranscriber: Transcribing {
    private let models: ModelDirectory
    private let thread: ThreadExecutor
    private let backends: DeviceRegistry
    private let coreCrew: DecodeWorkerPool
    /// Made when a model lies on a GPU.
    private var deviceCrew: DecodeWorkerPool?
    private let coreCount: Int
    private let detector: SingleFlight<DetectorBox>
    private var slots: [String: SingleFlight<LoadedModel>] = [:]

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
    package init(
        models: ModelDirectory, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        cores: ComputePermits, coreCount: Int, backends: DeviceRegistry = DeviceRegistry(.cpu)
    ) {
        self.models = models
        self.coreCount = coreCount
        self.backends = backends
        thread = ThreadExecutor(name: "transcribe")
        coreCrew = DecodeWorkerPool.ofCores(cores, count: coreCount)
        detector = SingleFlight { () async throws(EngineError) in
            let box = DetectorBox(runtime: runtime, models: models)
            try await box.load()
            return box
        }
    }

    package func prepare() async throws(EngineError) -> EngineReport {
        try thread.ready()
        let before = ContinuousClock.now
        _ = try await detector.engine()
        let multilingual = try await model(Self.multilingual)
        let english = try await model(Self.english)
        let places = Set([multilingual, english].map(\.context.backend.rawValue)).sorted()
        let milliseconds = (ContinuousClock.now - before) / .milliseconds(1)
        return EngineReport(
            models: [english.name, multilingual.name, "silero"],
            backend: places.joined(separator: "+"),
            loadMilliseconds: milliseconds,
            residentBytes: english.fileBytes + multilingual.fileBytes)
    }

    package func transcribe(
        _ audio: any AudioSource, _ request: TranscriptionRequest, work: WorkContext,
        onSegments: SegmentHandler?
    ) async throws(EngineError) -> Transcript {
        try thread.ready()
        let name = try modelName(request)
        try check(request, modelName: name)
        try work.check()
        var stream = AudioChunker(
            audio, isHurried: onSegments != nil, detect: try await detection(request, work))
        guard let opening = try await stream.next() else {
            return Transcript(
                segments: [], language: request.language ?? "",
                seconds: Double(stream.sampleCount) / 16_000, model: name)
        }
        let model = try await model(name)
        if let language = request.language, !model.context.isMultilingual, language != "en" {
            throw .languageUnknown(code: language, model: name)
        }
        if let language = request.language, !model.context.knows(language) {
            throw .languageUnknown(code: language, model: name)
        }
        let job = Job(model: model, request: request, work: work, crew: crew(of: model))
        return try await decodeAll(opening, of: &stream, job, onSegments)
    }

    private func detection(
        _ request: TranscriptionRequest, _ work: WorkContext
    ) async throws(EngineError) -> AudioChunker.Detect? {
        guard request.detectsSpeech else { return nil }
        let detector = try await detector.engine()
        return { samples, memory async throws(EngineError) in
            try await detector.probabilities(samples, after: memory, work: work)
        }
    }

    /// tiny.en where English is said, base for all else; a named model where one is named.
    private func modelName(_ request: TranscriptionRequest) throws(EngineError) -> String {
        if let named = request.model { return named }
        return request.language == "en" && !request.isTranslation ? Self.english : Self.multilingual
    }

    private func check(
        _ request: TranscriptionRequest, modelName: String
    ) throws(EngineError) {
        // A name is a file's: letters, digits, dots and dashes, so that it can't leave the folder.
        let isName = modelName.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        guard isName, !modelName.hasPrefix(".") else { throw .modelMissing(path: modelName) }
        if let language = request.language, !isKnownLanguage(language) {
            throw .languageUnknown(code: language, model: modelName)
        }
    }

    private func model(_ name: String) async throws(EngineError) -> LoadedModel {
        let slot: SingleFlight<LoadedModel>
        if let known = slots[name] {
            slot = known
        } else {
            let (models, backends) = (models, backends)
            slot = SingleFlight { () async throws(EngineError) in
                // Missing is told before a thread is made: names come from clients.
                _ = try models.file("whisper/\(name).bin")
                let loader = ModelLoader()
                return try await loader.load(name: name, models, backends)
            }
            slots[name] = slot
        }
        do throws(EngineError) {
            return try await slot.engine()
        } catch {
            // A name that does not exist must not stay: names come from clients.
            slots[name] = nil
            throw error
        }
    }

    private func crew(of model: LoadedModel) -> DecodeWorkerPool {
        guard model.stateCount > 0 else { return coreCrew }
        let crew =
            deviceCrew
            ?? DecodeWorkerPool.ofDevice(
                stateCount: model.stateCount, helperCount: min(coreCount, 4))
        deviceCrew = crew
        return crew
    }

    /// What all pieces of one clip have in common.
    private struct Job {
        let model: LoadedModel
        let request: TranscriptionRequest
        let work: WorkContext
        let crew: DecodeWorkerPool
    }

    private typealias Outcome = (index: Int, result: Result<DecodedChunk, EngineError>)

    /// Decodes pieces as they are cut, several at once. The language is detected once, on the
    /// longest of the first.
    private func decodeAll(
        _ opening: [SpokenPiece], of stream: inout AudioChunker, _ job: Job,
        _ onSegments: SegmentHandler?
    ) async throws(EngineError) -> Transcript {
        var book = TranscriptAssembler(language: job.request.language)
        if !job.model.context.isMultilingual { book.language = "en" }
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            do throws(EngineError) {
                var inFlight = 0
                var pieces: [SpokenPiece]? = opening
                while let batch = pieces {
                    var waiting = book.add(batch)
                    if onSegments == nil { waiting.sort { book.length($0) > book.length($1) } }
                    if book.language == nil || stream.isAtEnd && batch.count == 1 && inFlight == 0 {
                        let index = waiting.removeFirst()
                        let text = try await decode(
                            book.pieces[index]!, job, book.language, wanting: coreCount
                        ).get()
                        try await tell(&book, (index, .success(text)), job, onSegments)
                    }
                    for index in waiting {
                        // One more than there are cores: the next piece is there when a core is.
                        if inFlight > coreCount, let outcome = await group.next() {
                            inFlight -= 1
                            try await tell(&book, outcome, job, onSegments)
                        }
                        let (piece, language) = (book.pieces[index]!, book.language)
                        group.addTask {
                            (index, await self.decode(piece, job, language, wanting: 1))
                        }
                        inFlight += 1
                    }
                    pieces = try await stream.next()
                }
                for await outcome in group { try await tell(&book, outcome, job, onSegments) }
                return Result<Void, EngineError>.success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        return Transcript(
            segments: book.segments, language: book.language ?? "",
            seconds: Double(stream.sampleCount) / 16_000, model: job.model.name)
    }

    /// Keeps what a piece gave, and tells all that is known up to the first gap.
    private func tell(
        _ book: inout TranscriptAssembler, _ outcome: Outcome, _ job: Job,
        _ onSegments: SegmentHandler?
    ) async throws(EngineError) {
        let segments = book.take(try outcome.result.get(), at: outcome.index)
        job.work.report(book.doneCount, .pieces)
        if let onSegments, !segments.isEmpty { try await onSegments(segments) }
    }

    private nonisolated func decode(
        _ piece: SpokenPiece, _ job: Job, _ language: String?, wanting threads: Int
    ) async -> Result<DecodedChunk, EngineError> {
        let turn: DecodeWorkerPool.Turn
        do throws(EngineError) {
            turn = try await job.crew.begin(wanting: threads, work: job.work)
        } catch {
            return .failure(error)
        }
        let result: Result<DecodedChunk, EngineError>
        do throws(EngineError) {
            try job.work.check()
            let text = try await turn.worker.decode(
                piece.samples, model: job.model, request: job.request, language: language,
                threads: turn.threads, work: job.work)
            result = .success(text)
        } catch {
            result = .failure(error)
        }
        await job.crew.end(turn)
        return result
    }
}

/// Runs the detector on a thread of its own, so that a long clip delays no other's pieces.
private actor DetectorBox {
    private let thread = ThreadExecutor(name: "vad")
    private let runtime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let models: ModelDirectory
    private var detector: VoiceActivityDetector?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime, models: ModelDirectory
    ) {
        self.runtime = runtime
        self.models = models
    }

    func load() throws(EngineError) {
        try thread.ready()
        detector = try VoiceActivityDetector(
            try runtime(), modelPath: try models.verified("vad/silero.onnx"))
    }

    func probabilities(
        _ samples: [Float], after memory: VoiceActivityDetector.Memory, work: WorkContext
    ) throws(EngineError) -> ([Float], VoiceActivityDetector.Memory) {
        var memory = memory
        let found = try detector!.probabilities(samples, after: &memory, work: work)
        return (found, memory)
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
        let path = try models.verified("whisper/\(name).bin")
        // Of a file that no manifest lists, too: whisper.cpp would end the process.
        try WhisperFile.check(path: path)
        let bytes = fileBytes(path)
        guard let device = try backends.whisperDevice(model: name, bytes: bytes) else {
            return try load(name, path, bytes)
        }
        do throws(EngineError) {
            let context = try WhisperContext(modelPath: path, device: device)
            // Memory is taken and pipelines are made with a state: a device that can't fails here.
            _ = try WhisperStateHandle(context)
            return LoadedModel(
                name: name, context: context, fileBytes: bytes,
                stateCount: try backends.engineView().whisperStates)
        } catch {
            try backends.fellBack(DeviceRegistry.Engine.whisper, from: device)
            return try load(name, path, bytes)
        }
    }

    private func load(
        _ name: String, _ path: String, _ bytes: Int
    ) throws(EngineError) -> LoadedModel {
        LoadedModel(
            name: name, context: try WhisperContext(modelPath: path, device: nil),
            fileBytes: bytes, stateCount: 0)
    }
}
