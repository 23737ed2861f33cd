/// Finds the end of a head in bytes that arrive in pieces, reading each byte once.
package struct HeadScanner: Sendable {
    /// 32 KiB: eight times the largest head our clients send; keeps 1 000 slow peers under 32 MiB.
    package static let headBytesMax = 32 * 1024
    /// RFC 9110 §4.1 wants 8 000 at least.
    package static let targetBytesMax = 16 * 1024
    /// Empty lines before a request line that are passed over (RFC 9112 §2.2 asks for one).
    static let emptyLinesMax = 8

    private var scanned = 0
    private var lineStart = 0
    private var linesSeen = 0
    private var emptyLines = 0
    /// Where the request line begins, after empty lines.
    package private(set) var start = 0

    package init() {}

    /// Looks at the bytes that came since the last call; returns the end of the head, or nil when
    /// more are needed. `bytes` always begins where it began before.
    package mutating func scan(_ bytes: Span<UInt8>) throws(HTTPError) -> Int? {
        while scanned < bytes.count {
            let byte = bytes[scanned]
            if byte == 0x0A {
                guard scanned > lineStart, bytes[scanned - 1] == 0x0D else { throw .badLineEnd }
                let isEmpty = scanned - 1 == lineStart
                scanned += 1
                lineStart = scanned
                if isEmpty, linesSeen > 0 { return scanned }
                if isEmpty {
                    start = scanned
                    emptyLines += 1
                    if emptyLines > HeadScanner.emptyLinesMax { throw .badRequestLine }
                } else {
                    linesSeen += 1
                }
                continue
            }
            // A CR must be followed by LF; NUL and other controls are in no line of a head.
            if scanned > lineStart, bytes[scanned - 1] == 0x0D { throw .badLineEnd }
            if byte == 0 { throw .badLineEnd }
            // What no request line begins with is refused at once: a TLS or SOCKS greeting would
            // otherwise wait for the head's deadline.
            if scanned == start, byte != 0x0D, !isTokenByte(byte) { throw .badRequestLine }
            scanned += 1
            if scanned - start > HeadScanner.headBytesMax { throw tooLong }
        }
        return nil
    }

    private var tooLong: HTTPError {
        linesSeen == 0
            ? .targetTooLong(bytesMax: HeadScanner.targetBytesMax)
            : .headTooLarge(bytesMax: HeadScanner.headBytesMax)
    }
}

/// RFC 9110 §5.6.2: a byte of a token.
@inline(__always)
func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
}
