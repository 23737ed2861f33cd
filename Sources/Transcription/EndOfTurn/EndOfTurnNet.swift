import EngineAPI
import Execution
import Inference

/// Tells from its melody whether somebody who fell silent is done: smart-turn 3 by Pipecat (input
/// `input_features` float32 `[1, 80, 800]`, output `logits` `[1, 1]`, a probability in spite of its
/// name), on a thread of its own, loaded on first use.
actor EndOfTurnNet: EndOfTurnDetecting {
    static let file = "vad/smart-turn.onnx"
    private static let input = "input_features"
    private static let output = "logits"

    private let thread = ThreadExecutor(name: "end-of-turn")
    private let runtime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let models: ModelDirectory
    private var loaded: (session: OnnxSession, features: EndOfTurnFeatures)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime, models: ModelDirectory
    ) {
        self.runtime = runtime
        self.models = models
    }

    /// - Throws: `.modelMissing`, `.modelDamaged`, `.runtimeRefused`, and where no thread can be
    ///   made.
    nonisolated func load() async throws(EngineError) {
        try thread.ready()
        try await open()
    }

    private func open() throws(EngineError) { _ = try net() }

    private func net() throws(EngineError) -> (session: OnnxSession, features: EndOfTurnFeatures) {
        if let loaded { return loaded }
        let path = try models.verified(Self.file)
        let session = try OnnxSession(
            try runtime(), modelPath: path,
            options: OnnxSession.Options(staysOnCPU: true, sumsExactly: true))
        // Whoever laid it in may have taken another version for it.
        guard session.inputNames == [Self.input], session.outputNames.contains(Self.output) else {
            throw .modelDamaged(path: path)
        }
        let new = (session, EndOfTurnFeatures())
        loaded = new
        return new
    }

    func probability(_ samples: [Float], work: WorkContext) throws(EngineError) -> Float {
        try work.check()
        let (session, features) = try net()
        let input = Tensor(
            features.features(samples),
            shape: [1, EndOfTurnFeatures.bands, EndOfTurnFeatures.frames])
        return try session.run([(Self.input, input)], outputs: [Self.output])[0]
            .floats(exactly: 1, of: Self.file)[0]
    }
}
