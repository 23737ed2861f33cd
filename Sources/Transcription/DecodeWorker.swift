import EngineAPI
import Execution

/// One thread that decodes one piece at a time, with a state of its own over each model.
actor DecodeWorker {
    private let thread: ThreadExecutor
    private var states: [String: StateBox] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: ThreadExecutor) { self.thread = thread }

    isolated deinit { states = [:] }

    /// Decodes a piece.
    /// - language: nil detects it.
    func decode(
        _ piece: SpokenPiece, model: LoadedModel, request: TranscriptionRequest,
        language: String?, threads: Int, work: WorkContext
    ) throws(EngineError) -> DecodedChunk {
        try thread.ready()
        let state = try state(of: model)
        let lead = piece.lead
        var chunk = try PieceReader(
            state: state, model: model, request: request, samples: piece.heard,
            certainty: piece.certainty, isFaint: piece.isFaint,
            speech: piece.speechPositions.map { $0.lowerBound + lead..<$0.upperBound + lead },
            alignsWords: request.alignsWords || piece.join != nil || piece.isJoined
                || !HallucinationChecks.isSure(piece.certainty ?? 1),
            threads: Int32(threads), work: work
        ).read(language: language)
        let length = 0..<piece.range.count / 320
        chunk.wordTimes = chunk.wordTimes.map { time in
            (time.lowerBound - lead..<time.upperBound - lead).clamped(to: length)
        }
        chunk.tokenBytes = chunk.tokens.map { state.handle.bytes(of: $0) }
        if chunk.language == "zh", !request.isTranslation {
            let script = ChineseScript(request)
            chunk.text = script.written(chunk.text)
            chunk.tokenBytes = script.written(chunk.tokenBytes)
        }
        return chunk
    }

    func forget(_ models: [String]) {
        for name in models { states[name] = nil }
    }

    private func state(of model: LoadedModel) throws(EngineError) -> StateBox {
        // A model that left and came again is another one.
        if let state = states[model.name], state.context === model.context { return state }
        states[model.name] = nil
        let state = StateBox(model.context, try WhisperStateHandle(model.context))
        states[model.name] = state
        return state
    }
}

/// A dictionary can't hold a value that can't be copied.
final class StateBox {
    let context: WhisperContext
    let handle: WhisperStateHandle
    init(_ context: WhisperContext, _ handle: consuming WhisperStateHandle) {
        self.context = context
        self.handle = handle
    }
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
    /// One that is only there for the spectrogram which its call makes.
    static let least: Int32 = 1
    private static let positionsMax: Int32 = 1_500
    /// Base says the words of a shorter window again, and mishears them.
    private static let multilingualMin: Int32 = 384
    /// How much wider a second try is: 5 s.
    private static let step: Int32 = 256

    /// Silence after the words: without it the decoder does not see that they end, and says them
    /// again. Measured over 33 clips as the least that leads to no second try with tiny.en; base
    /// errs on clips of many speakers less with it than with 96 positions.
    private static let silence: Int32 = 160

    static func trimmed(seconds: Double, isMultilingual: Bool) -> Int32 {
        let positions = Int32(bounded: (seconds * 50).rounded(.up)) + silence
        return bounded(isMultilingual ? max(multilingualMin, positions) : positions)
    }

    /// Whether the whole window is half as much again, or more.
    static func isNarrow(_ window: Int32) -> Bool {
        window != whole && window <= positionsMax * 2 / 3
    }

    static func wider(than window: Int32) -> Int32 { bounded(window + step) }

    private static func bounded(_ positions: Int32) -> Int32 {
        positions >= positionsMax ? whole : positions
    }
}
