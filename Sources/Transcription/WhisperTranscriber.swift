import EngineAPI
import Execution
import Inference

/// Whisper by whisper.cpp: silence is found first, the rest is cut at pauses, and pieces are
/// decoded side by side, one thread each.
package actor WhisperTranscriber: Transcribing {
    private let models: ModelFolder
    private let thread: EngineThread
    private let backends: BackendDesk
    private let coreCrew: WorkerCrew
    /// Made when a model lies on a GPU.
    private var deviceCrew: WorkerCrew?
    private let coreCount: Int
    private let detector: EngineSlot<DetectorBox>
    private var slots: [String: EngineSlot<LoadedModel>] = [:]

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
        models: ModelFolder, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        cores: ComputePermits, coreCount: Int, backends: BackendDesk = BackendDesk(.cpu)
    ) {
        self.models = models
        self.coreCount = coreCount
        self.backends = backends
        thread = EngineThread(name: "transcribe")
        coreCrew = WorkerCrew.ofCores(cores, count: coreCount)
        detector = EngineSlot { () async throws(EngineError) in
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
        _ sound: any SoundReading, _ order: TranscriptionOrder, work: Work, heard: HeardSegments?
    ) async throws(EngineError) -> Transcript {
        try thread.ready()
        let name = try modelName(order)
        try check(order, modelName: name)
        try work.check()
        var stream = PieceStream(
            sound, isHurried: heard != nil, detect: try await detection(order, work))
        guard let opening = try await stream.next() else {
            return Transcript(
                segments: [], language: order.language ?? "",
                seconds: Double(stream.sampleCount) / 16_000, model: name)
        }
        let model = try await model(name)
        if let language = order.language, !model.context.isMultilingual, language != "en" {
            throw .languageUnknown(code: language, model: name)
        }
        if let language = order.language, !model.context.knows(language) {
            throw .languageUnknown(code: language, model: name)
        }
        let job = Job(model: model, order: order, work: work, crew: crew(of: model))
        return try await decodeAll(opening, of: &stream, job, heard)
    }

    private func detection(
        _ order: TranscriptionOrder, _ work: Work
    ) async throws(EngineError) -> PieceStream.Detect? {
        guard order.detectsSpeech else { return nil }
        let detector = try await detector.engine()
        return { samples, memory async throws(EngineError) in
            try await detector.probabilities(samples, after: memory, work: work)
        }
    }

    /// tiny.en where English is said, base for all else; a named model where one is named.
    private func modelName(_ order: TranscriptionOrder) throws(EngineError) -> String {
        if let named = order.model { return named }
        return order.language == "en" && !order.isTranslation ? Self.english : Self.multilingual
    }

    private func check(
        _ order: TranscriptionOrder, modelName: String
    ) throws(EngineError) {
        // A name is a file's: letters, digits, dots and dashes, so that it can't leave the folder.
        let isName = modelName.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        guard isName, !modelName.hasPrefix(".") else { throw .modelMissing(path: modelName) }
        if let language = order.language, !isKnownLanguage(language) {
            throw .languageUnknown(code: language, model: modelName)
        }
    }

    private func model(_ name: String) async throws(EngineError) -> LoadedModel {
        let slot: EngineSlot<LoadedModel>
        if let known = slots[name] {
            slot = known
        } else {
            let (models, backends) = (models, backends)
            slot = EngineSlot { () async throws(EngineError) in
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

    private func crew(of model: LoadedModel) -> WorkerCrew {
        guard model.stateCount > 0 else { return coreCrew }
        let crew =
            deviceCrew
            ?? WorkerCrew.ofDevice(stateCount: model.stateCount, helperCount: min(coreCount, 4))
        deviceCrew = crew
        return crew
    }

    /// What all pieces of one clip have in common.
    private struct Job {
        let model: LoadedModel
        let order: TranscriptionOrder
        let work: Work
        let crew: WorkerCrew
    }

    private typealias Outcome = (index: Int, result: Result<PieceText, EngineError>)

    /// Decodes pieces as they are cut, several at once. The language is detected once, on the
    /// longest of the first.
    private func decodeAll(
        _ opening: [SpokenPiece], of stream: inout PieceStream, _ job: Job,
        _ heard: HeardSegments?
    ) async throws(EngineError) -> Transcript {
        var book = PieceBook(language: job.order.language)
        if !job.model.context.isMultilingual { book.language = "en" }
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            do throws(EngineError) {
                var inFlight = 0
                var pieces: [SpokenPiece]? = opening
                while let batch = pieces {
                    var waiting = book.add(batch)
                    if heard == nil { waiting.sort { book.length($0) > book.length($1) } }
                    if book.language == nil || stream.isAtEnd && batch.count == 1 && inFlight == 0 {
                        let index = waiting.removeFirst()
                        let text = try await decode(
                            book.pieces[index]!, job, book.language, wanting: coreCount
                        ).get()
                        try await tell(&book, (index, .success(text)), job, heard)
                    }
                    for index in waiting {
                        // One more than there are cores: the next piece is there when a core is.
                        if inFlight > coreCount, let outcome = await group.next() {
                            inFlight -= 1
                            try await tell(&book, outcome, job, heard)
                        }
                        let (piece, language) = (book.pieces[index]!, book.language)
                        group.addTask {
                            (index, await self.decode(piece, job, language, wanting: 1))
                        }
                        inFlight += 1
                    }
                    pieces = try await stream.next()
                }
                for await outcome in group { try await tell(&book, outcome, job, heard) }
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
        _ book: inout PieceBook, _ outcome: Outcome, _ job: Job, _ heard: HeardSegments?
    ) async throws(EngineError) {
        let segments = book.take(try outcome.result.get(), at: outcome.index)
        job.work.report(book.doneCount, .pieces)
        if let heard, !segments.isEmpty { try await heard(segments) }
    }

    private nonisolated func decode(
        _ piece: SpokenPiece, _ job: Job, _ language: String?, wanting threads: Int
    ) async -> Result<PieceText, EngineError> {
        let turn: WorkerCrew.Turn
        do throws(EngineError) {
            turn = try await job.crew.begin(wanting: threads, work: job.work)
        } catch {
            return .failure(error)
        }
        let result: Result<PieceText, EngineError>
        do throws(EngineError) {
            try job.work.check()
            let text = try await turn.worker.decode(
                piece.samples, model: job.model, order: job.order, language: language,
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
    private let thread = EngineThread(name: "vad")
    private let runtime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let models: ModelFolder
    private var detector: VoiceDetector?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime, models: ModelFolder
    ) {
        self.runtime = runtime
        self.models = models
    }

    func load() throws(EngineError) {
        try thread.ready()
        detector = try VoiceDetector(
            try runtime(), modelPath: try models.verified("vad/silero.onnx"))
    }

    func probabilities(
        _ samples: [Float], after memory: VoiceDetector.Memory, work: Work
    ) throws(EngineError) -> ([Float], VoiceDetector.Memory) {
        var memory = memory
        let found = try detector!.probabilities(samples, after: &memory, work: work)
        return (found, memory)
    }
}

/// Reads weights on a thread of its own, which ends with the load.
private actor ModelLoader {
    private let thread = EngineThread(name: "load-whisper")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Blocks while the plan is made, where nobody did before.
    func load(
        name: String, _ models: ModelFolder, _ backends: BackendDesk
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
            try backends.fellBack(BackendDesk.Engine.whisper, from: device)
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
