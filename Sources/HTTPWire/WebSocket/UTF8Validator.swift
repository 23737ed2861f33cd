/// Checks UTF-8 (RFC 3629 §4) that comes in pieces: a character may be cut anywhere, and a wrong
/// byte is noticed when it comes.
struct UTF8Validator: Sendable {
    /// Continuation bytes that the current character still needs.
    private var needed = 0
    /// What the next continuation byte may be: narrower after the first bytes of overlong forms,
    /// surrogates and values beyond U+10FFFF.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// Whether no character is open.
    var isComplete: Bool { needed == 0 }

    /// - Throws: `.badUTF8` at the first byte that can't stand there.
    mutating func consume(_ bytes: Span<UInt8>) throws(WebSocketError) {
        var at = 0
        let raw = unsafe bytes.bytes
        while at < bytes.count {
            // Eight bytes of ASCII at once.
            if needed == 0 {
                // Any bits are a UInt64, and the bounds are checked.
                while at + 8 <= bytes.count,
                    unsafe raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
                        & 0x8080_8080_8080_8080 == 0
                {
                    at += 8
                }
                if at == bytes.count { return }
            }
            try step(bytes[at])
            at += 1
        }
    }

    private mutating func step(_ byte: UInt8) throws(WebSocketError) {
        if needed > 0 {
            guard low <= byte, byte <= high else { throw .badUTF8 }
            (low, high) = (0x80, 0xBF)
            needed -= 1
            return
        }
        switch byte {
        case 0..<0x80: break
        case 0xC2...0xDF: needed = 1
        case 0xE0: (needed, low) = (2, 0xA0)
        case 0xED: (needed, high) = (2, 0x9F)
        case 0xE1...0xEF: needed = 2
        case 0xF0: (needed, low) = (3, 0x90)
        case 0xF1...0xF3: needed = 3
        case 0xF4: (needed, high) = (3, 0x8F)
        default: throw .badUTF8
        }
    }
}
