import EngineAPI
import Execution

/// One thread that decodes one piece at a time, with a state of its own over each model.
actor DecodeWorker {
    private let thread: ThreadExecutor
    private var states: [String: StateBox] = [:]
    /// As many as help: five err as much as three, and take longer.
    private static let beamWidth: Int32 = 3

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: ThreadExecutor) { self.thread = thread }

    isolated deinit { states = [:] }

    /// Decodes a piece over a window trimmed to it, wider where the result is doubtful.
    /// - samples: the piece's, 16 000 Hz.
    func decode(
        _ samples: ArraySlice<Float>, model: LoadedModel, request: TranscriptionRequest,
        language: String?,
        threads: Int, work: WorkContext
    ) throws(EngineError) -> DecodedChunk {
        try thread.ready()
        let state = try state(of: model)
        let seconds = Double(samples.count) / 16_000
        var piece = DecodeOptions()
        piece.language = language
        piece.isTranslation = request.isTranslation
        piece.prompt = request.prompt
        piece.temperature = Float(request.temperature)
        piece.beamWidth = Self.beamWidth
        piece.threads = Int32(threads)
        piece.tokensMax = HallucinationChecks.tokensMax(seconds: seconds)
        piece.usesTimestamps = !model.context.isMultilingual
        piece.window = EncoderWindow.trimmed(
            seconds: seconds, isMultilingual: model.context.isMultilingual)
        var text = try state.handle.decode(samples, piece, work: work)
        guard request.retries else { return text }
        if piece.window != EncoderWindow.whole,
            HallucinationChecks.isDoubtful(text, tokensMax: piece.tokensMax)
        {
            piece.window = EncoderWindow.wider(than: piece.window)
            text = try state.handle.decode(samples, piece, work: work)
        }
        if HallucinationChecks.isDoubtful(text, tokensMax: piece.tokensMax) {
            piece.window = EncoderWindow.whole
            piece.tokensMax = 0
            piece.temperatureStep = 0.2
            text = try state.handle.decode(samples, piece, work: work)
        }
        if request.alignsWords, !text.tokens.isEmpty {
            do throws(EngineError) {
                let edges = try state.handle.wordEdges(
                    of: text, positions: samples.count / 320, window: piece.window,
                    isTranslation: request.isTranslation,
                    aligner: WordAligner(
                        model: model.name, headCount: model.context.lookingHeads),
                    threads: piece.threads)
                text.wordTimes = Pauses(Array(samples)).words(edges)
            } catch {
                // A GPU's backend may lack an operation that only this pass needs: the words then
                // get their times by their letters.
                guard model.context.backend != .cpu, case .backendFailed = error else {
                    throw error
                }
            }
        }
        return text
    }

    private func state(of model: LoadedModel) throws(EngineError) -> StateBox {
        if let state = states[model.name] { return state }
        let state = StateBox(try WhisperStateHandle(model.context))
        states[model.name] = state
        return state
    }
}

/// A dictionary can't hold a value that can't be copied.
private final class StateBox {
    let handle: WhisperStateHandle
    init(_ handle: consuming WhisperStateHandle) { self.handle = handle }
}

/// A model whose weights are in memory.
struct LoadedModel: Sendable {
    let name: String
    let context: WhisperContext
    /// Pieces that its GPU decodes at once; 0 on the CPU.
    let stateCount: Int
}

/// Windows of whisper.cpp's encoder, in positions of 20 ms.
enum EncoderWindow {
    /// 0 asks for the 1 500 positions of 30 s.
    static let whole: Int32 = 0
    private static let positionsMax: Int32 = 1_500
    /// How much wider a second try is: 5 s.
    private static let step: Int32 = 256

    /// Silence after the words: without it the decoder does not see that they end, and says them
    /// again. Measured over 33 clips as the least that leads to no second try: 160 positions for
    /// tiny.en with timestamps, 64 to 128 for base without (with them base errs more).
    static func trimmed(seconds: Double, isMultilingual: Bool) -> Int32 {
        bounded(Int32(bounded: (seconds * 50).rounded(.up)) + (isMultilingual ? 96 : 160))
    }

    static func wider(than window: Int32) -> Int32 { bounded(window + step) }

    private static func bounded(_ positions: Int32) -> Int32 {
        positions >= positionsMax ? whole : positions
    }
}
