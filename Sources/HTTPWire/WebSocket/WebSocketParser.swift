/// What a client's frames come to: a whole message, or a control frame.
package enum WebSocketEvent: Sendable, Equatable {
    /// A text message; the bytes are valid UTF-8.
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// The client ends the connection. Nothing that follows is read.
    case close(WebSocketClose)
}

/// What a message may be.
package struct WebSocketLimits: Sendable {
    /// Over all fragments of a message.
    package var messageBytesMax = 1 << 20
    /// Of a message: a fragment costs more than its bytes.
    package var fragmentsMax = 1_024
    package var takesBinary = true

    package init() {}
}

/// Parses a client's frames (RFC 6455 §5) from pieces of any size. Each byte is looked at once;
/// only the payload of the message and of the control frame that are being read is kept.
package struct WebSocketParser: Sendable {
    private enum Place { case head, payload, closed }

    /// RFC 6455 §5.2.
    private enum Opcode: UInt8 {
        case continuation = 0
        case text, binary
        case close = 8
        case ping, pong

        var isControl: Bool { rawValue >= 8 }
    }

    private static let controlBytesMax = 125

    private let limits: WebSocketLimits
    private var place = Place.head
    /// Of the frame's head: what has come of at most 14 bytes.
    private var head = InlineArray<14, UInt8>(repeating: 0)
    private var headBytes = 0
    private var opcode = Opcode.continuation
    private var isFinal = false
    private var mask: UInt32 = 0
    /// Of the frame's payload: bytes in all, and those that have come.
    private var payloadBytes = 0
    private var payloadTaken = 0
    /// The kind of the message that is being read; nil between messages.
    private var kind: Opcode?
    private var message: [UInt8] = []
    private var fragments = 0
    private var control: [UInt8] = []
    private var validator = UTF8Validator()

    package init(limits: WebSocketLimits) { self.limits = limits }

    /// Bytes of payload that are kept now.
    package var bytesHeld: Int { message.count + control.count }

    /// Takes bytes until an event is whole or they end.
    /// - at: where to go on; moved past what was taken.
    /// - Returns: nil when more bytes are needed.
    /// - Throws: what was wrong; the parser is not to be used any more.
    package mutating func next(
        _ bytes: Span<UInt8>, from at: inout Int
    ) throws(WebSocketError) -> WebSocketEvent? {
        while true {
            switch place {
            case .closed:
                at = bytes.count
                return nil
            case .head:
                guard at < bytes.count else { return nil }
                head[headBytes] = bytes[at]
                headBytes += 1
                at += 1
                try checkHead()
            case .payload:
                try takePayload(bytes, from: &at)
                guard payloadTaken == payloadBytes else { return nil }
                (place, headBytes) = (.head, 0)
                if let event = try endFrame() { return event }
            }
        }
    }

    /// What the newest byte of the head decides; when it was the last, the payload begins.
    private mutating func checkHead() throws(WebSocketError) {
        switch headBytes {
        case 1: try checkFirst(head[0])
        case 2:
            guard head[1] & 0x80 != 0 else { throw .unmasked }
            if opcode.isControl, head[1] & 0x7F > 125 { throw .badControl }
        default: break
        }
        guard headBytes >= 2 else { return }
        let lengthBytes = head[1] & 0x7F < 126 ? 0 : head[1] & 0x7F == 126 ? 2 : 8
        if headBytes == 2 + lengthBytes { try checkLength(lengthBytes) }
        guard headBytes == 6 + lengthBytes else { return }
        mask = (0..<4).reduce(0) { $0 | UInt32(head[2 + lengthBytes + $1]) << UInt32(8 * $1) }
        (place, payloadTaken) = (.payload, 0)
    }

    private mutating func checkFirst(_ byte: UInt8) throws(WebSocketError) {
        guard byte & 0x70 == 0 else { throw .reservedBits }
        guard let opcode = Opcode(rawValue: byte & 0x0F) else { throw .unknownOpcode }
        self.opcode = opcode
        isFinal = byte & 0x80 != 0
        if opcode.isControl {
            guard isFinal else { throw .badControl }
            return
        }
        guard (opcode == .continuation) == (kind != nil) else { throw .interleaved }
        if opcode == .binary, !limits.takesBinary { throw .binaryRefused }
        if opcode != .continuation { kind = opcode }
        fragments += 1
        guard fragments <= limits.fragmentsMax else {
            throw .tooManyFragments(fragmentsMax: limits.fragmentsMax)
        }
    }

    private mutating func checkLength(_ lengthBytes: Int) throws(WebSocketError) {
        var length = UInt64(head[1] & 0x7F)
        if lengthBytes > 0 {
            length = (0..<lengthBytes).reduce(0) { $0 << 8 | UInt64(head[2 + $1]) }
            let least: UInt64 = lengthBytes == 2 ? 126 : 65_536
            guard length >= least, length >> 63 == 0 else { throw .badLength }
        }
        // A control frame's length was bounded with its first byte.
        guard opcode.isControl || length <= UInt64(limits.messageBytesMax - message.count) else {
            throw .messageTooLarge(bytesMax: limits.messageBytesMax)
        }
        payloadBytes = Int(length)
    }

    private mutating func takePayload(
        _ bytes: Span<UInt8>, from at: inout Int
    ) throws(WebSocketError) {
        let count = min(payloadBytes - payloadTaken, bytes.count - at)
        guard count > 0 else { return }
        let piece = bytes.extracting(at..<at + count)
        at += count
        let turned = rotated(mask, by: payloadTaken)
        payloadTaken += count
        guard !opcode.isControl else { return appendUnmasked(piece, mask: turned, to: &control) }
        let start = message.count
        appendUnmasked(piece, mask: turned, to: &message)
        guard kind == .text else { return }
        var checked = validator
        try checked.consume(message.span.extracting(start..<message.count))
        validator = checked
    }

    private mutating func endFrame() throws(WebSocketError) -> WebSocketEvent? {
        if opcode.isControl {
            let payload = control
            control = []
            switch opcode {
            case .ping: return .ping(payload)
            case .pong: return .pong(payload)
            default:
                place = .closed
                message = []
                return .close(try parseClose(payload))
            }
        }
        guard isFinal else { return nil }
        guard validator.isComplete else { throw .badUTF8 }
        let whole = message
        let isText = kind == .text
        (message, kind, fragments) = ([], nil, 0)
        return isText ? .text(whole) : .binary(whole)
    }
}

/// A close frame's payload (RFC 6455 §5.5.1).
private func parseClose(_ payload: [UInt8]) throws(WebSocketError) -> WebSocketClose {
    guard !payload.isEmpty else { return WebSocketClose(code: nil) }
    guard payload.count >= 2 else { throw .badClose }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard WebSocketClose.isSendable(code) else { throw .badClose }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .badUTF8 }
    return WebSocketClose(code: code, reason: reason)
}

/// The mask as it applies from a payload's byte `offset` on; its first byte is the lowest.
private func rotated(_ mask: UInt32, by offset: Int) -> UInt32 {
    let bits = UInt32(offset & 3) * 8
    return bits == 0 ? mask : mask >> bits | mask << (32 - bits)
}

/// Appends bytes with their mask taken off (RFC 6455 §5.3), eight at once.
private func appendUnmasked(_ bytes: Span<UInt8>, mask: UInt32, to out: inout [UInt8]) {
    let words = UInt64(mask) << 32 | UInt64(mask)
    let start = out.count
    out.append(contentsOf: repeatElement(0, count: bytes.count))
    var target = out.mutableSpan
    var raw = unsafe target.mutableBytes
    let source = unsafe bytes.bytes
    var at = 0
    while at + 8 <= bytes.count {
        // Any bits are a UInt64, and the bounds are checked.
        let word = unsafe source.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
        raw.storeBytes(
            of: word ^ words.littleEndian, toByteOffset: start + at, as: UInt64.self)
        at += 8
    }
    while at < bytes.count {
        let byte = bytes[at] ^ UInt8(truncatingIfNeeded: mask >> UInt32(8 * (at & 3)))
        raw.storeBytes(of: byte, toByteOffset: start + at, as: UInt8.self)
        at += 1
    }
}
