import EngineAPI
import Execution
import Inference

/// Restores the faces of an engine's videos, where the models folder has a network that does.
///
/// The network is loaded for each video and let go with it: it may have hundreds of megabytes,
/// which are charged to the video's work.
final class FaceEnhancement: Sendable {
    /// One file: GFPGAN's has 340 MB.
    private static let fileBytesMax = 2 << 30
    /// Of its file's bytes: weights are kept as they are and once more as the products want them.
    private static let copiesOfWeights = 2
    /// What one run of GFPGAN's takes beside its weights.
    private static let runBytes = 512 << 20

    private let models: ModelDirectory
    private let openRuntime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let threads: Int
    /// One frame at a time: a run has all cores.
    private let runs = ComputePermits(count: 1)
    private let isChecked = Mutex(false)

    /// - threads: inside one operator; as many as there are cores.
    init(
        models: ModelDirectory, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        threads: Int
    ) {
        self.models = models
        openRuntime = runtime
        self.threads = threads
    }

    /// Whether there is a network; what is wrong with it is told when it is asked for.
    var isPresent: Bool { models.has(FaceEnhancer.file) }

    /// A network that is loaded, and the thread that it runs on.
    struct Loaded: Sendable {
        let enhancer: FaceEnhancer
        let thread: ThreadExecutor
    }

    /// Loads the network, on the caller's thread.
    /// - Returns: nil where none is asked for.
    /// - Throws: `.modelMissing`, `.modelDamaged`, `.modelMismatch`, `.memoryShort`,
    ///   `.threadMissing`, `.deviceFailed`.
    func load(
        _ options: AnimationOptions, work: WorkContext
    ) throws(EngineError) -> Loaded? {
        guard options.enhancer == .face else { return nil }
        let path = try models.file(FaceEnhancer.file)
        try work.memory.charge(
            models.bytes(of: FaceEnhancer.file) * Self.copiesOfWeights + Self.runBytes)
        let started = ContinuousClock.now
        if !isChecked.withLock({ $0 }) { try check() }
        let enhancer = try FaceEnhancer(path: path, try openRuntime(), threads: threads)
        work.notes.addLoad(since: started)
        let thread = ThreadExecutor(name: "enhance")
        try thread.ready()
        return Loaded(enhancer: enhancer, thread: thread)
    }

    /// What the manifest says of the file, and that it names no other to be opened.
    private func check() throws(EngineError) {
        let path = try models.verified(FaceEnhancer.file)
        let bytes = try models.content(of: FaceEnhancer.file, bytesMax: Self.fileBytesMax)
        _ = try OnnxGraph(bytes, path: path)
        isChecked.withLock { $0 = true }
    }

    /// The same video with its face restored in each frame.
    /// - points: where its first frame has the face, 478.
    func session(
        _ session: any AnimationSession, _ loaded: Loaded?, _ mesher: FaceLandmarker,
        points: [Point3], work: WorkContext
    ) -> any AnimationSession {
        guard let loaded else { return session }
        return EnhancedSession(
            session, loaded, FaceTracker(mesher, points: points), runs: runs, work: work)
    }
}
