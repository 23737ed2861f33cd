import EngineAPI
import HTTPWire

/// Messages from answering tasks to their loop.
final class LoopMailbox: Sendable {
    enum Message: Sendable {
        case send(ConnectionID, [UInt8])
        /// The response is whole; the connection may go on when `keepsAlive`.
        case finish(ConnectionID, keepsAlive: Bool)
        /// The response broke off.
        case abort(ConnectionID)
        /// Who had enough to read has taken some of it.
        case resume(ConnectionID)
        /// A frame of a WebSocket.
        case frame(ConnectionID, head: [UInt8], payload: [UInt8])
        case closeWebSocket(ConnectionID, WebSocketClose)
        case stop
        case cancelAll
        case dropAll
    }

    private let messages = Mutex<[Message]>([])
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func post(_ message: Message) {
        let wasEmpty = messages.withLock { queue in
            queue.append(message)
            return queue.count == 1
        }
        // A queue that was not empty has woken the loop already.
        if wasEmpty { wake() }
    }

    /// Posts what belongs together: nothing of the same task comes between.
    func post(_ parts: [Message]) {
        let wasEmpty = messages.withLock { queue in
            queue += parts
            return queue.count == parts.count
        }
        if wasEmpty { wake() }
    }

    func take() -> [Message] {
        messages.withLock { queue in
            let all = queue
            queue = []
            return all
        }
    }
}
