import FoundationEssentials

/// What of an event is read; one type for all kinds, since each names its parts for itself.
struct LambdaEvent: Decodable {
    struct Context: Decodable {
        struct HTTP: Decodable {
            let method: String
        }
        /// Its presence is what tells; nothing in it is needed.
        struct Balancer: Decodable {}

        let http: HTTP?
        let elb: Balancer?
        let domainName: String?
        let stage: String?
        /// REST: the path as the client asked for it.
        let path: String?
    }

    let version: String?
    let httpMethod: String?
    let path: String?
    /// REST: the template that the path was matched with, as in "/{proxy+}".
    let resource: String?
    let pathParameters: [String: String?]?
    let rawPath: String?
    let rawQueryString: String?
    let headers: [String: String?]?
    let multiValueHeaders: [String: [String]?]?
    let queryStringParameters: [String: String?]?
    let multiValueQueryStringParameters: [String: [String]?]?
    let cookies: [String]?
    let body: String?
    let isBase64Encoded: Bool?
    let requestContext: Context?
    let warmup: Bool?
    let engines: [String]?
}

/// Who sent an event, and so the shape in which it wants its response.
enum LambdaEventShape: Equatable {
    /// API Gateway REST, and HTTP API with payload format 1.0.
    case restV1
    /// HTTP API with payload format 2.0, and Function URL.
    case httpV2
    /// Application Load Balancer; headers come in one of two forms, never both.
    case balancer(isMultiValue: Bool)
    /// A warm-up event: its response is the body alone.
    case direct

    var responseBytesMax: Int {
        switch self {
        case .balancer: LambdaSettings.balancerResponseBytesMax
        case .restV1, .httpV2, .direct: LambdaSettings.responseBytesMax
        }
    }

    /// Whether a response in this shape can leave while it is made.
    var canStream: Bool {
        switch self {
        case .restV1, .httpV2: true
        case .balancer, .direct: false
        }
    }
}

/// An event as a request: a head for `parseHead`, and its body.
struct LambdaEventRequest: Equatable {
    let shape: LambdaEventShape
    let head: [UInt8]
    let body: [UInt8]
    /// The body was bytes, and the gateway handed it on as if it were text.
    var isSpoiled = false
}

/// Reads an event.
/// - invocationID: becomes `X-Request-Id` where the client sent none.
/// - apiKey: sent with a warm-up event.
/// - Throws: `.badEvent` for whatever is no HTTP event and no warm-up.
func readEvent(
    _ bytes: [UInt8], invocationID: String, apiKey: String?
) throws(InvocationError) -> LambdaEventRequest {
    let event: LambdaEvent
    do {
        event = try JSONDecoder().decode(LambdaEvent.self, from: Data(bytes))
    } catch {
        // What is wrong with it stands in nobody's log: it may quote the event.
        throw .badEvent
    }
    if event.requestContext?.elb != nil {
        guard let method = event.httpMethod else { throw .badEvent }
        let shape = LambdaEventShape.balancer(isMultiValue: event.multiValueHeaders != nil)
        return try makeRequest(
            event, shape, method: method, path: event.path ?? "/",
            // The balancer hands the query on as it came, still coded.
            query: queryText(event, isCoded: true), invocationID: invocationID)
    }
    if event.version == "2.0", let method = event.requestContext?.http?.method {
        return try makeRequest(
            event, .httpV2, method: method, path: pathWithoutStage(event),
            query: percentCoded(event.rawQueryString ?? "", keeps: isQueryByte),
            invocationID: invocationID)
    }
    if let method = event.httpMethod {
        return try makeRequest(
            event, .restV1, method: method, path: restPath(event),
            query: queryText(event, isCoded: false), invocationID: invocationID)
    }
    guard event.warmup == true else { throw .badEvent }
    return warmupRequest(engines: event.engines, invocationID: invocationID, apiKey: apiKey)
}

/// HTTP APIs put a stage that is not `$default` before the path.
private func pathWithoutStage(_ event: LambdaEvent) -> String {
    without(stage: event.requestContext?.stage, event.rawPath ?? "/")
}

private func without(stage: String?, _ path: String) -> String {
    guard let stage, stage != "$default", !stage.isEmpty else { return path }
    if path == "/\(stage)" { return "/" }
    return path.hasPrefix("/\(stage)/") ? String(path.dropFirst(stage.count + 1)) : path
}

/// A REST API's path comes without its stage, but with what a custom domain is mapped by; that of
/// an HTTP API in format 1.0 comes with its stage. What the gateway matched tells: a route may be
/// called as a stage is ("v1").
private func restPath(_ event: LambdaEvent) -> String {
    let path = event.path ?? "/"
    if let matched = matchedPath(event), path.hasSuffix(matched) { return matched }
    let stage = event.requestContext?.stage
    // The client's path has one stage more than ours: ours has none.
    if let stage, event.requestContext?.path == "/\(stage)\(path)" { return path }
    return without(stage: stage, path)
}

/// The template of the path with its parameters filled in; nil where one is missing.
private func matchedPath(_ event: LambdaEvent) -> String? {
    guard let resource = event.resource, resource.hasPrefix("/") else { return nil }
    var parts: [Substring] = []
    for part in resource.split(separator: "/") {
        guard part.hasPrefix("{"), part.hasSuffix("}") else {
            parts.append(part)
            continue
        }
        let name = part.dropFirst().dropLast()
        let key = String(name.hasSuffix("+") ? name.dropLast() : name)
        guard let value = event.pathParameters?[key] ?? nil, !value.isEmpty else { return nil }
        parts.append(value[...])
    }
    return "/" + parts.joined(separator: "/")
}

/// The query as it would stand in a target; names in order, values in theirs.
private func queryText(_ event: LambdaEvent, isCoded: Bool) -> String {
    var pairs: [(String, String)] = []
    if let many = event.multiValueQueryStringParameters {
        for (name, values) in many.sorted(by: { $0.key < $1.key }) {
            for value in values ?? [] { pairs.append((name, value)) }
        }
    } else {
        for (name, value) in (event.queryStringParameters ?? [:]).sorted(by: { $0.key < $1.key }) {
            pairs.append((name, value ?? ""))
        }
    }
    func coded(_ text: String) -> String {
        isCoded
            ? percentCoded(text, keeps: { isQueryByte($0) && $0 != 0x26 && $0 != 0x3D })
            : percentCoded(text, keeps: isUnreserved, keepsEscapes: false)
    }
    return pairs.map { "\(coded($0.0))=\(coded($0.1))" }.joined(separator: "&")
}

private func makeRequest(
    _ event: LambdaEvent, _ shape: LambdaEventShape, method: String, path: String, query: String,
    invocationID: String
) throws(InvocationError) -> LambdaEventRequest {
    let body = try bodyBytes(event)
    var fields: [(String, String)] = []
    if let many = event.multiValueHeaders {
        for (name, values) in many.sorted(by: { $0.key < $1.key }) {
            for value in values ?? [] { fields.append((name, value)) }
        }
    } else {
        for (name, value) in (event.headers ?? [:]).sorted(by: { $0.key < $1.key }) {
            if let value { fields.append((name, value)) }
        }
    }
    if let cookies = event.cookies, !cookies.isEmpty {
        fields.append(("cookie", cookies.joined(separator: "; ")))
    }
    let target = percentCoded(path.isEmpty ? "/" : path, keeps: isPathByte)
    return LambdaEventRequest(
        shape: shape,
        head: headBytes(
            method: method, target: query.isEmpty ? target : "\(target)?\(query)", fields: fields,
            host: event.requestContext?.domainName ?? "localhost", bodyCount: body.count,
            requestID: invocationID),
        body: body,
        isSpoiled: isSpoiled(
            event, type: fields.first { $0.0.lowercased() == "content-type" }?.1))
}

/// Whether the body is what a gateway makes of bytes that it takes for text: it hands binary types
/// on in base64 only where it is told to.
private func isSpoiled(_ event: LambdaEvent, type: String?) -> Bool {
    guard event.isBase64Encoded != true, let body = event.body, !body.isEmpty,
        let type = type?.lowercased()
    else { return false }
    let media = ["audio/", "video/", "image/", "application/octet-stream", "application/ogg"]
    if media.contains(where: type.hasPrefix) { return true }
    // A file in a form: what is no UTF-8 became U+FFFD, or each byte a character of its own, so
    // that there are controls which no text has.
    return type.hasPrefix("multipart/") && body.contains("filename")
        && body.unicodeScalars.contains { $0 == "\u{FFFD}" || (0x80...0x9F).contains($0.value) }
}

private func bodyBytes(_ event: LambdaEvent) throws(InvocationError) -> [UInt8] {
    guard let text = event.body else { return [] }
    guard event.isBase64Encoded == true else { return Array(text.utf8) }
    guard let decoded = Data(base64Encoded: text) else { throw .badEvent }
    return Array(decoded)
}

private func warmupRequest(
    engines: [String]?, invocationID: String, apiKey: String?
) -> LambdaEventRequest {
    let body = engines.map { encoded(["engines": $0]) } ?? []
    var fields = [("content-type", "application/json")]
    if let apiKey { fields.append(("authorization", "Bearer \(apiKey)")) }
    return LambdaEventRequest(
        shape: .direct,
        head: headBytes(
            method: "POST", target: "/warmup", fields: fields, host: "localhost",
            bodyCount: body.count, requestID: invocationID),
        body: body)
}
