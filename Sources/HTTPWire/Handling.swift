/// What a door (socket, Lambda, …) asks the service. One value serves all doors and threads.
package protocol RequestHandling: Sendable {
    /// Decides on a whole head, before any of the body is read. Called on an event loop: it may
    /// not wait.
    func admit(_ head: RequestHead) -> Admission

    /// The answer to bytes that are no request, or to a body that broke off.
    /// - path: what the request line names, where it came that far; errors follow its convention.
    func refuse(_ error: WireError, path: String?) -> Response
}

/// What becomes of a request whose head is known.
package enum Admission: Sendable {
    /// Answered at once, whatever body follows.
    case answer(Response)
    /// Let in: its body is read, then it is answered.
    case exchange(any Exchange)
}

/// One admitted request. Its permit is given back when the last reference goes.
package protocol Exchange: AnyObject, Sendable {
    /// Bytes of body that are read at most; one more is 413.
    var bodyBytesMax: Int { get }

    /// Takes the next piece of the body. Called on the event loop, in order; may not wait.
    func receive(_ piece: ArraySlice<UInt8>) throws(WireError)

    /// The body is whole; called once, before `respond`.
    func endBody() throws(WireError)

    /// Makes the answer. Runs in a task of its own; returns when the answer is whole.
    func respond(to sink: any ResponseSink) async

    /// The client has left or the server stops: raises the work's cancellation. Any thread.
    func cancel()
}

/// Where an answer goes. Used by one task at a time, in the order begin, write…, end.
package protocol ResponseSink: AnyObject, Sendable {
    /// Sends a whole answer.
    func send(_ response: Response) async

    /// Begins a streamed answer. Where the head tells `bodyBytes`, exactly so many are written, or
    /// the answer is aborted.
    func begin(_ head: ResponseHead) async

    /// Sends a piece; waits while the client reads too slowly.
    /// - Returns: false when the client has gone; nothing more need be sent.
    func write(_ piece: [UInt8]) async -> Bool

    /// Ends a streamed answer with trailer fields.
    func end(trailers: [(String, String)]) async

    /// Breaks a streamed answer off, so that the client sees that it is not whole.
    func abort() async
}
