import EngineAPI
import HTTPWire

/// A body on its way from a loop to the task that responds: the loop fills it, the task pulls.
///
/// Each byte that waits here is charged to the exchange before it is kept, and given back where
/// nobody will pull it.
final class ConnectionRequestBody: RequestBody {
    private enum End {
        case whole
        case failed(HTTPError)
        /// The response is out; nobody pulls any more.
        case dropped
    }

    private struct State {
        var bytes: [UInt8] = []
        var end: End?
        /// Bytes of the body that the client has yet to send, where its length is known.
        var bytesLeft: Int?
        /// The loop has stopped reading, since enough waits here.
        var isPaused = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private enum Pulled {
        case bytes([UInt8], wasPaused: Bool)
        case end
        case failed(HTTPError)
        case nothing
    }

    private let connectionID: ConnectionID
    private let mailbox: LoopMailbox
    private let exchange: any Exchange
    private let state: Mutex<State>

    init(
        _ connectionID: ConnectionID, mailbox: LoopMailbox, exchange: any Exchange,
        framing: BodyFraming
    ) {
        self.connectionID = connectionID
        self.mailbox = mailbox
        self.exchange = exchange
        var bytesLeft: Int?
        if case .length(let count) = framing { bytesLeft = count }
        state = Mutex(State(bytesLeft: bytesLeft))
    }

    deinit { drop() }

    // MARK: the task that responds

    func next() async throws(HTTPError) -> [UInt8]? {
        while true {
            switch pull() {
            case .bytes(let bytes, let wasPaused):
                if wasPaused { mailbox.post(.resume(connectionID)) }
                return bytes
            case .end: return nil
            case .failed(let error): throw error
            case .nothing:
                guard !Task.isCancelled else { throw .cancelled }
                await wait()
            }
        }
    }

    private func pull() -> Pulled {
        state.withLock { state in
            if !state.bytes.isEmpty {
                defer { (state.bytes, state.isPaused) = ([], false) }
                return .bytes(state.bytes, wasPaused: state.isPaused)
            }
            switch state.end {
            case .whole: return .end
            case .failed(let error): return .failed(error)
            case .dropped: return .failed(.cancelled)
            case nil: return .nothing
            }
        }
    }

    /// Until the loop wakes the task, or the task is cancelled.
    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasNews = state.withLock { state in
                    // Cancelled meanwhile: the handler has found nobody to wake.
                    guard state.bytes.isEmpty, state.end == nil, !Task.isCancelled else {
                        return true
                    }
                    precondition(state.waiter == nil, "a body is pulled by one task at a time")
                    state.waiter = continuation
                    return false
                }
                if hasNews { continuation.resume() }
            }
        } onCancel: {
            resumeWaiter()
        }
    }

    private func resumeWaiter() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    // MARK: the loop

    /// Takes bytes of the body; `wake` tells the task.
    /// - Throws: `.overloaded`, with nothing kept.
    func receive(_ piece: ArraySlice<UInt8>) throws(HTTPError) {
        try exchange.charge(piece.count)
        let isKept = state.withLock { state in
            if let left = state.bytesLeft { state.bytesLeft = left - piece.count }
            guard state.end == nil else { return false }
            state.bytes.append(contentsOf: piece)
            return true
        }
        if !isKept { exchange.release(piece.count) }
    }

    /// The body is whole.
    func finish() {
        state.withLock { if $0.end == nil { $0.end = .whole } }
        resumeWaiter()
    }

    /// Wakes the task where there is something for it.
    func wake() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard !state.bytes.isEmpty else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Whether more should be read now; where not, `.resume` is posted once there is room.
    func hasRoom() -> Bool {
        state.withLock { state in
            if state.bytes.count < ServerSettings.bodyWindowBytes { return true }
            state.isPaused = true
            return false
        }
    }

    /// The rest of the body will not come; what waits is resumed.
    func fail(_ error: HTTPError) { end(.failed(error)) }

    /// Nobody wants the rest; what waits is resumed.
    func drop() { end(.dropped) }

    private func end(_ end: End) {
        let count = state.withLock { state in
            switch (state.end, end) {
            // A whole body may still be pulled, unless nobody will.
            case (.whole?, .failed), (.failed?, _), (.dropped?, _): return 0
            default: break
            }
            if case .whole? = state.end, state.bytes.isEmpty { return 0 }
            state.end = end
            defer { state.bytes = [] }
            return state.bytes.count
        }
        if count > 0 { exchange.release(count) }
        resumeWaiter()
    }

    /// Whether the connection can be used again after a response that is whole now: the body is, or
    /// what is left of it is cheap to pass over.
    var isReusable: Bool {
        state.withLock { state in
            switch state.end {
            case .whole: true
            case .failed: false
            case .dropped, nil: state.bytesLeft ?? 0 <= ServerSettings.discardBytesMax
            }
        }
    }

    /// Whether the rest will not come.
    var hasFailed: Bool {
        state.withLock { state in
            if case .failed? = state.end { true } else { false }
        }
    }
}
