/// A response's status and fields; framing fields are the transport's business.
package struct ResponseHead: Sendable, Equatable {
    package var status: Int
    package var fields: [Field]
    /// Bytes of a streamed body, where they are known before it begins.
    package var bodyBytes: Int?

    /// One field line.
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package init(status: Int, fields: [(String, String)] = []) {
        self.status = status
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    /// Adds a field. Bytes that a field may not hold become `?`, so that nothing of a client can
    /// split a response (RFC 9110 §5.5).
    package mutating func add(_ name: String, _ value: String) {
        let isClean = value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        let safe =
            isClean
            ? value
            : String(
                decoding: value.utf8.map { $0 >= 0x20 && $0 < 0x7F ? $0 : 0x3F }, as: UTF8.self)
        fields.append(Field(name: name, value: safe))
    }

    package func value(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name }?.value
    }
}

/// A whole response that is known when it begins.
package struct Response: Sendable, Equatable {
    package var head: ResponseHead { didSet { constantPart = [] } }
    package var body: [UInt8] { didSet { constantPart = [] } }
    /// The connection ends after it.
    package var closes = false
    /// The head's constant part, where it was made ahead; gone when the head or body changes.
    fileprivate var constantPart: [UInt8] = []

    package init(head: ResponseHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }

    package init(status: Int, type: String, body: [UInt8], fields: [(String, String)] = []) {
        head = ResponseHead(status: status, fields: [("Content-Type", type)] + fields)
        self.body = body
    }
}

/// How long a response's body will be, as the head must say it.
package enum ResponseLength: Sendable, Equatable {
    case exactly(Int)
    /// Streamed: chunked to 1.1, until close to 1.0.
    case unknown
}

/// What becomes of the connection after a response, as its head must say it (RFC 9112 §9.3).
package enum Persistence: Sendable, Equatable {
    case closes
    /// HTTP/1.1 keeps it without a word.
    case keeps
    /// HTTP/1.0 keeps it only where both sides say so.
    case keepsForHTTP10

    package init(keepsAlive: Bool, isHTTP11: Bool) {
        self = keepsAlive ? (isHTTP11 ? .keeps : .keepsForHTTP10) : .closes
    }
}

/// Writes a status line and fields.
/// - date: IMF-fixdate of now.
/// - isChunked: frames a body of unknown length; otherwise it lasts until the close.
package func serialise(
    _ head: ResponseHead, length: ResponseLength, isChunked: Bool, persistence: Persistence,
    date: String
) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(256)
    appendConstantPart(head, length: length, isChunked: isChunked, to: &out)
    appendVaryingPart(persistence: persistence, date: date, to: &out)
    return out
}

/// What is the same each time that a head is sent: status line, fields, framing.
private func appendConstantPart(
    _ head: ResponseHead, length: ResponseLength, isChunked: Bool, to out: inout [UInt8]
) {
    out.append(contentsOf: "HTTP/1.1 ".utf8)
    out.append(contentsOf: String(head.status).utf8)
    out.append(0x20)
    out.append(contentsOf: reasonPhrase(head.status).utf8)
    for field in head.fields { appendField(field.name, field.value, to: &out) }
    // RFC 9110 §8.6: neither 1xx nor 204 has a length, and 304 would have to tell another's.
    guard head.status >= 200, head.status != 204, head.status != 304 else { return }
    switch length {
    case .exactly(let count): appendField("Content-Length", String(count), to: &out)
    case .unknown: if isChunked { appendField("Transfer-Encoding", "chunked", to: &out) }
    }
}

private func appendVaryingPart(persistence: Persistence, date: String, to out: inout [UInt8]) {
    appendField("Date", date, to: &out)
    switch persistence {
    case .closes: appendField("Connection", "close", to: &out)
    case .keeps: break
    case .keepsForHTTP10: appendField("Connection", "keep-alive", to: &out)
    }
    out.append(contentsOf: "\r\n\r\n".utf8)
}

private func appendField(_ name: String, _ value: String, to out: inout [UInt8]) {
    out.append(contentsOf: "\r\n".utf8)
    out.append(contentsOf: name.utf8)
    out.append(contentsOf: ": ".utf8)
    out.append(contentsOf: value.utf8)
}

extension Response {
    /// The same response with the constant part of its head made ahead, for one that is sent often.
    package func prepared() -> Response {
        var response = self
        var bytes: [UInt8] = []
        appendConstantPart(head, length: .exactly(body.count), isChunked: false, to: &bytes)
        response.constantPart = bytes
        return response
    }

    /// Appends the whole response to what waits to be sent.
    package func append(
        to out: inout [UInt8], persistence: Persistence, date: String, isHead: Bool
    ) {
        if constantPart.isEmpty {
            appendConstantPart(head, length: .exactly(body.count), isChunked: false, to: &out)
        } else {
            out.append(contentsOf: constantPart)
        }
        appendVaryingPart(persistence: persistence, date: date, to: &out)
        if !isHead { out.append(contentsOf: body) }
    }
}

/// One chunk of a chunked body; an empty piece would end it and is never passed.
package func chunk(_ piece: [UInt8]) -> [UInt8] {
    precondition(!piece.isEmpty)
    return chunkHead(bytes: piece.count) + piece + [0x0D, 0x0A]
}

/// What stands before a chunk of so many bytes; CRLF follows them.
package func chunkHead(bytes: Int) -> [UInt8] {
    Array(String(bytes, radix: 16).utf8) + [0x0D, 0x0A]
}

/// The end of a chunked body with its trailer fields.
package func lastChunk(trailers: [(String, String)] = []) -> [UInt8] {
    let lines = trailers.map { "\($0.0): \($0.1)\r\n" }.joined()
    return Array("0\r\n\(lines)\r\n".utf8)
}

/// RFC 9110 §15, and 429 and 431 of RFC 6585.
package func reasonPhrase(_ status: Int) -> String {
    switch status {
    case 100: "Continue"
    case 101: "Switching Protocols"
    case 102: "Processing"
    case 200: "OK"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 411: "Length Required"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Status"
    }
}
