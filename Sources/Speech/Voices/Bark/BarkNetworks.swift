import EngineAPI
import Execution
import Inference

/// Bark's model in the models folder. Its networks, gigabytes of them, are opened when the first
/// sentence is made, on the thread that makes it; whoever holds this holds them. Clauses of several
/// speeches take turns: each uses all processors, and only one of them holds a past.
final class BarkNetworks: Sendable {
    /// Of a clause at a time.
    let turns = ComputePermits(count: 1)
    let settings: BarkSettings
    let tokenizer: WordPieceTokenizer
    private let files: BarkFiles
    private let openRuntime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let threads: Int
    private let stages = Mutex<Stages?>(nil)

    /// What makes sound of text, in its order.
    struct Stages: Sendable {
        let semantic: SemanticStage
        let coarse: CoarseStage
        let fine: FineStage
        let codec: CodecStage
    }

    /// Reads the settings and the vocabulary only.
    /// - threads: inside one operator.
    /// - Throws: `.modelMissing`, `.modelDamaged`.
    init(
        _ files: BarkFiles, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        threads: Int
    ) throws(EngineError) {
        self.files = files
        settings = try files.settings()
        tokenizer = try files.tokenizer(settings)
        openRuntime = runtime
        self.threads = threads
        for network in BarkFiles.Network.allCases {
            _ = try files.models.file(files.file(network))
        }
    }

    /// A voice of the model; nobody's where none is named.
    /// - Throws: `.modelMissing`, `.modelDamaged`.
    func history(_ voice: String?) throws(EngineError) -> BarkHistory {
        guard let voice else { return BarkHistory(settings) }
        return try files.history(voice, settings)
    }

    /// The networks, opened where they are not yet. Called by whoever has the turn.
    /// - Throws: `.modelMissing`, `.modelDamaged`, `.modelMismatch`, `.cancelled`,
    ///   `.deadlinePassed`.
    func opened(_ work: WorkContext) throws(EngineError) -> Stages {
        if let stages = stages.withLock({ $0 }) { return stages }
        let started = ContinuousClock.now
        let runtime = try openRuntime()
        func network(_ network: BarkFiles.Network) throws(EngineError) -> BarkNetwork {
            try work.check()
            return try BarkNetwork(network, files, settings, runtime, threads: threads)
        }
        let made = Stages(
            semantic: SemanticStage(network: try network(.semantic), settings: settings.semantic),
            coarse: CoarseStage(network: try network(.coarse), settings: settings),
            fine: FineStage(network: try network(.fine), settings: settings),
            codec: CodecStage(network: try network(.codec), settings: settings))
        stages.withLock { $0 = made }
        work.notes.addLoad(since: started)
        return made
    }

    /// What a clause holds while it is made, weights and all, so that a machine which is too small
    /// says so: a little more than was measured (`scripts/models/bark/README.md`).
    var clauseBytes: Int {
        let (semantic, coarse) = (settings.semantic.transformer, settings.coarse.transformer)
        let past = max(
            semantic.cacheShape.bytes(semantic.positions),
            coarse.cacheShape.bytes(coarse.positions))
        let weights = files.networkBytes / 4 * Self.quartersOfWeights
        return weights + past + max(scoresBytes, soundBytes) + Self.restBytes
    }

    /// Of its files' bytes: some weights are kept twice, in the order that the products want.
    private static let quartersOfWeights = 5
    private static let restBytes = 32 << 20

    /// Who looks at whom in a layer, as a run holds it at once.
    private var scoresBytes: Int {
        let part = settings.coarse.transformer
        return part.heads * part.positions * part.positions * MemoryLayout<Float>.stride * 5
    }

    /// The widest layers of the codec over the longest sentence.
    private var soundBytes: Int {
        let seconds = Double(settings.semantic.tokens_max) / settings.semantic.rate
        let samples = Int(bounded: seconds * Double(settings.sample_rate))
        return samples * 32 * MemoryLayout<Float>.stride * 4
    }

    var backend: Backend { stages.withLock { $0?.semantic.network.session.backend } ?? .cpu }
}
