import EngineAPI
import HTTPWire

/// The events of a session on their way to its client: whoever puts one in does not wait, and one
/// task sends them in that order.
final class RealtimeOutput: Sendable {
    private struct State {
        var events: [[UInt8]] = []
        var bytes = 0
        var count = 0
        var isClosed = false
        var sender: CheckedContinuation<Void, Never>?
        var waiters: [CheckedContinuation<Void, Never>] = []
        /// When something was sent last, or nothing waited.
        var movedAt: ContinuousClock.Instant
        var bytesSent = 0
    }

    private let socket: any WebSocketConnection
    private let ids: RequestIDs
    private let state: Mutex<State>
    /// Why it was closed by us.
    private let closing = Mutex<(code: UInt16, reason: String)?>(nil)

    init(_ socket: any WebSocketConnection, ids: RequestIDs) {
        (self.socket, self.ids) = (socket, ids)
        state = Mutex(State(movedAt: .now))
    }

    /// Adds an event; its id is made here.
    func put(_ type: String, _ fields: [String: JSONValue]) {
        var fields = fields
        fields["type"] = .string(type)
        fields["event_id"] = .string("event_\(ids.next())")
        put(bytes: json(JSONValue.object(fields)))
    }

    private func put(bytes: [UInt8]) {
        let (sender, isTooMuch): (CheckedContinuation<Void, Never>?, Bool) = state.withLock {
            state in
            guard !state.isClosed else { return (nil, false) }
            if state.events.isEmpty { state.movedAt = .now }
            state.events.append(bytes)
            state.bytes += bytes.count
            defer { state.sender = nil }
            return (state.sender, state.bytes > RealtimeSettings.outputBytesMax)
        }
        sender?.resume()
        if isTooMuch { close(WebSocketClose.policyViolation, "too slow") }
    }

    /// Sends what comes, until the connection closes. One task.
    func run() async {
        while let bytes = await next() {
            // What is being sent still counts as waiting: whoever makes more must know.
            guard await socket.send(text: bytes) else { break }
            let waiters = state.withLock { state in
                state.bytes -= bytes.count
                state.bytesSent += bytes.count
                state.movedAt = .now
                let isRoomy = state.bytes + socket.bytesWaiting <= RealtimeSettings.outputBytesAhead
                defer { if isRoomy { state.waiters = [] } }
                return isRoomy ? state.waiters : []
            }
            for waiter in waiters { waiter.resume() }
        }
        end()
    }

    private func next() async -> [UInt8]? {
        while true {
            let (bytes, isClosed): ([UInt8]?, Bool) = state.withLock { state in
                guard !state.events.isEmpty else { return (nil, state.isClosed) }
                return (state.events.removeFirst(), false)
            }
            if let bytes { return bytes }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let hasNews = state.withLock { state in
                    let hasNews = !state.events.isEmpty || state.isClosed
                    if !hasNews { state.sender = continuation }
                    return hasNews
                }
                if hasNews { continuation.resume() }
            }
        }
    }

    /// Bytes that the client has not taken.
    var bytesWaiting: Int { state.withLock { $0.bytes } + socket.bytesWaiting }

    /// Whether so much waits that the voice is made no further and video is skipped.
    var isFull: Bool { bytesWaiting > RealtimeSettings.outputBytesAhead }

    var bytesSent: Int { state.withLock { $0.bytesSent } }

    /// Waits while too much has not been taken.
    func room() async {
        guard isFull else { return }
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                let mayGoOn = state.isClosed || state.events.isEmpty
                if !mayGoOn { state.waiters.append(continuation) }
                return mayGoOn
            }
            if mayGoOn { continuation.resume() }
        }
    }

    /// Whether the client has taken nothing for too long.
    func isStuck(now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            !state.events.isEmpty
                && now - state.movedAt > .seconds(RealtimeSettings.stuckSeconds)
        }
    }

    /// Closes the connection behind what was put in, where it still takes it.
    func close(_ code: UInt16, _ reason: String) {
        if code == WebSocketClose.policyViolation { drop() }
        // Before the sender may see that it is over.
        closing.withLock { $0 = $0 ?? (code, reason) }
        let sender = state.withLock { state in
            state.isClosed = true
            defer { state.sender = nil }
            return state.sender
        }
        sender?.resume()
        if code == WebSocketClose.policyViolation { socket.close(code, reason) }
    }

    /// The code that we closed with, where we did.
    var closeCode: UInt16? { closing.withLock { $0?.code } }

    private func drop() {
        state.withLock { state in
            (state.events, state.bytes) = ([], 0)
        }
    }

    private func end() {
        drop()
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
        if let (code, reason) = closing.withLock({ $0 }) { socket.close(code, reason) }
    }
}
