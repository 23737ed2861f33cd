import EngineAPI
import Execution
import Inference

/// Whisper by whisper.cpp: silence is found first, the rest is cut at pauses, and pieces are
/// decoded side by side, one thread each.
package actor WhisperTranscriber: Transcribing {
    private let models: ModelFolder
    private let thread: EngineThread
    private let workers: [PieceWorker]
    private let cores: CorePool
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
    package init(
        models: ModelFolder, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        cores: CorePool, coreCount: Int
    ) {
        self.models = models
        self.cores = cores
        self.coreCount = coreCount
        thread = EngineThread(name: "transcribe")
        workers = (0..<coreCount).map { PieceWorker(thread: EngineThread(name: "whisper-\($0)")) }
        detector = EngineSlot { () async throws(EngineError) in
            let box = DetectorBox(runtime: runtime, models: models)
            try await box.load()
            return box
        }
    }

    package func prepare() async throws(EngineError) -> EngineReport {
        let before = ContinuousClock.now
        _ = try await detector.engine()
        let multilingual = try await model(Self.multilingual)
        let english = try await model(Self.english)
        let milliseconds = (ContinuousClock.now - before) / .milliseconds(1)
        return EngineReport(
            models: [english.name, multilingual.name, "silero"], backend: "cpu",
            loadMilliseconds: milliseconds,
            residentBytes: english.fileBytes + multilingual.fileBytes)
    }

    package func transcribe(
        _ clip: AudioClip, _ order: TranscriptionOrder, work: Work
    ) async throws(EngineError) -> Transcript {
        precondition(clip.sampleRateHz == 16_000)
        let name = try modelName(order)
        try check(order, modelName: name)
        try work.check()
        let regions = try await regions(of: clip, order, work: work)
        let pieces = PieceCutter.pieces(clip.samples, regions: regions)
        guard !pieces.isEmpty else {
            return Transcript(
                segments: [], language: order.language ?? "", seconds: clip.seconds, model: name)
        }
        let model = try await model(name)
        if let language = order.language, !model.context.isMultilingual, language != "en" {
            throw .languageUnknown(code: language, model: name)
        }
        let texts = try await decodeAll(clip.samples, pieces, model, order, work)
        var segments: [TranscriptSegment] = []
        for (piece, text) in zip(pieces, texts) {
            segments += SegmentMaker.segments(text, piece: piece, regions: regions)
        }
        let language = order.language ?? texts.first { !$0.language.isEmpty }?.language ?? ""
        return Transcript(
            segments: segments, language: language, seconds: clip.seconds, model: name)
    }

    private func regions(
        of clip: AudioClip, _ order: TranscriptionOrder, work: Work
    ) async throws(EngineError) -> [SampleRange] {
        guard order.detectsSpeech else { return [0..<clip.samples.count] }
        let probabilities = try await detector.engine().probabilities(clip.samples, work: work)
        return SpeechRegions(probabilities: probabilities, sampleCount: clip.samples.count).ranges
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
            let models = models
            slot = EngineSlot { () async throws(EngineError) in
                let path = try models.file("whisper/\(name).bin")
                let loader = ModelLoader()
                return try await loader.load(name: name, path: path)
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

    /// Decodes the pieces, several at once; the language is detected once, on the longest.
    private func decodeAll(
        _ samples: [Float], _ pieces: [SampleRange], _ model: LoadedModel,
        _ order: TranscriptionOrder, _ work: Work
    ) async throws(EngineError) -> [PieceText] {
        var texts = [PieceText?](repeating: nil, count: pieces.count)
        var longestFirst = pieces.indices.sorted { pieces[$0].count > pieces[$1].count }
        var language = order.language ?? (model.context.isMultilingual ? nil : "en")
        if language == nil || pieces.count == 1 {
            let first = longestFirst.removeFirst()
            let text = try await decode(
                samples, pieces[first], model, order, language, wanting: coreCount, work
            ).get()
            language = language ?? text.language
            texts[first] = text
            work.report(1, of: pieces.count, .pieces)
        }
        typealias Outcome = (index: Int, result: Result<PieceText, EngineError>)
        let (decided, rest) = (language, longestFirst)
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for index in rest {
                group.addTask {
                    let result = await self.decode(
                        samples, pieces[index], model, order, decided, wanting: 1, work)
                    return (index, result)
                }
            }
            var all: [Outcome] = []
            for await outcome in group {
                all.append(outcome)
                work.report(pieces.count - rest.count + all.count, of: pieces.count, .pieces)
            }
            return all
        }
        for outcome in outcomes { texts[outcome.index] = try outcome.result.get() }
        return texts.map { $0! }
    }

    private nonisolated func decode(
        _ samples: [Float], _ piece: SampleRange, _ model: LoadedModel,
        _ order: TranscriptionOrder, _ language: String?, wanting threads: Int, _ work: Work
    ) async -> Result<PieceText, EngineError> {
        let granted = await cores.acquire(upTo: threads)
        let worker = await takeWorker()
        let result: Result<PieceText, EngineError>
        do throws(EngineError) {
            try work.check()
            let text = try await worker.decode(
                samples, piece, model: model, order: order, language: language, threads: granted,
                work: work)
            result = .success(text)
        } catch {
            result = .failure(error)
        }
        await give(worker)
        await cores.release(granted)
        return result
    }

    /// Workers that wait; a core was taken before, so that there is always one.
    private lazy var idle: [PieceWorker] = workers

    private func takeWorker() -> PieceWorker { idle.removeLast() }

    private func give(_ worker: PieceWorker) { idle.append(worker) }
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
        detector = try VoiceDetector(try runtime(), modelPath: try models.file("vad/silero.onnx"))
    }

    func probabilities(_ samples: [Float], work: Work) throws(EngineError) -> [Float] {
        try detector!.probabilities(samples, work: work)
    }
}

/// Reads weights on a thread of its own.
private actor ModelLoader {
    private let thread = EngineThread(name: "load-whisper")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func load(name: String, path: String) throws(EngineError) -> LoadedModel {
        let context = try WhisperContext(modelPath: path)
        return LoadedModel(name: name, context: context, fileBytes: fileBytes(path))
    }
}
