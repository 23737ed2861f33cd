import Execution
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

    private let lock = ConditionLock()
    private var items: [Item] = []
    private var pendingBytes = 0
    private var isBegun = false
    private var isFinished = false
    private var isClosed = false
    private var waiter: CheckedContinuation<Bool, Never>?
    private let isHead: Bool
    let isCollected: Bool

    /// - isHead: the response is to HEAD and loses its body.
    /// - isCollected: it is posted when it is whole.
    init(isHead: Bool, isCollected: Bool = false) {
        self.isHead = isHead
        self.isCollected = isCollected
    }

    // MARK: the thread that posts

    /// Waits for what comes next, until the monotonic clock shows `nanoseconds`.
    func next(until nanoseconds: UInt64) -> Item {
        let (item, waiter) = lock.withLock { () -> (Item, CheckedContinuation<Bool, Never>?) in
            while items.isEmpty {
                if !lock.wait(until: nanoseconds), items.isEmpty { return (.late, nil) }
            }
            let item = items.removeFirst()
            if case .piece(let bytes) = item { pendingBytes -= bytes.count }
            return (item, pendingBytes <= LambdaSettings.pipeBytesMax / 2 ? takeWaiter() : nil)
        }
        waiter?.resume(returning: true)
        return item
    }

    /// Nobody reads any more: the task's next write fails.
    func close() {
        let waiter = lock.withLock {
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
        if piece.isEmpty || isHead { return lock.withLock { !isClosed } }
        lock.withLock { add([.piece(piece)]) }
        return await withCheckedContinuation { continuation in
            let response: Bool? = lock.withLock {
                if isClosed { return false }
                if pendingBytes <= LambdaSettings.pipeBytesMax { return true }
                waiter = continuation
                return nil
            }
            if let response { continuation.resume(returning: response) }
        }
    }

    func amend(_ bytes: [UInt8], at offset: Int) async {
        lock.withLock { if isBegun, !isHead { add([.amendment(bytes, offset: offset)]) } }
    }

    func end(trailers: [(String, String)]) async {
        lock.withLock { if isBegun { add([.end(trailers: trailers)]) } }
    }

    func abort() async { lock.withLock { add([.broken]) } }

    private func push(_ make: () -> [Item]) {
        lock.withLock {
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
        lock.wakeAll()
    }

    private func takeWaiter() -> CheckedContinuation<Bool, Never>? {
        defer { waiter = nil }
        return waiter
    }
}
