import EngineAPI
import Execution
import Glibc
import HTTPWire

/// The socket's end of a response: frames it, and holds its task back while the client is slow.
final class ConnectionResponseWriter: ResponseSink {
    private struct State {
        var isClosed = false
        /// The exchange's deadline has passed, or the server stops: no write waits any more.
        var isGivenUp = false
        var isBegun = false
        var isFinished = false
        /// Framed in chunks, since its length is not known.
        var isChunked = false
        /// What the head of a streamed response promised.
        var keepsAlive = false
        /// Bytes handed over and not sent yet.
        var pending = 0
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let connectionID: ConnectionID
    private let mailbox: LoopMailbox
    private let isHead: Bool
    private let isHTTP11: Bool
    private let keepsAlive: Bool
    /// The request's body, where it has one: what becomes of it decides on the connection.
    private let body: ConnectionRequestBody?
    private let acceptEncoding: [String]
    private let takesTrailers: Bool
    private let state = Mutex(State())

    init(
        _ connectionID: ConnectionID, mailbox: LoopMailbox, head: RequestHead, keepsAlive: Bool,
        body: ConnectionRequestBody?
    ) {
        self.connectionID = connectionID
        self.body = body
        self.mailbox = mailbox
        isHead = head.isMethod("HEAD")
        isHTTP11 = head.isHTTP11
        self.keepsAlive = keepsAlive
        acceptEncoding = head.values("accept-encoding")
        takesTrailers = isHTTP11 && ConnectionResponseWriter.takesTrailers(head.values("te"))
    }

    /// RFC 9110 §6.5.1 and §10.1.4: trailers go only to who asked. Some clients fall over them:
    /// Foundation's on Linux ends its process.
    private static func takesTrailers(_ values: [String]) -> Bool {
        values.contains {
            $0.split(separator: ",").contains {
                String($0).trimmingBlanks().lowercased() == "trailers"
            }
        }
    }

    /// Whether the first byte of the response has been handed over. Any thread.
    var isBegun: Bool { state.withLock { $0.isBegun } }

    func send(_ response: Response) async {
        let keeps = keepsAlive && !response.closes && body?.isReusable ?? true
        var coder = ContentCoder()
        let response = coder.coded(response, acceptEncoding: acceptEncoding)
        let head = serialise(
            response.head, length: .exactly(response.body.count), isChunked: false,
            persistence: Persistence(keepsAlive: keeps, isHTTP11: isHTTP11), date: currentDate())
        let body = isHead ? [] : response.body
        guard begin(adding: head.count + body.count) else { return }
        if body.count < OutputQueue.gatherBytesMax {
            mailbox.post(.send(connectionID, head + body))
        } else {
            mailbox.post(.send(connectionID, head))
            mailbox.post(.send(connectionID, body))
        }
        finish(keepsAlive: keeps)
    }

    func begin(_ head: ResponseHead) async {
        var head = head
        if !takesTrailers { head.fields.removeAll { $0.name == "Trailer" } }
        let isChunked = head.bodyBytes == nil && isHTTP11
        let keeps =
            keepsAlive && (isHTTP11 || head.bodyBytes != nil) && !(body?.hasFailed ?? false)
        let bytes = serialise(
            head, length: head.bodyBytes.map { .exactly($0) } ?? .unknown, isChunked: isChunked,
            persistence: Persistence(keepsAlive: keeps, isHTTP11: isHTTP11), date: currentDate())
        state.withLock { ($0.isChunked, $0.keepsAlive) = (isChunked, keeps) }
        guard begin(adding: bytes.count) else { return }
        mailbox.post(.send(connectionID, bytes))
    }

    func wouldWait(for bytes: Int) -> Bool {
        state.withLock { state in
            !state.isClosed && !state.isGivenUp
                && state.pending + bytes > ServerSettings.outputBytesMax
        }
    }

    func write(_ piece: [UInt8]) async -> Bool {
        guard !piece.isEmpty, !isHead else { return !state.withLock { $0.isClosed } }
        let parts: [[UInt8]]? = state.withLock { state in
            guard !state.isClosed else { return nil }
            let parts = state.isChunked ? chunkParts(piece) : [piece]
            state.pending += parts.reduce(0) { $0 + $1.count }
            return parts
        }
        guard let parts else { return false }
        mailbox.post(parts.map { .send(connectionID, $0) })
        return await withCheckedContinuation { continuation in
            let response: Bool? = state.withLock { state in
                if state.isClosed || state.isGivenUp { return false }
                if state.pending <= ServerSettings.outputBytesMax { return true }
                state.waiter = continuation
                return nil
            }
            if let response { continuation.resume(returning: response) }
        }
    }

    func end(trailers: [(String, String)]) async {
        let (isChunked, keeps) = state.withLock { ($0.isChunked, $0.keepsAlive) }
        if isChunked, !isHead {
            let bytes = lastChunk(trailers: takesTrailers ? trailers : [])
            state.withLock { $0.pending += bytes.count }
            mailbox.post(.send(connectionID, bytes))
        }
        finish(keepsAlive: keeps)
    }

    func abort() async {
        if markFinished() { mailbox.post(.abort(connectionID)) }
    }

    private func begin(adding count: Int) -> Bool {
        state.withLock { state in
            guard !state.isClosed, !state.isBegun else { return false }
            state.isBegun = true
            state.pending += count
            return true
        }
    }

    private func finish(keepsAlive: Bool) {
        if markFinished() { mailbox.post(.finish(connectionID, keepsAlive: keepsAlive)) }
    }

    private func markFinished() -> Bool {
        state.withLock { state in
            defer { state.isFinished = true }
            return !state.isFinished
        }
    }

    /// The loop has sent so many of our bytes.
    func didSend(_ count: Int) {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            state.pending = max(0, state.pending - count)
            guard state.pending <= ServerSettings.outputBytesMax / 2 else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: true)
    }

    /// The connection is gone.
    func close() { endWaiting { $0.isClosed = true } }

    /// A write that waits for the client ends now, and none waits any more.
    func giveUp() { endWaiting { $0.isGivenUp = true } }

    private func endWaiting(_ mark: (inout State) -> Void) {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            mark(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: false)
    }
}

/// One chunk, as pieces to be sent: a large one is not copied for the sake of its frame.
private func chunkParts(_ piece: [UInt8]) -> [[UInt8]] {
    guard piece.count >= OutputQueue.gatherBytesMax else { return [chunk(piece)] }
    return [chunkHead(bytes: piece.count), piece, [0x0D, 0x0A]]
}

/// The `Date` field of now.
func currentDate() -> String { httpDate(unixSeconds: time(nil)) }
