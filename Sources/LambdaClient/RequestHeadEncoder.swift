import HTTPWire

/// Fields that say how a message is framed or routed on a wire that is no longer there: we frame
/// the request anew (RFC 9110 §7.6.1).
private let droppedFields: Set<String> = [
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade", "http2-settings", "content-length", "expect", "host",
]

/// The bytes of a request's head. A name that is no token is left out and controls in values
/// become blanks, so that nothing in an event can end a line or a head.
func headBytes(
    method: String, target: String, fields: [(String, String)], host fallback: String,
    bodyCount: Int, requestID: String
) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(1_024)
    out += cleaned(method, blank: 0x3F) + [0x20] + Array(target.utf8)
    out += Array(" HTTP/1.1\r\n".utf8)
    func line(_ name: String, _ value: String) {
        out += Array(name.utf8) + [0x3A, 0x20] + cleaned(value, blank: 0x20) + [0x0D, 0x0A]
    }
    let host = fields.first { $0.0.lowercased() == "host" }?.1
    line("host", host ?? fallback)
    var hasRequestID = false
    for (name, value) in fields {
        let lower = name.lowercased()
        guard isToken(name), !droppedFields.contains(lower) else { continue }
        hasRequestID = hasRequestID || lower == "x-request-id"
        line(name, value)
    }
    if !hasRequestID { line("x-request-id", requestID) }
    if bodyCount > 0 { line("content-length", String(bodyCount)) }
    return out + [0x0D, 0x0A]
}

/// Parses a head that must end exactly where its bytes do, by the rules of the socket.
func parseWhole(_ bytes: [UInt8]) throws(HTTPError) -> RequestHead {
    var scanner = HeadScanner()
    guard let end = try scanner.scan(bytes.span) else { throw .endedEarly }
    guard end == bytes.count, scanner.start == 0 else { throw .badLineEnd }
    return try parseHead(bytes)
}

/// RFC 9110 §5.6.2.
private func isToken(_ name: String) -> Bool {
    !name.isEmpty
        && name.utf8.allSatisfy { isNameByte($0) || "!#$%&'*+.^`|~".utf8.contains($0) }
}

private func cleaned(_ text: String, blank: UInt8) -> [UInt8] {
    text.utf8.map { $0 >= 0x20 && $0 != 0x7F ? $0 : blank }
}

/// Percent-codes what may not stand as it is. Some gateways decode a path and some do not: an
/// escape that is whole is kept where `keepsEscapes`.
func percentCoded(
    _ text: String, keeps: (UInt8) -> Bool, keepsEscapes: Bool = true
) -> String {
    let bytes = Array(text.utf8)
    if bytes.allSatisfy({ keeps($0) }) { return text }
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 16)
    for (index, byte) in bytes.enumerated() {
        let isEscape =
            keepsEscapes && byte == 0x25 && index + 2 < bytes.count
            && isHex(bytes[index + 1]) && isHex(bytes[index + 2])
        if keeps(byte) || isEscape {
            out.append(byte)
        } else {
            out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: out, as: UTF8.self)
}

/// RFC 3986 §2.3.
func isUnreserved(_ byte: UInt8) -> Bool { isNameByte(byte) || byte == 0x2E || byte == 0x7E }

/// RFC 3986 §3.3: `pchar` and the slash, without the percent sign.
func isPathByte(_ byte: UInt8) -> Bool {
    isUnreserved(byte) || "!$&'()*+,;=:@/".utf8.contains(byte)
}

/// RFC 3986 §3.4: the same and the question mark.
func isQueryByte(_ byte: UInt8) -> Bool { isPathByte(byte) || byte == 0x3F }

private func isHex(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
}
