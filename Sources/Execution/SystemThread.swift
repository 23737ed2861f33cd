import CLinux
import Glibc

import struct Synchronization.Atomic

/// A thread could not be made; the system's code, EAGAIN where it has no more.
package struct ThreadFailure: Error, Equatable {
    package let code: Int32

    package init(code: Int32) { self.code = code }
}

/// The one type that makes threads. A thread is asked to end and waited for by `finish`, or when
/// its owner lets go of it.
package final class SystemThread: Sendable {
    /// What the thread runs; asks its argument, now and then, whether it is to end.
    package typealias Run = @Sendable (_ isCancelled: () -> Bool) -> Void

    private final class Flag: Sendable {
        let isRaised = Atomic<Bool>(false)
    }

    /// What only the thread itself keeps, until it ends: `run` may hold its owner.
    private final class Body: Sendable {
        let name: String
        let run: Run
        let cancellation: Flag

        init(name: String, run: @escaping Run, cancellation: Flag) {
            self.name = name
            self.run = run
            self.cancellation = cancellation
        }
    }

    private let cancellation = Flag()
    private let thread: pthread_t
    private let isFinished = Atomic<Bool>(false)

    /// - name: at most 15 bytes, as the kernel has it.
    /// - stackBytes: 0 is the system's own, 8 MiB by default.
    /// - Throws: `ThreadFailure`; the process may have all the threads that it is allowed.
    package init(
        name: String, stackBytes: Int = 0, _ run: @escaping Run
    ) throws(ThreadFailure) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if stackBytes > 0 { pthread_attr_setstacksize(&attributes, stackBytes) }
        let held = Unmanaged.passRetained(
            Body(name: name, run: run, cancellation: cancellation))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { raw in
                let body = Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue()
                linux_name_thread(body.name)
                linux_reserve_heap()
                body.run { body.cancellation.isRaised.load(ordering: .acquiring) }
                return nil
            }, held.toOpaque())
        guard code == 0 else {
            held.release()
            self.thread = pthread_t()
            isFinished.store(true, ordering: .relaxed)
            throw ThreadFailure(code: code)
        }
        self.thread = thread
    }

    deinit { finish() }

    /// Asks the thread to end and waits for it; once. On the thread itself it does not wait.
    package func finish() {
        cancellation.isRaised.store(true, ordering: .releasing)
        join()
    }

    /// Waits for the thread's own end; once. On the thread itself it does not wait.
    package func join() {
        guard !isFinished.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }
}
