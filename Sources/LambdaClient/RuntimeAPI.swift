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

    /// Gives an answer back whole.
    func respond(_ id: String, _ body: [UInt8]) throws(LambdaError) {
        try post("invocation/\(id)/response", [("Content-Type", "application/json")], .whole(body))
    }

    /// Gives an answer back piece by piece.
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

/// An error as the platform takes it: shown to whoever invoked the function.
struct InvocationError: Error, Equatable, Encodable {
    let errorType: String
    let errorMessage: String

    var json: [UInt8] { encoded(self) }

    var fields: [(String, String)] {
        [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Function-Error-Type", errorType),
        ]
    }

    /// Names what is accepted, and nothing of what came.
    static let badEvent = InvocationError(
        errorType: "Runtime.BadEvent",
        errorMessage: "The event is none that is accepted: API Gateway REST (v1) or HTTP (v2), "
            + #"Function URL, Application Load Balancer, or {"warmup": true}."#)
    static let eventTooLarge = InvocationError(
        errorType: "Runtime.EventTooLarge",
        errorMessage: "The event is longer than \(LambdaSettings.eventBytesMax) bytes.")
    static let answerRefused = InvocationError(
        errorType: "Runtime.AnswerRefused",
        errorMessage: "The platform did not take the answer.")
    static let answerBroken = InvocationError(
        errorType: "Runtime.AnswerBroken",
        errorMessage: "The answer broke off; what was sent is not whole.")
    static let deadlinePassed = InvocationError(
        errorType: "Runtime.DeadlinePassed",
        errorMessage: "The function's time was over before the answer was whole.")
    static let streamTooLarge = InvocationError(
        errorType: "Runtime.AnswerTooLarge",
        errorMessage: "A streamed answer has at most \(LambdaSettings.streamBytesMax) bytes.")
}

/// A letter, a digit or one of `-_`.
func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
    default: false
    }
}

/// A value as JSON bytes, keys in order, slashes as they are.
func encoded(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Only non-finite numbers fail, and nothing here holds one.
    return (try? encoder.encode(value)).map(Array.init) ?? Array("null".utf8)
}
