/// Where the platform is, and what bounds a conversation with it.
package struct LambdaSettings: Sendable {
    /// `host:port`, as `AWS_LAMBDA_RUNTIME_API` has it.
    package var runtimeAPI: String
    /// The function's invoke mode is RESPONSE_STREAM: answers leave while they are made.
    package var streams = false
    /// The platform keeps a snapshot of the process once it is ready, and makes copies of it
    /// (SnapStart).
    package var isSnapshotted = false
    /// Sent with warm-up events, which come from whoever may invoke the function directly.
    package var apiKey: String?
    /// After a stop: for what is in flight, before it is cancelled.
    package var graceSeconds = 10

    /// A synchronous invocation carries 6 MB at most.
    static let eventBytesMax = 8 << 20
    /// One buffered answer, its JSON and base64 included.
    static let responseBytesMax = 6_291_556
    /// The same behind an Application Load Balancer, which takes 1 MB.
    static let balancerResponseBytesMax = 1_000_000
    /// One streamed response; the platform breaks it off at 200 MB.
    static let streamBytesMax = 200_000_000
    /// Bytes of a response that wait for the platform to take them.
    static let pipeBytesMax = 256 * 1024
    /// Failed polls in a row after which the runtime gives up; the platform starts a new one.
    static let failuresMax = 6
    /// For posting a response that is whole; six megabytes over loopback take milliseconds.
    static let postSecondsMax = 30

    package init(runtimeAPI: String) { self.runtimeAPI = runtimeAPI }
}

/// Why the transport to the platform failed.
package enum LambdaError: Error, Equatable, Sendable {
    /// The address holds something else than a host and a port.
    case badAddress(String)
    /// The system's code, by its number.
    case connectionFailed(code: Int32)
    /// The platform left in the middle of a response.
    case connectionClosed
    /// What came is no HTTP/1.1 response.
    case badResponse
    /// The platform did not take a request, or did not answer it, in time.
    case timedOut
    case refused(status: Int)
    /// An invocation without an id that can stand in a path.
    case badInvocation
    /// The system's code.
    case threadMissing(code: Int32)
    /// A copy of the snapshot can't serve.
    case restoreFailed
    case stopped
}

/// What happened at the transport, for the log; facts only, nothing of a request's content.
package enum LambdaNote: Equatable, Sendable {
    /// This is a copy of the snapshot that was taken.
    case restored
    case answered(id: String, status: Int, bytes: Int, isStreamed: Bool, milliseconds: Int)
    /// The event was none that is accepted, or its response was not taken; by its error type.
    case failed(id: String, type: String)
    case pollFailed(LambdaError)
    case postFailed(id: String, LambdaError)
}
