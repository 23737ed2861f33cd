import FoundationEssentials

/// One invocation as the platform hands it out.
struct Invocation {
    let id: String
    /// By when the platform kills us, milliseconds since 1970; nil where it does not say.
    let deadlineMilliseconds: Int64?
    let event: [UInt8]
    /// The event was longer than we take.
    let isCut: Bool
}

/// The Lambda Runtime API, version 2018-06-01, over one kept connection. Used by one thread.
struct RuntimeAPI: ~Copyable {
    private static let base = "/2018-06-01/runtime/"
    private let connection: RuntimeConnection

    /// - Throws: `.badAddress`.
    init(address: String) throws(LambdaError) {
        connection = try RuntimeConnection(address: address)
    }

    /// Waits for the next invocation, for as long as it takes.
    func next(isStopped: @escaping () -> Bool) throws(LambdaError) -> Invocation {
        let response = try connection.perform(
            RuntimeRequest(
                path: Self.base + "invocation/next",
                responseBytesMax: LambdaSettings.eventBytesMax,
                limit: WaitLimit(isStopped: isStopped)))
        guard response.status == 200 else { throw .refused(status: response.status) }
        // It becomes part of a path.
        guard let id = response.value("lambda-runtime-aws-request-id"), !id.isEmpty,
            id.utf8.count <= 128, id.utf8.allSatisfy(isNameByte)
        else { throw .badInvocation }
        return Invocation(
            id: id,
            deadlineMilliseconds: response.value("lambda-runtime-deadline-ms").flatMap {
                Int64($0)
            }, event: response.body, isCut: response.isCut)
    }

    /// Waits while the platform takes its snapshot, and until a copy is made. The connection is not
    /// used again: each copy has its own.
    func waitForRestore(isStopped: @escaping () -> Bool) throws(LambdaError) {
        let response = try connection.perform(
            RuntimeRequest(
                path: Self.base + "restore/next", limit: WaitLimit(isStopped: isStopped)))
        connection.close()
        guard response.status == 200 else { throw .refused(status: response.status) }
    }

    /// Tells the platform that a copy can't serve.
    func failRestore(_ error: InvocationError) throws(LambdaError) {
        try post("restore/error", error.fields, .whole(error.json))
    }

    /// Gives a response back whole.
    func respond(_ id: String, _ body: [UInt8]) throws(LambdaError) {
        try post("invocation/\(id)/response", [("Content-Type", "application/json")], .whole(body))
    }

    /// Gives a response back piece by piece.
    /// - next: waits for a piece; nil at the end.
    /// - failure: asked for after the end; an error there tells the platform, in trailers, that
    ///   what it has is not whole.
    func stream(
        _ id: String, limit: WaitLimit, next: @escaping () -> [UInt8]?,
        failure: @escaping () -> InvocationError?
    ) throws(LambdaError) {
        let type = "Lambda-Runtime-Function-Error-Type"
        let body = "Lambda-Runtime-Function-Error-Body"
        let fields = [
            ("Lambda-Runtime-Function-Response-Mode", "streaming"),
            ("Content-Type", "application/vnd.awslambda.http-integration-response"),
            ("Trailer", "\(type), \(body)"),
        ]
        let pieces = RuntimeRequest.Body.pieces(next: next) {
            guard let failure = failure() else { return [] }
            return [(type, failure.errorType), (body, Data(failure.json).base64EncodedString())]
        }
        try post("invocation/\(id)/response", fields, pieces, limit)
    }

    /// Tells the platform that an invocation failed.
    func fail(_ id: String, _ error: InvocationError) throws(LambdaError) {
        try post("invocation/\(id)/error", error.fields, .whole(error.json))
    }

    /// Tells the platform that the program can't start.
    func failInit(_ error: InvocationError) throws(LambdaError) {
        try post("init/error", error.fields, .whole(error.json))
    }

    private func post(
        _ path: String, _ fields: [(String, String)], _ body: RuntimeRequest.Body,
        _ limit: WaitLimit = .seconds(LambdaSettings.postSecondsMax)
    ) throws(LambdaError) {
        let response = try connection.perform(
            RuntimeRequest(path: Self.base + path, fields: fields, body: body, limit: limit))
        guard (200..<300).contains(response.status) else {
            throw .refused(status: response.status)
        }
    }
}
