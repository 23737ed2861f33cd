import CLinux
import Glibc
import Synchronization

/// A plain thread with a flag that asks it to end.
final class Thread: Sendable {
    private final class Body: Sendable {
        let name: String
        let run: @Sendable (() -> Bool) -> Void
        let isCancelled = Atomic<Bool>(false)
        init(name: String, run: @escaping @Sendable (() -> Bool) -> Void) {
            self.name = name
            self.run = run
        }
    }

    private let body: Body
    private let thread: pthread_t

    init(name: String, _ run: @escaping @Sendable (() -> Bool) -> Void) {
        body = Body(name: name, run: run)
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { raw in
                let body = Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue()
                linux_name_thread(body.name)
                body.run { body.isCancelled.load(ordering: .acquiring) }
                return nil
            }, Unmanaged.passRetained(body).toOpaque())
        precondition(failed == 0, "no thread")
        self.thread = thread
    }

    /// Asks the thread to end and waits for it.
    func finish() {
        body.isCancelled.store(true, ordering: .releasing)
        pthread_join(thread, nil)
    }
}
