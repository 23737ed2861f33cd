/// A well-formed request to turn the connection into a WebSocket (RFC 6455 §4.2.1).
package struct WebSocketUpgrade: Sendable, Equatable {
    /// What proves to the client that its request was understood.
    let acceptKey: String
    /// The subprotocols that the client offers, in its order of preference.
    package let subprotocols: [String]

    /// Reads the request.
    /// - Throws: why it is none; what `WebSocketUpgradeError` says of it belongs in the response.
    package init(_ head: RequestHead) throws(WebSocketUpgradeError) {
        guard head.isMethod("GET") else { throw .badMethod }
        guard head.canUpgrade else { throw .unsupported }
        // RFC 9110 §7.8: an HTTP/1.0 client's Upgrade is ignored.
        guard head.isHTTP11, Self.lists("websocket", head.values("upgrade")),
            Self.lists("upgrade", head.values("connection"))
        else { throw .upgradeMissing }
        let versions = head.values("sec-websocket-version")
        guard versions == ["13"] else { throw .badVersion }
        let keys = head.values("sec-websocket-key")
        guard keys.count == 1, Self.isKey(keys[0].utf8) else { throw .badKey }
        // Its bytes would be taken for frames.
        guard head.framing == .none else { throw .hasBody }
        // §4.2.2: the key as text, with a string that is the same for everybody.
        let proof = sha1(Array((keys[0] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        acceptKey = base64(proof)
        subprotocols = Self.elements(head.values("sec-websocket-protocol"))
    }

    /// The elements of a field that is a list (RFC 9110 §5.6.1).
    private static func elements(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { String($0).trimmingBlanks() }
            .filter { !$0.isEmpty }
    }

    private static func lists(_ wanted: String, _ values: [String]) -> Bool {
        elements(values).contains { $0.lowercased() == wanted }
    }

    /// Base64 of 16 bytes: 22 digits, of which the last has four bits that are zero, and padding.
    private static func isKey(_ text: String.UTF8View) -> Bool {
        let bytes = Array(text)
        return bytes.count == 24 && bytes[0..<22].allSatisfy { base64Digits.contains($0) }
            && "AQgw".utf8.contains(bytes[21]) && bytes[22] == 0x3D && bytes[23] == 0x3D
    }

    /// The response that completes the handshake (§4.2.2), as it goes on the wire.
    /// - subprotocol: one that the client offered, or nil.
    package func response(subprotocol: String?, fields: [(String, String)] = []) -> [UInt8] {
        var head = ResponseHead(
            status: 101,
            fields: [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                ("Sec-WebSocket-Accept", acceptKey),
            ])
        // A subprotocol that was not offered makes the client fail the connection (§4.1).
        if let subprotocol, subprotocols.contains(subprotocol) {
            head.add("Sec-WebSocket-Protocol", subprotocol)
        }
        for (name, value) in fields { head.add(name, value) }
        let lines = head.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        return Array("HTTP/1.1 101 Switching Protocols\r\n\(lines)\r\n".utf8)
    }
}

/// Why a request is no handshake.
package enum WebSocketUpgradeError: Error, Equatable, Sendable {
    case badMethod
    /// The transport has no WebSockets.
    case unsupported
    /// Nobody asked for an upgrade, or not in HTTP/1.1.
    case upgradeMissing
    /// A protocol version other than 13.
    case badVersion
    /// The key is missing, doubled, or not base64 of 16 bytes.
    case badKey
    /// A handshake has no body.
    case hasBody

    package var status: Int {
        switch self {
        case .badMethod: 405
        case .unsupported: 501
        case .upgradeMissing, .badVersion: 426
        case .badKey, .hasBody: 400
        }
    }

    /// What the response tells the client to send instead (RFC 9110 §15.5.22, RFC 6455 §4.4).
    package var fields: [(String, String)] {
        switch self {
        case .badMethod: [("Allow", "GET")]
        case .upgradeMissing: [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        case .badVersion:
            [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                ("Sec-WebSocket-Version", "13"),
            ]
        case .unsupported, .badKey, .hasBody: []
        }
    }
}

private let base64Digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// RFC 4648 §4.
private func base64(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for digit in 0..<4 {
            out.append(
                digit <= group.count ? base64Digits[bits >> (18 - 6 * digit) & 0x3F] : 0x3D)
        }
    }
    return String(decoding: out, as: UTF8.self)
}
