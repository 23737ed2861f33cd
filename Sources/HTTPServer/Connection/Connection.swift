import HTTPWire

/// Names a connection for as long as it lives: a descriptor is reused, a generation is not, so a
/// late event or message can't reach a stranger.
struct ConnectionID: Equatable, Sendable {
    let descriptor: Int32
    let generation: UInt32

    init(descriptor: Int32, generation: UInt32) {
        self.descriptor = descriptor
        self.generation = generation
    }

    init(word: UInt64) {
        descriptor = Int32(truncatingIfNeeded: word & 0xFFFF_FFFF)
        generation = UInt32(truncatingIfNeeded: word >> 32)
    }

    var word: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor)) }
}

/// What a loop keeps of a connection. Touched only on its loop's thread.
final class Connection {
    /// Where in its requests a connection stands.
    enum Phase {
        /// Waiting for, or in, a head.
        case head
        /// The response is being made, while the body may still be coming.
        case responding(any Exchange, ConnectionResponseWriter, BodyReception?)
        /// Reading past the body of a request that is answered already.
        case discarding(BodyReader, bytesMax: Int)
        case webSocket(WebSocketReception)
        /// Answered for the last time: reads and throws away until the peer ends.
        case lingering(bytes: Int)
    }

    let connectionID: ConnectionID
    var phase = Phase.head
    var scanner = HeadScanner()
    /// Bytes that were read and not used yet.
    var input: [UInt8] = []
    var output = OutputQueue()
    /// Edge-triggered: what the kernel said last.
    var mayRead = true
    var mayWrite = true
    /// The peer has ended its sending side.
    var sawReadEnd = false
    /// No further request is taken; closes once the output is out.
    var closesAfterOutput = false
    /// A request of this connection has been answered.
    var hasServed = false
    /// Whether the current request is HTTP/1.1: only then may an interim answer be sent.
    var isHTTP11 = false
    /// Monotonic milliseconds by which the phase must be over; nil while a response is made and all
    /// of it was taken.
    var deadline: UInt64?
    /// Since when bytes have waited for the client, and how many it took since; nil when none wait.
    var waiting: (since: UInt64, taken: Int)?
    /// The request whose answer is among the bytes that wait: what it holds of the memory budget
    /// stays charged until they are sent.
    var answered: (any Exchange)?
    /// The first byte of the current head has come.
    var hasBegunHead = false
    /// The peer's address, where it is known.
    var peerAddress = ""
    /// Over the bound on connections: answered at once or refused, then closed.
    var isSpare = false

    init(_ connectionID: ConnectionID) { self.connectionID = connectionID }
}

/// Follows a body's framing through pieces of any size.
struct BodyReader {
    private var remaining = 0
    private var chunked: ChunkedDecoder?
    private(set) var received = 0

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: break
        case .length(let count): remaining = count
        case .chunked: chunked = ChunkedDecoder()
        }
    }

    var isDone: Bool { chunked?.isDone ?? (remaining == 0) }

    /// Bytes that are yet to come, where the length is known.
    var bytesLeft: Int? { chunked == nil ? remaining : nil }

    /// Takes what belongs to the body from the front of `bytes`; returns how much that was.
    mutating func consume(
        _ bytes: [UInt8], bytesMax: Int, emit: (ArraySlice<UInt8>) throws(HTTPError) -> Void
    ) throws(HTTPError) -> Int {
        guard var decoder = chunked else {
            let count = min(remaining, bytes.count)
            remaining -= count
            received += count
            if count > 0 { try emit(bytes[0..<count]) }
            return count
        }
        defer { chunked = decoder }
        var total = received
        let used = try decoder.consume(bytes.span) { range throws(HTTPError) in
            total += range.count
            guard total <= bytesMax else { throw .bodyTooLarge(bytesMax: bytesMax) }
            try emit(bytes[range])
        }
        received = total
        return used
    }
}
