import FoundationEssentials
import HTTPWire

/// An answer as a gateway takes it; which parts are there depends on the gateway.
private struct GatewayAnswer: Encodable {
    let statusCode: Int
    var statusDescription: String?
    var headers: [String: String]?
    var multiValueHeaders: [String: [String]]?
    var cookies: [String]?
    var body: String?
    var isBase64Encoded: Bool?
}

/// A whole answer in the shape that its event asks for.
/// - Returns: nil when it is longer than the platform takes.
func gatewayBytes(_ response: Response, _ shape: GatewayShape) -> [UInt8]? {
    // Base64 grows by a third: what can't fit need not be made.
    guard response.body.count <= shape.answerBytesMax else { return nil }
    if shape == .direct { return response.body.isEmpty ? Array("null".utf8) : response.body }
    var answer = prelude(response.head, shape)
    if let text = plainText(response) {
        (answer.body, answer.isBase64Encoded) = (text, false)
    } else {
        guard response.body.count / 3 * 4 <= shape.answerBytesMax else { return nil }
        answer.body = Data(response.body).base64EncodedString()
        answer.isBase64Encoded = true
    }
    let bytes = encoded(answer)
    return bytes.count <= shape.answerBytesMax ? bytes : nil
}

/// What stands before the body of a streamed answer: the head as JSON, and eight NULs.
func streamPrelude(_ head: ResponseHead, _ shape: GatewayShape) -> [UInt8] {
    var head = head
    // The platform has no way to hand trailers on.
    head.fields.removeAll { $0.name.lowercased() == "trailer" }
    return encoded(prelude(head, shape)) + [UInt8](repeating: 0, count: 8)
}

/// The head with the trailer fields of an answer that is whole by now: they know better.
func merged(_ head: ResponseHead, trailers: [(String, String)]) -> ResponseHead {
    let later = Set(trailers.map { $0.0.lowercased() })
    var head = head
    head.fields.removeAll { later.contains($0.name.lowercased()) || $0.name == "Trailer" }
    for (name, value) in trailers { head.add(name, value) }
    return head
}

private func prelude(_ head: ResponseHead, _ shape: GatewayShape) -> GatewayAnswer {
    var answer = GatewayAnswer(statusCode: head.status)
    switch shape {
    case .restV1: answer.multiValueHeaders = listed(head)
    case .httpV2:
        let cookies = head.fields.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
        if !cookies.isEmpty { answer.cookies = cookies }
        answer.headers = joined(head)
    case .balancer(let isMultiValue):
        answer.statusDescription = "\(head.status) \(reasonPhrase(head.status))"
        if isMultiValue {
            answer.multiValueHeaders = listed(head)
        } else {
            answer.headers = joined(head)
            // One line is all that this form can carry.
            answer.headers?["Set-Cookie"] = head.value("set-cookie")
        }
    case .direct: break
    }
    return answer
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
