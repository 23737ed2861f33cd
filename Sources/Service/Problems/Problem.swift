import FoundationEssentials
import HTTPWire

/// A response that tells what was wrong: RFC 9457, with the field, the limit and what came.
struct Problem: Error, Equatable {
    let status: Int
    let kind: ProblemKind
    let detail: String
    var field: String?
    var limit: String?
    var got: String?
    var retryAfterSeconds: Int?
    /// For 405: what the path does take.
    var allow: String?
    /// For 416: how long the whole is (RFC 9110 §14.4).
    var contentRange: String?

    /// What else the response's head tells.
    var headers: [String: String] = [:]

    /// - status: where it is not the kind's own.
    init(
        _ kind: ProblemKind, status: Int? = nil, _ detail: String, field: String? = nil,
        limit: String? = nil, got: String? = nil, retryAfterSeconds: Int? = nil,
        allow: String? = nil
    ) {
        self.status = status ?? kind.status
        self.kind = kind
        self.detail = detail
        self.field = field
        self.limit = limit
        self.got = got
        self.retryAfterSeconds = retryAfterSeconds
        self.allow = allow
    }

    /// - requestID: becomes `instance`, and the log's key.
    func response(
        requestID: String, fields: [(String, String)] = [], style: ErrorStyle = .problem
    ) -> Response {
        var response = Response(
            status: status, type: style.mediaType, body: bytes(requestID: requestID, style))
        response.head.addCommonFields(requestID: requestID, fields)
        if status == 401 { response.head.add("WWW-Authenticate", "Bearer") }
        if let retryAfterSeconds {
            response.head.add("Retry-After", String(retryAfterSeconds))
        }
        if let allow { response.head.add("Allow", allow) }
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            response.head.add(name, value)
        }
        if let contentRange { response.head.add("Content-Range", contentRange) }
        return response
    }

    /// The body alone, for an event.
    func bytes(requestID: String, _ style: ErrorStyle) -> [UInt8] {
        json(style == .problem ? value(requestID: requestID) : foreignBody(style))
    }

    /// The body as RFC 9457 has it.
    func value(requestID: String) -> JSONValue {
        var body: [String: JSONValue] = [
            "type": .string("/docs#\(kind.rawValue)"), "title": .string(reasonPhrase(status)),
            "status": .number(Double(status)), "detail": .string(detail),
            "instance": .string(requestID),
        ]
        body["field"] = field.map { .string($0) }
        body["limit"] = limit.map { .string($0) }
        body["got"] = got.map { .string(clipped($0)) }
        return .object(body)
    }

    /// What a client sent is repeated to it only so far.
    func clipped(_ text: String) -> String {
        text.count <= 80 ? text : String(text.prefix(80)) + "…"
    }
}

/// A value as JSON bytes, keys in order, slashes as they are.
func json(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Only non-finite numbers fail, and no response of ours holds one.
    return (try? encoder.encode(value)).map(Array.init) ?? Array("null".utf8)
}

extension ResponseHead {
    /// What every response bears.
    /// - fields: those of the request's own, as for sharing with pages of other origins.
    mutating func addCommonFields(requestID: String?, _ fields: [(String, String)] = []) {
        if let requestID { add("X-Request-Id", requestID) }
        // What was asked for decides on the type, never what the bytes look like (Fetch §3.6).
        if value("x-content-type-options") == nil { add("X-Content-Type-Options", "nosniff") }
        for (name, value) in fields { add(name, value) }
    }
}
