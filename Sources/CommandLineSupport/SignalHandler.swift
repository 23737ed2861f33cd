import CLinux
import EngineAPI
import Execution
import Glibc

import struct Synchronization.Atomic

/// Ctrl-C and SIGTERM while a command works: the first one cancels the work; when that has had a
/// moment to notice, or at a second one, what is half written is removed and the process ends.
package final class SignalHandler: Sendable {
    /// Raised by the first signal.
    package let cancellation = Cancellation()
    private let signal = Atomic<Int32>(0)
    private let cleanUp: @Sendable () -> Void
    private let thread = Mutex<SystemThread?>(nil)

    /// Call before any thread is made: they inherit what is blocked.
    package static func block() { linux_block_stop_signals() }

    /// Waits for the signals on a thread of its own, as long as the process lives.
    /// - cleanUp: removes what is half written; any thread, at any time.
    /// - Throws: where no thread can be made: nobody would hear of a signal.
    package init(cleanUp: @escaping @Sendable () -> Void = {}) throws(CommandFailure) {
        self.cleanUp = cleanUp
        do throws(ThreadFailure) {
            // The thread keeps us, and we it: both are there until the process ends.
            let made = try SystemThread(name: "signals") { [self] _ in wait() }
            thread.withLock { $0 = made }
        } catch {
            throw CommandFailure(
                .unavailable, "no thread can be made: \(String(cString: strerror(error.code)))")
        }
    }

    private func wait() {
        signal.store(linux_wait_stop_signal(), ordering: .releasing)
        cancellation.raise()
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        var grace = timespec(tv_sec: 1, tv_nsec: 500_000_000)
        sigtimedwait(&signals, nil, &grace)
        end()
    }

    /// Ends the process as a shell expects it of one that a signal stopped.
    package func end() -> Never {
        cleanUp()
        _exit(128 + signal.load(ordering: .acquiring))
    }
}
