import CLinux
import Glibc
import Synchronization

/// One named pthread that runs an actor's jobs in order; blocking C calls are its purpose.
/// Return it from the actor's `unownedExecutor`; the owner calls `join` after the actor is gone.
/// The thread is made with the first job: an engine that nobody asks for costs none.
// SAFETY: `jobs`, `isClosing` and `thread` are touched only with `lock` held.
package final class EngineThread: SerialExecutor, @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var isClosing = false
    private var thread: pthread_t?
    private let identity = Atomic<UInt>(0)
    private let name: String
    private let stackBytes: Int

    /// - name: at most 15 bytes, as the kernel has it. The stack is 8 MiB as for a main thread:
    ///   whisper.cpp and ONNX Runtime were written for that.
    package init(name: String, stackBytes: Int = 8 << 20) {
        self.name = name
        self.stackBytes = stackBytes
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wake, nil)
    }

    /// With `lock` held.
    private func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        var made = pthread_t()
        let failed = pthread_create(
            &made, &attributes,
            { raw in
                Unmanaged<EngineThread>.fromOpaque(raw!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(failed == 0, "no thread")
        pthread_attr_destroy(&attributes)
        thread = made
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(wake)
        lock.deallocate()
        wake.deallocate()
    }

    private func run() {
        linux_name_thread(name)
        identity.store(UInt(pthread_self()), ordering: .releasing)
        let executor = asUnownedSerialExecutor()
        while true {
            pthread_mutex_lock(lock)
            while jobs.isEmpty && !isClosing { pthread_cond_wait(wake, lock) }
            let batch = jobs
            jobs = []
            pthread_mutex_unlock(lock)
            if batch.isEmpty { return }
            for job in batch { job.runSynchronously(on: executor) }
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(lock)
        jobs.append(job)
        if thread == nil { start() }
        pthread_cond_signal(wake)
        pthread_mutex_unlock(lock)
    }

    /// Ends the thread once its queue is empty. Not to be called from the thread itself.
    package func join() {
        pthread_mutex_lock(lock)
        isClosing = true
        let thread = thread
        pthread_cond_signal(wake)
        pthread_mutex_unlock(lock)
        if let thread { pthread_join(thread, nil) }
    }

    package func isIsolatingCurrentContext() -> Bool? {
        identity.load(ordering: .acquiring) == UInt(pthread_self())
    }

    package func checkIsolated() { precondition(isIsolatingCurrentContext() == true) }
}
