/// Why a WebSocket ended (RFC 6455 §7.4).
package struct WebSocketClose: Sendable, Equatable {
    /// A status code; nil where the peer told none.
    package var code: UInt16?
    package var reason: String

    package init(code: UInt16?, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// Done.
    package static let normal: UInt16 = 1000
    /// The server stops, or the page is left.
    package static let goingAway: UInt16 = 1001
    package static let protocolError: UInt16 = 1002
    /// A kind of message that is not taken here.
    package static let unsupportedData: UInt16 = 1003
    /// Never sent: the connection ended without a close frame.
    package static let abnormal: UInt16 = 1006
    /// Text that is not UTF-8.
    package static let badData: UInt16 = 1007
    /// Too many control frames, or too slow a reader.
    package static let policyViolation: UInt16 = 1008
    package static let tooLarge: UInt16 = 1009
    package static let internalError: UInt16 = 1011
    /// No memory left for this connection.
    package static let tryAgainLater: UInt16 = 1013

    /// Whether a close frame may bear this code: those of §7.4.1 and of IANA's registry but for the
    /// placeholders, and those of libraries and applications.
    static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// What a client did wrong on a WebSocket.
package enum WebSocketError: Error, Equatable, Sendable {
    /// §5.2: a bit that only an extension may set.
    case reservedBits
    /// §5.2: an opcode that is not defined.
    case unknownOpcode
    /// §5.1: a client's frame without a mask.
    case unmasked
    /// §5.2: a length in more bytes than it needs, or beyond 63 bits.
    case badLength
    /// §5.4: a new message within one, or a continuation of none.
    case interleaved
    /// §5.5: a control frame in fragments, or of more than 125 bytes.
    case badControl
    /// §5.5.1 and §7.4: a close frame of one byte, or with a code that may not be sent.
    case badClose
    /// §8.1: text that is not UTF-8.
    case badUTF8
    /// A binary message where only text is taken.
    case binaryRefused
    /// Over all fragments, known from a frame's head.
    case messageTooLarge(bytesMax: Int)
    case tooManyFragments(fragmentsMax: Int)

    /// The code that the connection is closed with.
    package var closeCode: UInt16 {
        switch self {
        case .reservedBits, .unknownOpcode, .unmasked, .badLength, .interleaved, .badControl,
            .badClose:
            WebSocketClose.protocolError
        case .badUTF8: WebSocketClose.badData
        case .binaryRefused: WebSocketClose.unsupportedData
        case .messageTooLarge, .tooManyFragments: WebSocketClose.tooLarge
        }
    }
}
