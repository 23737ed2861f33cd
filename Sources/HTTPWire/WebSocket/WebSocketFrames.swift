// A server's frames (RFC 6455 §5): whole, and without a mask.

/// Of a frame that begins and ends a message, or of a control frame.
package enum WebSocketFrameKind: UInt8, Sendable {
    case text = 0x81
    case binary = 0x82
    case close = 0x88
    case ping = 0x89
    case pong = 0x8A
}

/// What stands before a payload of so many bytes.
package func webSocketFrameHead(_ kind: WebSocketFrameKind, payloadBytes: Int) -> [UInt8] {
    precondition(payloadBytes >= 0)
    var head = [kind.rawValue]
    switch payloadBytes {
    case ..<126: head.append(UInt8(payloadBytes))
    case ..<65_536: head += [126, UInt8(payloadBytes >> 8), UInt8(payloadBytes & 0xFF)]
    default:
        head.append(127)
        for shift in stride(from: 56, through: 0, by: -8) {
            head.append(UInt8(truncatingIfNeeded: payloadBytes >> shift))
        }
    }
    return head
}

/// A whole ping or pong.
package func webSocketControlFrame(
    _ kind: WebSocketFrameKind, _ payload: [UInt8]
) -> [UInt8] {
    precondition(payload.count <= 125, "a control frame is short")
    return webSocketFrameHead(kind, payloadBytes: payload.count) + payload
}

/// A close frame. A reason that is too long is cut before a character; a code that may not be sent
/// is left out, as is the reason then.
package func webSocketCloseFrame(_ close: WebSocketClose) -> [UInt8] {
    guard let code = close.code, WebSocketClose.isSendable(code) else {
        return webSocketControlFrame(.close, [])
    }
    var reason = Array(close.reason.utf8)
    if reason.count > 123 {
        var end = 123
        while end > 0, reason[end] & 0xC0 == 0x80 { end -= 1 }
        reason.removeSubrange(end...)
    }
    return webSocketControlFrame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
}
