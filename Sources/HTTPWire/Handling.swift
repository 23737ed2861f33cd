/// What a transport (socket, Lambda, command line) asks the service. One value serves all
/// transports and threads.
package protocol RequestHandling: Sendable {
    /// Decides on a whole head, before any of the body is read. Called on an event loop: it may
    /// not wait, and reads no file.
    func admit(_ head: RequestHead) -> Admission

    /// The response to bytes that are no request, or to a body that broke off.
    /// - path: what the request line names, where it came that far; errors follow its convention.
    func refuse(_ error: HTTPError, path: String?) -> Response

    /// The server stops: readiness is over before the first connection is turned away.
    func willStop()
}

extension RequestHandling {
    package func willStop() {}
}

/// What becomes of a request whose head is known.
package enum Admission: Sendable {
    /// Answered at once, whatever body follows.
    case response(Response)
    /// Let in: its work begins, and its body is read as it is asked for.
    case exchange(any Exchange)
    /// The connection becomes a WebSocket.
    case upgrade(WebSocketUpgrade, any WebSocketHandling)
}

/// Why a request's work is no longer wanted.
package enum CancellationReason: Sendable {
    case clientGone
    case serverStopping
    /// The platform, not we, bounds the time, and it is over.
    case deadlinePassed
    /// The body was refused; the response to that is made already.
    case refused
}

/// One admitted request. Lives until its response has been sent: what it holds of the memory budget
/// is held so long.
package protocol Exchange: AnyObject, Sendable {
    /// Bytes of body that are read at most; one more is 413.
    var bodyBytesMax: Int { get }

    /// When its work must be over. A write that still waits for its client then is given up.
    var deadline: ContinuousClock.Instant { get }

    /// Charges bytes of the body that are kept, before they are. Any thread.
    /// - Throws: `.overloaded` where the memory budget has no room for them, with nothing charged.
    func charge(_ bytes: Int) throws(HTTPError)

    /// Gives back what `charge` took. Any thread.
    func release(_ bytes: Int)

    /// Makes the response. Runs in a task of its own, from the moment that the head was let in;
    /// returns when the response is whole. What of the body is not pulled then is passed over, or
    /// ends the connection.
    /// - Throws: what the body threw, or what is wrong with it. Where nothing was sent yet, the
    ///   transport responds; a response that has begun breaks off.
    func respond(to sink: any ResponseSink, body: any RequestBody) async throws(HTTPError)

    /// Raises the work's cancellation. Any thread; the first reason counts.
    func cancel(_ reason: CancellationReason)
}

/// Where a response goes. Used by one task at a time, in the order begin, write…, end.
package protocol ResponseSink: AnyObject, Sendable {
    /// Sends a whole response.
    func send(_ response: Response) async

    /// Begins a streamed response. Where the head tells `bodyBytes`, exactly so many are written,
    /// or the response is aborted.
    func begin(_ head: ResponseHead) async

    /// Whether a write of so many bytes would wait now, because the client reads too slowly.
    func wouldWait(for bytes: Int) -> Bool

    /// Sends a piece; waits while the client reads too slowly.
    /// - Returns: false when the client has gone, or the exchange's deadline has passed; nothing
    ///   more need be sent.
    func write(_ piece: [UInt8]) async -> Bool

    /// Whether nothing leaves before the end: a response costs nobody's time by being whole.
    var isCollected: Bool { get }

    /// Puts bytes in the place of others that were written before, where the transport still has
    /// them; a stream that has left stays as it is. Before `end`.
    func amend(_ bytes: [UInt8], at offset: Int) async

    /// Ends a streamed response with trailer fields.
    func end(trailers: [(String, String)]) async

    /// Breaks a streamed response off, so that the client sees that it is not whole.
    func abort() async
}

extension ResponseSink {
    /// A file takes what it is given.
    package func wouldWait(for bytes: Int) -> Bool { false }
    /// A socket sends what it is given.
    package var isCollected: Bool { false }
    /// A socket has sent what it was given.
    package func amend(_ bytes: [UInt8], at offset: Int) async {}
}
