import CLinux
import Glibc
import HTTPWire

/// Carries one response from the task that makes it to the thread that posts it, and holds the task
/// back while the platform takes it slowly.
// SAFETY: every stored variable is touched only with `lock` held.
final class ResponsePipe: ResponseSink, @unchecked Sendable {
    enum Item {
        case head(ResponseHead)
        case piece([UInt8])
        /// Takes the place of bytes that came before.
        case amendment([UInt8], offset: Int)
        case end(trailers: [(String, String)])
        /// The response broke off, or was never begun.
        case broken
        /// Nothing came in time.
        case late
    }

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [Item] = []
    private var pendingBytes = 0
    private var isBegun = false
    private var isFinished = false
    private var isClosed = false
    private var waiter: CheckedContinuation<Bool, Never>?
    private let isHead: Bool

    /// - isHead: the response is to HEAD and loses its body.
    init(isHead: Bool) {
        self.isHead = isHead
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

    // MARK: the thread that posts

    /// Waits for what comes next, until the monotonic clock shows `nanoseconds`.
    func next(until nanoseconds: UInt64) -> Item {
        var limit = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        let (item, waiter) = locked { () -> (Item, CheckedContinuation<Bool, Never>?) in
            while items.isEmpty {
                if pthread_cond_timedwait(wake, lock, &limit) == ETIMEDOUT, items.isEmpty {
                    return (.late, nil)
                }
            }
            let item = items.removeFirst()
            if case .piece(let bytes) = item { pendingBytes -= bytes.count }
            return (item, pendingBytes <= LambdaSettings.pipeBytesMax / 2 ? takeWaiter() : nil)
        }
        waiter?.resume(returning: true)
        return item
    }

    /// Nobody reads any more: the task is told at its next write.
    func close() {
        let waiter = locked {
            isClosed = true
            items = []
            return takeWaiter()
        }
        waiter?.resume(returning: false)
    }

    // MARK: the task that answers

    /// A whole response, from any thread.
    func put(_ response: Response) {
        push { [.head(response.head), .piece(response.body), .end(trailers: [])] }
    }

    func send(_ response: Response) async { put(response) }

    func begin(_ head: ResponseHead) async { push { [.head(head)] } }

    func write(_ piece: [UInt8]) async -> Bool {
        if piece.isEmpty || isHead { return locked { !isClosed } }
        locked { add([.piece(piece)]) }
        return await withCheckedContinuation { continuation in
            let response: Bool? = locked {
                if isClosed { return false }
                if pendingBytes <= LambdaSettings.pipeBytesMax { return true }
                waiter = continuation
                return nil
            }
            if let response { continuation.resume(returning: response) }
        }
    }

    func amend(_ bytes: [UInt8], at offset: Int) async {
        locked { if isBegun, !isHead { add([.amendment(bytes, offset: offset)]) } }
    }

    func end(trailers: [(String, String)]) async {
        locked { if isBegun { add([.end(trailers: trailers)]) } }
    }

    func abort() async { locked { add([.broken]) } }

    private func push(_ make: () -> [Item]) {
        locked {
            guard !isBegun else { return }
            isBegun = true
            add(make())
        }
    }

    /// With the lock held. After the last item nothing is taken.
    private func add(_ new: [Item]) {
        for item in new where !isFinished && !isClosed {
            switch item {
            case .piece(let bytes):
                guard !isHead, !bytes.isEmpty else { continue }
                pendingBytes += bytes.count
            case .end, .broken: isFinished = true
            case .head, .late, .amendment: break
            }
            items.append(item)
        }
        pthread_cond_signal(wake)
    }

    private func takeWaiter() -> CheckedContinuation<Bool, Never>? {
        defer { waiter = nil }
        return waiter
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }
}
