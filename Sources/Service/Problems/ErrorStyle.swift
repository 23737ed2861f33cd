import HTTPWire

/// How errors are written, by the convention that a path follows.
enum ErrorStyle: Sendable {
    /// RFC 9457, on our own routes.
    case problem
    /// `{"error":{"message","type","param","code"}}`, on `/v1/*`.
    case openAI
    /// `{"error":"…"}`, as whisper.cpp's server has it.
    case whisperCpp

    init(path: String) {
        self =
            path == "/v1" || path.hasPrefix("/v1/")
            ? .openAI : path == "/inference" ? .whisperCpp : .problem
    }

    var mediaType: String { self == .problem ? "application/problem+json" : "application/json" }
}

extension Problem {
    /// The body in a style other than RFC 9457's.
    func foreignBody(_ style: ErrorStyle) -> JSONValue {
        guard style == .openAI else { return ["error": .string(sentence)] }
        return [
            "error": [
                "message": .string(sentence), "type": .string(openAIType),
                "param": openAIField.map(JSONValue.string) ?? .null, "code": .string(openAICode),
            ]
        ]
    }

    /// All of it in words, since those envelopes have no place for the limit.
    private var sentence: String {
        var text = detail
        if let limit { text += " Allowed: \(limit)." }
        if let got { text += " Got: \(clipped(got))." }
        return text
    }

    private var openAIType: String {
        switch status {
        case 429: "requests"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    /// OpenAI calls the text "input", and header fields are no parameters.
    private var openAIField: String? {
        guard let field else { return nil }
        return field == "text" ? "input" : field.contains { $0.isUppercase } ? nil : field
    }

    private var openAICode: String {
        switch kind {
        case .key: "invalid_api_key"
        case .overloaded: "rate_limit_exceeded"
        case .modelMissing: "model_not_found"
        default: String(kind.rawValue.map { $0 == "-" ? "_" : $0 })
        }
    }
}
