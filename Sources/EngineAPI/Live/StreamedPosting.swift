/// Posts to another host and reads the response as it comes.
package protocol StreamedPosting: Sendable {
    /// Sends one request, and returns when its response has ended. A redirect is a response like
    /// any other. A cancellation ends the transfer within 50 ms.
    /// - onPiece: called in order, on a thread of the poster's, with the response's status and the
    ///   next bytes of its body; it may not wait.
    func post(
        _ request: StreamedPost, cancellation: Cancellation,
        onPiece: @escaping @Sendable (_ status: Int, _ bytes: [UInt8]) -> Void
    ) async -> StreamedPostOutcome
}

/// A request whose response is read as it comes.
package struct StreamedPost: Sendable {
    package var url: String
    package var body: [UInt8]
    package var fields: [(String, String)]
    /// From the beginning until the first byte of the response's body.
    package var firstByteSecondsMax = 10
    /// In all.
    package var secondsMax = 60
    /// Of the response's body.
    package var bytesMax = 8 << 20

    package init(url: String, body: [UInt8], fields: [(String, String)]) {
        self.url = url
        self.body = body
        self.fields = fields
    }
}

/// How a posted request ended.
package enum StreamedPostOutcome: Sendable, Equatable {
    /// The response came to its end.
    case whole(status: Int)
    case cancelled
    case timedOut
    /// libcurl's code; -1 where the library is missing. Also a response that broke off.
    case failed(code: Int32)
    /// More than `bytesMax`.
    case tooLong
}
