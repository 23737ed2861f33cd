import CLinux
import Dispatch
import EngineAPI
import Glibc

import struct Synchronization.Atomic

/// One named thread that runs an actor's jobs in order; blocking C calls are its purpose. Return it
/// from the actor's `unownedExecutor`. The thread is made with the first job, since an engine that
/// nobody asks for costs none, and ends when the last actor on it is gone, or with `join`.
///
/// Where no thread can be made, jobs still run, one at a time, on a thread of the concurrency
/// runtime: an actor must be able to say so. It does by `ready`, first thing in what it is asked.
package final class ThreadExecutor: SerialExecutor, Sendable {
    private let queue = JobQueue()
    private let thread = Mutex<SystemThread?>(nil)
    private let name: String
    private let stackBytes: Int

    /// - name: at most 15 bytes, as the kernel has it. The stack is 8 MiB as for a main thread:
    ///   whisper.cpp and ONNX Runtime were written for that.
    package init(name: String, stackBytes: Int = 8 << 20) {
        self.name = name
        self.stackBytes = stackBytes
    }

    deinit { join() }

    /// Makes the thread, where it is not there yet.
    /// - Throws: `.threadMissing`.
    package func ready() throws(EngineError) {
        do throws(ThreadFailure) {
            try start()
        } catch {
            throw .threadMissing(code: error.code)
        }
    }

    private func start() throws(ThreadFailure) {
        try thread.withLock { (thread) throws(ThreadFailure) in
            if thread != nil { return }
            queue.setOwner(self)
            thread = try SystemThread(name: name, stackBytes: stackBytes) { [queue] _ in
                while queue.runBatch(waits: true) {}
            }
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        // The runtime does not own its executors: the job's actor keeps us, and once the job is in
        // the queue it may have run, and the actor be gone, at any moment.
        let held = Unmanaged.passRetained(self)
        defer { held.release() }
        let isMade = (try? start()) != nil
        if queue.add(UnownedJob(job)) && isMade { return }
        queue.setOwner(self)
        DispatchQueue.global().async { [queue] in while queue.runBatch(waits: false) {} }
    }

    /// Ends the thread once its queue is empty. On the thread itself it does not wait.
    package func join() {
        queue.close()
        let made = thread.withLock { $0 }
        made?.join()
    }

    package func isIsolatingCurrentContext() -> Bool? { queue.isRunner }

    package func checkIsolated() { precondition(isIsolatingCurrentContext() == true) }
}

/// Jobs in order, run by one thread at a time.
// SAFETY: every stored variable is touched only with `lock` held, but `runner`, which is atomic.
private final class JobQueue: @unchecked Sendable {
    private let lock = ConditionLock()
    private var jobs: [UnownedJob] = []
    private var isRunning = false
    private var isClosing = false
    /// Weak, for the thread must not keep what its end depends on.
    private weak var owner: ThreadExecutor?
    /// The thread that runs jobs now; 0 is none.
    private let runner = Atomic<UInt>(0)

    var isRunner: Bool { runner.load(ordering: .acquiring) == UInt(pthread_self()) }

    func setOwner(_ owner: ThreadExecutor) {
        lock.withLock { if self.owner == nil { self.owner = owner } }
    }

    /// - Returns: false when the thread may not be there any more to run it.
    func add(_ job: UnownedJob) -> Bool {
        lock.withLock {
            jobs.append(job)
            lock.wakeAll()
            return !isClosing
        }
    }

    /// The thread leaves when it has run all jobs; waits for that, but not for itself.
    func close() {
        lock.withLock {
            isClosing = true
            lock.wakeAll()
            while isRunning && !isRunner || !isRunning && !jobs.isEmpty {
                lock.wait()
            }
        }
    }

    /// Runs all jobs that are there.
    /// - waits: for jobs, and for another that runs some; else both are an end.
    /// - Returns: false when there will be no more.
    func runBatch(waits: Bool) -> Bool {
        guard let (batch, owner) = take(waits: waits) else { return false }
        runner.store(UInt(pthread_self()), ordering: .releasing)
        withExtendedLifetime(owner) {
            let executor = owner.asUnownedSerialExecutor()
            for job in batch { job.runSynchronously(on: executor) }
        }
        runner.store(0, ordering: .releasing)
        lock.withLock {
            isRunning = false
            lock.wakeAll()
        }
        return true
    }

    private func take(waits: Bool) -> ([UnownedJob], ThreadExecutor)? {
        lock.withLock { () -> ([UnownedJob], ThreadExecutor)? in
            while jobs.isEmpty || isRunning {
                if !waits || isClosing && jobs.isEmpty { return nil }
                lock.wait()
            }
            // An actor that has jobs here keeps its executor.
            guard let owner else { return nil }
            let batch = jobs
            (jobs, isRunning) = ([], true)
            return (batch, owner)
        }
    }
}
