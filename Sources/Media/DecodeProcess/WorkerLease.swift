import EngineAPI

/// A worker for as long as somebody reads with it, and what that takes of the work's memory.
final class WorkerLease: Sendable {
    let worker: DecodeWorker
    private let pool: DecodeWorkerPool
    private let work: WorkContext
    /// What a process has of its own, and its decoder.
    private let bytes: Mutex<Int>

    /// - bytes: what its decoder takes, at most.
    init(
        _ worker: DecodeWorker, _ pool: DecodeWorkerPool, _ work: WorkContext, bytes: Int
    ) throws(EngineError) {
        let all = DecodeWorkerPool.processBytes + bytes
        do throws(EngineError) {
            try work.memory.charge(all)
        } catch {
            pool.giveBack(worker)
            throw error
        }
        (self.worker, self.pool, self.work) = (worker, pool, work)
        self.bytes = Mutex(all)
    }

    /// Gives back what its decoder turned out not to need.
    func shrink(to bytes: Int) {
        let all = DecodeWorkerPool.processBytes + bytes
        let spare = self.bytes.withLock { held in
            defer { held = min(held, all) }
            return max(held - all, 0)
        }
        work.memory.release(spare)
    }

    deinit {
        work.memory.release(bytes.withLock { $0 })
        pool.giveBack(worker)
    }
}
