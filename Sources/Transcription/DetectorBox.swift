import EngineAPI
import Execution
import Inference

/// Loads the detector, and runs it over files, on a thread of its own, so that a long clip delays
/// no other's pieces. Streams run it on their own thread: see `StreamDetector`.
actor DetectorBox {
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

    /// What it loads; the same each time.
    @discardableResult
    func load() throws(EngineError) -> VoiceActivityDetector {
        if let detector { return detector }
        try thread.ready()
        let loaded = try VoiceActivityDetector(
            try runtime(), modelPath: try models.verified("vad/silero.onnx"))
        detector = loaded
        return loaded
    }

    func probabilities(
        _ samples: [Float], after memory: VoiceActivityDetector.Memory, work: WorkContext
    ) throws(EngineError) -> ([Float], VoiceActivityDetector.Memory) {
        var memory = memory
        let found = try load().probabilities(samples, after: &memory, work: work)
        return (found, memory)
    }
}
