/// What becomes of a connection that was upgraded to a WebSocket.
package protocol WebSocketHandling: AnyObject, Sendable {
    /// One of those that were offered, or nil.
    var subprotocol: String? { get }
    /// Further fields of the response that completes the handshake.
    var responseFields: [(String, String)] { get }
    var limits: WebSocketLimits { get }

    /// Charges bytes of messages that the transport keeps.
    /// - Throws: `.overloaded`, with nothing charged; the connection is closed with 1013 then.
    func charge(_ bytes: Int) throws(HTTPError)

    /// Gives back what `charge` took.
    func release(_ bytes: Int)

    /// The whole life of the connection, in a task of its own. A connection that is still open when
    /// it returns is closed with 1000.
    func run(_ socket: any WebSocketConnection) async

    /// The server will stop: end soon, with 1001. Called on an event loop; may not wait.
    func willStop()

    /// Raises the work's cancellation. Any thread; the first reason counts.
    func cancel(_ reason: CancellationReason)
}

extension WebSocketHandling {
    package var responseFields: [(String, String)] { [] }
    package func willStop() {}
}

/// What a WebSocket's client sent.
package enum WebSocketMessage: Sendable, Equatable {
    /// The bytes are valid UTF-8.
    case text([UInt8])
    case binary([UInt8])
    /// Nothing more comes: the client's or our own close, `.abnormal` where there was none.
    case closed(WebSocketClose)
}

/// One end of a WebSocket. Pings, pongs and the closing handshake are the transport's business.
package protocol WebSocketConnection: AnyObject, Sendable {
    /// The next message; waits for it. Asked by one task at a time; after `.closed` it is `.closed`
    /// again. Where the task is cancelled, `.closed` with 1001, and the connection stays as it is.
    ///
    /// Reading from the client stops while messages wait here. A message stays charged until the
    /// next one is asked for.
    func next() async -> WebSocketMessage

    /// Sends a message; waits while too much has not been taken by the client. Any task.
    /// - text: valid UTF-8.
    /// - Returns: false when the connection is closed or being closed; nothing more need be sent.
    func send(text: [UInt8]) async -> Bool
    func send(binary: [UInt8]) async -> Bool

    /// Whether the connection is over, whatever messages still wait to be asked for.
    var isClosed: Bool { get }

    /// Bytes that were handed over and not taken by the client yet.
    var bytesWaiting: Int { get }

    /// Begins the closing handshake behind what was sent. Any task; the first one counts.
    func close(_ code: UInt16, _ reason: String)
}
