import EngineAPI
import Glibc

/// A POSIX lock with its condition variable, for threads that wait for each other. Its clock is the
/// monotonic one.
// SAFETY: both pointers are set once, and POSIX's calls may be made from any thread.
package final class ConditionLock: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(wake, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(wake)
        lock.deallocate()
        wake.deallocate()
    }

    package func withLock<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }

    /// With the lock held: gives it up until somebody calls `wakeAll`, or for no reason at all.
    package func wait() { pthread_cond_wait(wake, lock) }

    /// As `wait`, until the monotonic clock shows `nanoseconds`.
    /// - Returns: false when it does.
    package func wait(until nanoseconds: UInt64) -> Bool {
        var limit = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        return pthread_cond_timedwait(wake, lock, &limit) != ETIMEDOUT
    }

    /// Wakes all that wait.
    package func wakeAll() { pthread_cond_broadcast(wake) }
}
