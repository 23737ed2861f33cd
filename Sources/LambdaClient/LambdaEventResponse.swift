import FoundationEssentials
import HTTPWire

/// A response as a gateway takes it; which parts are there depends on the gateway.
private struct LambdaEventResponse: Encodable {
    let statusCode: Int
    var statusDescription: String?
    var headers: [String: String]?
    var multiValueHeaders: [String: [String]]?
    var cookies: [String]?
    var body: String?
    var isBase64Encoded: Bool?
}

/// A whole response in the shape that its event asks for.
/// - Returns: nil when it is longer than the platform takes.
func lambdaEventBytes(_ response: Response, _ shape: LambdaEventShape) -> [UInt8]? {
    // Base64 grows by a third: what can't fit need not be made.
    guard response.body.count <= shape.responseBytesMax else { return nil }
    if shape == .direct { return response.body.isEmpty ? Array("null".utf8) : response.body }
    var event = prelude(response.head, shape)
    if let text = plainText(response) {
        (event.body, event.isBase64Encoded) = (text, false)
    } else {
        guard response.body.count / 3 * 4 <= shape.responseBytesMax else { return nil }
        event.body = Data(response.body).base64EncodedString()
        event.isBase64Encoded = true
    }
    let bytes = encoded(event)
    return bytes.count <= shape.responseBytesMax ? bytes : nil
}

/// What stands before the body of a streamed response: the head as JSON, and eight NULs.
func streamPrelude(_ head: ResponseHead, _ shape: LambdaEventShape) -> [UInt8] {
    var head = head
    // The platform has no way to hand trailers on.
    head.fields.removeAll { $0.name.lowercased() == "trailer" }
    return encoded(prelude(head, shape)) + [UInt8](repeating: 0, count: 8)
}

/// The head with the trailer fields of a response that is whole by now: they know better.
func merged(_ head: ResponseHead, trailers: [(String, String)]) -> ResponseHead {
    let later = Set(trailers.map { $0.0.lowercased() })
    var head = head
    head.fields.removeAll { later.contains($0.name.lowercased()) || $0.name == "Trailer" }
    for (name, value) in trailers { head.add(name, value) }
    return head
}

private func prelude(_ head: ResponseHead, _ shape: LambdaEventShape) -> LambdaEventResponse {
    var response = LambdaEventResponse(statusCode: head.status)
    switch shape {
    case .restV1: response.multiValueHeaders = listed(head)
    case .httpV2:
        let cookies = head.fields.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
        if !cookies.isEmpty { response.cookies = cookies }
        response.headers = joined(head)
    case .balancer(let isMultiValue):
        response.statusDescription = "\(head.status) \(reasonPhrase(head.status))"
        if isMultiValue {
            response.multiValueHeaders = listed(head)
        } else {
            response.headers = joined(head)
            // One line is all that this form can carry.
            response.headers?["Set-Cookie"] = head.value("set-cookie")
        }
    case .direct: break
    }
    return response
}

private func listed(_ head: ResponseHead) -> [String: [String]] {
    var all: [String: [String]] = [:]
    for field in head.fields { all[spelling(field.name, all.keys), default: []] += [field.value] }
    return all
}

/// RFC 9110 §5.3: lines of one name are one list; cookies are not.
private func joined(_ head: ResponseHead) -> [String: String] {
    var all: [String: String] = [:]
    for field in head.fields where field.name.lowercased() != "set-cookie" {
        let name = spelling(field.name, all.keys)
        all[name] = all[name].map { "\($0), \(field.value)" } ?? field.value
    }
    return all
}

/// The name as it stands already, in whatever case.
private func spelling(_ name: String, _ known: some Sequence<String>) -> String {
    let lower = name.lowercased()
    return known.first { $0.lowercased() == lower } ?? name
}

/// The body as it is, where it is a text by type and by bytes.
private func plainText(_ response: Response) -> String? {
    if response.body.isEmpty { return "" }
    guard let type = response.head.value("content-type")?.lowercased(),
        response.head.value("content-encoding") == nil,
        type.hasPrefix("text/") || type.hasPrefix("application/json")
            || type.hasPrefix("application/problem+json")
            || type.hasPrefix("application/x-subrip")
    else { return nil }
    return String(validating: response.body, as: UTF8.self)
}
