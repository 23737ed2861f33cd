import EngineAPI
import HTTPWire

/// A WebSocket as its handler sees it: the loop puts in what came, and sends what is handed over.
final class ConnectionWebSocket: WebSocketConnection {
    private struct State {
        var messages: [WebSocketMessage] = []
        /// Payload of `messages`.
        var bytes = 0
        /// Of the message that was handed out last: charged until the next one is asked for.
        var bytesOut = 0
        var closed: WebSocketClose?
        /// No message is taken from the handler any more.
        var isClosing = false
        /// The loop has stopped reading, since enough waits here.
        var isPaused = false
        var reader: CheckedContinuation<Void, Never>?
        /// Bytes handed over and not sent yet.
        var pending = 0
        var writers: [CheckedContinuation<Bool, Never>] = []
    }

    private let connectionID: ConnectionID
    private let mailbox: LoopMailbox
    private let handling: any WebSocketHandling
    private let state = Mutex(State())

    init(
        _ connectionID: ConnectionID, mailbox: LoopMailbox, handling: any WebSocketHandling
    ) {
        self.connectionID = connectionID
        self.mailbox = mailbox
        self.handling = handling
    }

    deinit {
        let bytes = state.withLock { $0.bytes + $0.bytesOut }
        if bytes > 0 { handling.release(bytes) }
    }

    // MARK: the handler

    func next() async -> WebSocketMessage {
        while true {
            let (message, wasPaused, released) = take()
            if released > 0 { handling.release(released) }
            if wasPaused { mailbox.post(.resume(connectionID)) }
            if let message { return message }
            guard !Task.isCancelled else {
                return .closed(WebSocketClose(code: WebSocketClose.goingAway))
            }
            await wait()
        }
    }

    private func take() -> (WebSocketMessage?, wasPaused: Bool, released: Int) {
        state.withLock { state in
            let released = state.bytesOut
            state.bytesOut = 0
            guard !state.messages.isEmpty else {
                return (state.closed.map { .closed($0) }, false, released)
            }
            let message = state.messages.removeFirst()
            state.bytesOut = message.payloadBytes
            state.bytes -= state.bytesOut
            let wasPaused = state.isPaused && Self.hasRoom(state)
            if wasPaused { state.isPaused = false }
            return (message, wasPaused, released)
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasNews = state.withLock { state in
                    guard state.messages.isEmpty, state.closed == nil, !Task.isCancelled else {
                        return true
                    }
                    precondition(
                        state.reader == nil, "messages are asked for by one task at a time")
                    state.reader = continuation
                    return false
                }
                if hasNews { continuation.resume() }
            }
        } onCancel: {
            resumeReader()
        }
    }

    private func resumeReader() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    func send(text: [UInt8]) async -> Bool { await send(.text, text) }
    func send(binary: [UInt8]) async -> Bool { await send(.binary, binary) }

    private func send(_ kind: WebSocketFrameKind, _ payload: [UInt8]) async -> Bool {
        let head = webSocketFrameHead(kind, payloadBytes: payload.count)
        let isTaken = state.withLock { state in
            guard !state.isClosing else { return false }
            state.pending += head.count + payload.count
            // Within the lock, so that frames leave in the order in which they are counted.
            mailbox.post(.frame(connectionID, head: head, payload: payload))
            return true
        }
        guard isTaken else { return false }
        return await withCheckedContinuation { continuation in
            let isDone: Bool? = state.withLock { state in
                if state.isClosing { return false }
                if state.pending <= ServerSettings.outputBytesMax { return true }
                state.writers.append(continuation)
                return nil
            }
            if let isDone { continuation.resume(returning: isDone) }
        }
    }

    var isClosed: Bool { state.withLock { $0.closed != nil } }

    var bytesWaiting: Int { state.withLock { $0.pending } }

    func close(_ code: UInt16, _ reason: String) {
        let close = WebSocketClose(code: code, reason: reason)
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        if isFirst { mailbox.post(.closeWebSocket(connectionID, close)) }
        resumeWriters()
    }

    // MARK: the loop

    /// Keeps a message, which is charged already; `wake` tells the handler.
    func receive(_ message: WebSocketMessage) {
        state.withLock { state in
            state.messages.append(message)
            state.bytes += message.payloadBytes
        }
    }

    /// Wakes the handler where there is something for it.
    func wake() {
        let reader: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard !state.messages.isEmpty || state.closed != nil else { return nil }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Whether more should be read now; where not, `.resume` is posted once there is room.
    func hasRoom() -> Bool {
        state.withLock { state in
            if Self.hasRoom(state) { return true }
            state.isPaused = true
            return false
        }
    }

    private static func hasRoom(_ state: State) -> Bool {
        state.bytes < ServerSettings.bodyWindowBytes
            && state.messages.count < ServerSettings.webSocketMessagesMax
    }

    /// Nothing more comes, and nothing more is taken.
    func end(_ close: WebSocketClose) {
        state.withLock { state in
            state.closed = state.closed ?? close
            state.isClosing = true
        }
        wake()
        resumeWriters()
    }

    /// The loop adds bytes of its own.
    func willSend(_ count: Int) { state.withLock { $0.pending += count } }

    /// The loop has sent, or thrown away, so many bytes.
    func didSend(_ count: Int) {
        let isRoomy = state.withLock { state in
            state.pending = max(0, state.pending - count)
            return state.pending <= ServerSettings.outputBytesMax / 2
        }
        if isRoomy { resumeWriters() }
    }

    private func resumeWriters() {
        let (writers, isOpen) = state.withLock { state in
            defer { state.writers = [] }
            return (state.writers, !state.isClosing)
        }
        for writer in writers { writer.resume(returning: isOpen) }
    }
}

extension WebSocketMessage {
    fileprivate var payloadBytes: Int {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes.count
        case .closed: 0
        }
    }
}
