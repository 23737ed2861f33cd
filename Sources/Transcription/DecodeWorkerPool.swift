import EngineAPI
import Execution

/// Workers that share what they compute on: the processor's cores, or a GPU.
actor DecodeWorkerPool {
    private let places: ComputePermits
    private var idle: [DecodeWorker]
    /// Those that have worked, and may keep states.
    private var begun: [DecodeWorker] = []
    /// Threads of the processor that help a GPU: the spectrogram, and what the GPU can't do.
    private let helperCount: Int?
    private let idleProcessors = IdleProcessors()

    private init(places: ComputePermits, count: Int, thread: String, helperCount: Int?) {
        self.places = places
        self.helperCount = helperCount
        idle = (0..<count).map { DecodeWorker(thread: ThreadExecutor(name: "\(thread)-\($0)")) }
    }

    /// One worker a core.
    static func ofCores(_ cores: ComputePermits, count: Int) -> DecodeWorkerPool {
        DecodeWorkerPool(places: cores, count: count, thread: "whisper", helperCount: nil)
    }

    /// One worker a state, each with a state on the device.
    static func ofDevice(stateCount: Int, helperCount: Int) -> DecodeWorkerPool {
        DecodeWorkerPool(
            places: ComputePermits(count: stateCount), count: stateCount, thread: "whisper-gpu",
            helperCount: helperCount)
    }

    /// A worker that has a place to compute on.
    struct Turn: Sendable {
        let worker: DecodeWorker
        let threads: Int
        fileprivate let places: Int
    }

    /// Waits for a place; takes more cores, up to `wanted`, only where nobody else waits and no
    /// other program uses them.
    /// - Throws: `.cancelled`, `.deadlinePassed`.
    func begin(wanting wanted: Int, work: WorkContext) async throws(EngineError) -> Turn {
        let granted = try await places.acquire(
            upTo: helperCount == nil ? idleProcessors.count(upTo: wanted) : 1, work: work)
        // Each worker has a place of its own: where one is free, so is a worker.
        let worker = idle.removeLast()
        if !begun.contains(where: { $0 === worker }) { begun.append(worker) }
        return Turn(worker: worker, threads: helperCount ?? granted, places: granted)
    }

    /// Frees what the workers keep of models; of one that decodes, once it is done with its piece.
    func forget(_ models: [String]) async {
        guard !models.isEmpty else { return }
        for worker in begun { await worker.forget(models) }
    }

    func end(_ turn: Turn) {
        idle.append(turn.worker)
        places.release(turn.places)
    }
}
