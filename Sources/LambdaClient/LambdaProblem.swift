import HTTPWire

/// What only this transport has to tell a client, as RFC 9457 has it.
enum LambdaProblem {
    case responseTooLarge(bytesMax: Int)
    case deadlinePassed
    case codedBody
    case spoiledBody
    case responseBroken

    private struct Body: Encodable {
        let type: String
        let title: String
        let status: Int
        let detail: String
        let instance: String
        var limit: String?
        var field: String?
    }

    var status: Int {
        switch self {
        case .responseTooLarge: 502
        case .deadlinePassed: 504
        case .codedBody, .spoiledBody: 415
        case .responseBroken: 500
        }
    }

    /// - requestID: the platform's id of the invocation.
    func response(requestID: String) -> Response {
        let (kind, detail) = text
        var body = Body(
            type: "/docs#\(kind)", title: reasonPhrase(status), status: status, detail: detail,
            instance: requestID)
        switch self {
        case .responseTooLarge(let bytesMax): body.limit = "\(bytesMax) bytes"
        case .codedBody: (body.field, body.limit) = ("Content-Encoding", "identity")
        case .spoiledBody: (body.field, body.limit) = ("Content-Type", "binaryMediaTypes")
        case .deadlinePassed, .responseBroken: break
        }
        var response = Response(
            status: status, type: "application/problem+json", body: encoded(body))
        response.head.add("X-Request-Id", requestID)
        return response
    }

    private var text: (kind: String, detail: String) {
        switch self {
        case .responseTooLarge:
            (
                "answer-too-large",
                "The response is longer than the platform hands on. Use a Function URL with "
                    + "response streaming and AVATAR_LAMBDA_STREAM=1, or ask for less: a shorter "
                    + "text or clip, a smaller size, or a compressed response_format."
            )
        case .deadlinePassed:
            (
                "deadline",
                "The function's time was over before the response was whole. Send a shorter text or "
                    + "clip, or raise the function's timeout."
            )
        case .codedBody:
            ("encoding-unsupported", "Behind this gateway a body comes without a coding.")
        case .spoiledBody:
            (
                "media-type",
                "The body came as text where bytes were meant, and is spoiled. Let the gateway hand "
                    + "it on in base64: list its type in the API's binaryMediaTypes, or */* for all."
            )
        case .responseBroken: ("internal", "The response could not be finished.")
        }
    }
}
