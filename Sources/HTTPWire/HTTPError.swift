/// What a client did wrong on the wire, by the clause that it broke.
package enum HTTPError: Error, Equatable, Sendable {
    /// RFC 9112 §3: the request line is not `method SP target SP version`.
    case badRequestLine
    /// RFC 9112 §2.2: a line ends in a bare LF, or a bare CR or NUL stands in it.
    case badLineEnd
    /// RFC 9112 §5: a field line has no colon, a bad name, a bad value or is folded.
    case badField
    /// RFC 9112 §3.2: `Host` is missing, doubled or no host.
    case badHost
    /// RFC 9112 §6.3: two lengths that differ, a length that is no number, or one beside chunked.
    case ambiguousLength
    /// RFC 9112 §6.1: a transfer coding other than chunked.
    case codingUnsupported
    /// RFC 9112 §7.1: a chunk's size, extension, end or trailer is wrong or too long.
    case badChunk
    /// RFC 9112 §2.3: a version that is not HTTP/1.x.
    case versionUnsupported
    /// RFC 9110 §4.1: the target is longer than `bytesMax`.
    case targetTooLong(bytesMax: Int)
    /// RFC 6585 §5: the head is longer than `bytesMax`, or has more than the allowed fields.
    case headTooLarge(bytesMax: Int)
    /// RFC 9110 §15.5.14: the body is longer than `bytesMax`.
    case bodyTooLarge(bytesMax: Int)
    /// RFC 9110 §10.1.1: an expectation other than 100-continue.
    case expectationFailed
    /// RFC 7578 and RFC 2046 §5.1: the multipart body is not well formed; what is wrong with it.
    case badMultipart(Multipart)
    /// RFC 9110 §8.4: the body is not in the content coding that it names.
    case badContentCoding
    /// The bytes that wait in bodies of all connections are at their bound.
    case overloaded
    /// The client took longer than `seconds` for its head or body.
    case tooSlow(seconds: Int)
    /// The connection ended before the request was whole.
    case endedEarly
    /// The connection is gone: there is nobody to respond to.
    case clientGone
    /// The server stops and waits for no body any more, or who waited for it was cancelled.
    case cancelled
    /// A WebSocket was asked of a transport that has none.
    case upgradeUnsupported

    /// What can be wrong with a multipart body.
    package enum Multipart: String, Sendable {
        case noBoundary, badBoundary, noParts, badPartHead, noName, tooManyParts, partHeadTooLarge
        case nameTooLong, notClosed
    }

    /// The status that answers it.
    package var status: Int {
        switch self {
        case .badRequestLine, .badLineEnd, .badField, .badHost, .ambiguousLength, .badChunk,
            .badMultipart, .badContentCoding, .endedEarly, .clientGone:
            400
        case .codingUnsupported, .upgradeUnsupported: 501
        case .versionUnsupported: 505
        case .targetTooLong: 414
        case .headTooLarge: 431
        case .bodyTooLarge: 413
        case .expectationFailed: 417
        case .tooSlow: 408
        case .overloaded, .cancelled: 503
        }
    }
}
