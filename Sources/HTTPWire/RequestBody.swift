/// A request's body, pulled piece by piece. Used by one task at a time.
///
/// The transport reads from its client only while somebody asks, or while little of what came waits
/// here, so that a slow reader holds the client back.
package protocol RequestBody: Sendable {
    /// The next bytes, never none; waits for them. Nil at the end, also when asked again.
    ///
    /// What is returned stays charged to the exchange (`Exchange.charge`): whoever lets go of it
    /// before the exchange ends gives it back with `Exchange.release`.
    /// - Throws: what is wrong with the body: `.bodyTooLarge`, `.badChunk`, `.badContentCoding`,
    ///   `.overloaded`, `.tooSlow`, `.endedEarly`; `.clientGone` with nobody to respond to;
    ///   `.cancelled` when the server stops. What waited here is gone then. A pull whose task is
    ///   cancelled throws `.cancelled` too, and loses nothing.
    func next() async throws(HTTPError) -> [UInt8]?
}

/// Of a request without a body.
package struct EmptyRequestBody: RequestBody {
    package init() {}
    package func next() async throws(HTTPError) -> [UInt8]? { nil }
}
