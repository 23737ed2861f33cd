// The standard library's lock is the one that ships. Where it is contended it waits inside the
// run-time library, which the thread sanitizer cannot see into: it then reports a race between two
// holders of one lock. A build for the sanitizer (`-DSANITIZED`) takes a POSIX lock instead, each
// call of which the sanitizer knows.
#if SANITIZED
    import Glibc

    /// The face of `Synchronization.Mutex` on a POSIX lock.
    // SAFETY: `value` is touched only with `lock` held.
    @safe package struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
        private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

        package init(_ initial: consuming sending Value) {
            unsafe pthread_mutex_init(lock, nil)
            unsafe value.initialize(to: initial)
        }

        deinit {
            unsafe value.deinitialize(count: 1)
            unsafe value.deallocate()
            unsafe pthread_mutex_destroy(lock)
            unsafe lock.deallocate()
        }

        package borrowing func withLock<Response: ~Copyable, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Response
        ) throws(Failure) -> sending Response {
            unsafe pthread_mutex_lock(lock)
            defer { unsafe pthread_mutex_unlock(lock) }
            return try unsafe body(&value.pointee)
        }
    }
#else
    import Synchronization

    /// A value that is touched only under its lock.
    package typealias Mutex<Value: ~Copyable> = Synchronization.Mutex<Value>
#endif
