import FoundationEssentials

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
    static let responseRefused = InvocationError(
        errorType: "Runtime.AnswerRefused",
        errorMessage: "The platform did not take the response.")
    static let responseBroken = InvocationError(
        errorType: "Runtime.AnswerBroken",
        errorMessage: "The response broke off; what was sent is not whole.")
    static let deadlinePassed = InvocationError(
        errorType: "Runtime.DeadlinePassed",
        errorMessage: "The function's time was over before the response was whole.")
    static let streamTooLarge = InvocationError(
        errorType: "Runtime.AnswerTooLarge",
        errorMessage: "A streamed response has at most \(LambdaSettings.streamBytesMax) bytes.")
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
