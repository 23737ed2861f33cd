import CLinux
import EngineAPI
import Glibc
import Testing

@testable import HTTPServer
@testable import HTTPWire

/// A peer that never was: what it sends comes in pieces of any size, what it is sent is taken in
/// pieces of any size, with full and empty buffers between, and it may reset at any call.
private final class ScriptedSockets: SocketOperations {
    private var random: SeededGenerator
    private var incoming: ArraySlice<UInt8>
    private let resetsAfter: Int?
    private let largest: Int
    private var calls = 0
    private(set) var outgoing: [UInt8] = []
    private(set) var sawEnd = false
    private(set) var isClosed = false

    init(_ request: [UInt8], seed: UInt64, largest: Int, resetsAfter: Int? = nil) {
        random = SeededGenerator(seed: seed)
        incoming = request[...]
        self.largest = largest
        self.resetsAfter = resetsAfter
    }

    var hasMore: Bool { !incoming.isEmpty }

    private func fails() -> Int? {
        calls += 1
        if let resetsAfter, calls > resetsAfter { return -Int(ECONNRESET) }
        return Int.random(in: 0..<4, using: &random) == 0 ? -Int(EAGAIN) : nil
    }

    func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if let code = fails() { return code }
        guard !incoming.isEmpty else { return -Int(EAGAIN) }
        let most = min(incoming.count, buffer.count, largest)
        let count = Int.random(in: 1...most, using: &random)
        buffer.copyBytes(from: incoming.prefix(count))
        incoming = incoming.dropFirst(count)
        return count
    }

    func send(_ descriptor: Int32, _ vectors: UnsafeBufferPointer<iovec>) -> Int {
        if let code = fails() { return code }
        let total = vectors.reduce(0) { $0 + $1.iov_len }
        var left = Int.random(in: 1...min(total, largest), using: &random)
        defer { _ = left }
        let sent = left
        for vector in vectors where left > 0 {
            let count = min(left, vector.iov_len)
            outgoing += UnsafeRawBufferPointer(start: vector.iov_base, count: count)
            left -= count
        }
        return sent
    }

    func endSending(_ descriptor: Int32) { sawEnd = true }
    func close(_ descriptor: Int32) { isClosed = true }
}

/// Answers with as many bytes as the path says; bodies come back in the response.
private struct SizedHandler: RequestHandling {
    let memory = MemoryBudget(bytesMax: 1 << 30)

    func admit(_ head: RequestHead) -> Admission {
        let count = Int(head.path.dropFirst()) ?? 0
        if head.isMethod("POST") {
            return .exchange(EchoingExchange(isLive: head.isPath("/live"), memory: memory))
        }
        if let upgrade = try? WebSocketUpgrade(head) {
            return .upgrade(upgrade, EchoingSocket(memory: memory))
        }
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) }
        return .response(Response(status: 200, type: "application/x-test", body: body))
    }

    func refuse(_ error: HTTPError, path: String?) -> Response {
        Response(status: error.status, type: "text/plain", body: [])
    }
}

private final class EchoingExchange: Exchange {
    let bodyBytesMax = 1 << 20
    let deadline = ContinuousClock.now + .seconds(600)
    private let isLive: Bool
    private let account: MemoryAccount

    init(isLive: Bool, memory: MemoryBudget) {
        self.isLive = isLive
        account = MemoryAccount(memory)
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) { try account.charge(bytes) } catch { throw .overloaded }
    }

    func release(_ bytes: Int) { account.release(bytes) }
    func cancel(_ reason: CancellationReason) {}

    func respond(to sink: any ResponseSink, body: any RequestBody) async throws(HTTPError) {
        if isLive { await sink.begin(ResponseHead(status: 200)) }
        var all: [UInt8] = []
        while let piece = try await body.next() {
            defer { release(piece.count) }
            guard isLive else {
                all += piece
                continue
            }
            guard await sink.write(piece) else { return await sink.abort() }
        }
        if !isLive { await sink.begin(ResponseHead(status: 200)) }
        for start in stride(from: 0, to: all.count, by: 9_000) {
            guard await sink.write(Array(all[start..<min(all.count, start + 9_000)])) else {
                return await sink.abort()
            }
        }
        await sink.end(trailers: [])
    }
}

private final class EchoingSocket: WebSocketHandling {
    let subprotocol: String? = nil
    let limits: WebSocketLimits
    private let account: MemoryAccount

    init(memory: MemoryBudget) {
        account = MemoryAccount(memory)
        var limits = WebSocketLimits()
        limits.messageBytesMax = 1 << 20
        self.limits = limits
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) { try account.charge(bytes) } catch { throw .overloaded }
    }

    func release(_ bytes: Int) { account.release(bytes) }
    func cancel(_ reason: CancellationReason) {}

    func run(_ socket: any WebSocketConnection) async {
        while case .binary(let bytes) = await socket.next() {
            _ = await socket.send(binary: bytes)
        }
    }
}

/// The loop's own work without a kernel: the same requests, read, answered and sent in every order
/// of short reads, short writes and full buffers, give the same bytes.
@Suite struct EventLoopSimulationSystemTests {
    private static let sizes = [0, 1, 1_023, 8_191, 8_192, 70_000, 300_000, 5]

    /// Requests whose answers are small, large and larger than the output's bound, in one write.
    private static func pipelined(_ random: inout SeededGenerator) -> (text: [UInt8], sizes: [Int])
    {
        let sizes = (0..<12).map { _ in Self.sizes.randomElement(using: &random)! }
        let text = sizes.map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
        return (Array(text.utf8), sizes)
    }

    private func loop(
        _ sockets: ScriptedSockets, _ handler: SizedHandler = SizedHandler()
    ) -> EventLoop {
        EventLoop(settings: ServerSettings(), handler: handler, listener: -1, sockets: sockets)
    }

    /// Bodies of the responses in a stream of bytes, by their lengths.
    private func bodies(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var (out, rest) = ([ArraySlice<UInt8>](), bytes[...])
        while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
            guard
                let line = head.split(separator: "\r\n").first(where: {
                    $0.hasPrefix("Content-Length: ")
                }), let count = Int(line.dropFirst("Content-Length: ".count)),
                rest.endIndex - end.upperBound >= count
            else { break }
            out.append(rest[end.upperBound..<end.upperBound + count])
            rest = rest[(end.upperBound + count)...]
        }
        return out
    }

    @Test("pipelined answers are whole and in order", arguments: 1...24 as ClosedRange<UInt64>)
    func pipelined(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (text, sizes) = Self.pipelined(&random)
        let largest = [1, 7, 1_000, 65_536].randomElement(using: &random)!
        // Byte by byte only what is small.
        let sockets = ScriptedSockets(text, seed: seed, largest: max(largest, 500))
        let loop = loop(sockets)
        let connection = loop.adopt(5)
        var events = 0
        while sockets.hasMore || !connection.input.isEmpty || !connection.output.isEmpty,
            events < 200_000
        {
            let flags = [UInt32(LINUX_IN), UInt32(LINUX_OUT), UInt32(LINUX_IN | LINUX_OUT)]
            loop.handle(flags.randomElement(using: &random)!, of: connection)
            events += 1
        }
        #expect(bodies(sockets.outgoing).map(\.count) == sizes, "seed \(seed)")
        let isRight = bodies(sockets.outgoing).allSatisfy { body in
            body.enumerated().allSatisfy { Int($1) == $0 % 251 }
        }
        #expect(isRight, "seed \(seed)")
        #expect(connection.output.isEmpty && !sockets.isClosed, "seed \(seed)")
    }

    @Test(
        "a reset at any call closes once and leaves nothing",
        arguments: 1...24 as ClosedRange<UInt64>)
    func resets(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (text, _) = Self.pipelined(&random)
        let sockets = ScriptedSockets(
            text, seed: seed, largest: 30_000,
            resetsAfter: Int.random(in: 0..<40, using: &random))
        let loop = loop(sockets)
        let connection = loop.adopt(5)
        for _ in 0..<400 where !sockets.isClosed {
            loop.handle(UInt32(LINUX_IN | LINUX_OUT), of: connection)
        }
        #expect(sockets.isClosed, "seed \(seed)")
        #expect(loop.find(connection.connectionID) == nil, "seed \(seed)")
    }

    @Test(
        "a streamed response comes back whole, after its body or while it comes",
        arguments: 1...12 as ClosedRange<UInt64>)
    func streamed(seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        let body = (0..<Int.random(in: 1...700_000, using: &random)).map {
            UInt8(truncatingIfNeeded: $0 &* 31)
        }
        let path = seed % 2 == 0 ? "/live" : "/"
        let head = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n"
        let sockets = ScriptedSockets(Array(head.utf8) + body, seed: seed, largest: 65_536)
        let handler = SizedHandler()
        let loop = loop(sockets, handler)
        let connection = loop.adopt(5)
        let end = Array("0\r\n\r\n".utf8)
        await turn(loop, connection) { sockets.outgoing.suffix(end.count).elementsEqual(end) }
        #expect(unchunked(sockets.outgoing) == body, "seed \(seed)")
        await turn(loop, connection) { handler.memory.bytesHeld == 0 }
        #expect(handler.memory.bytesHeld == 0, "seed \(seed)")
    }

    @Test(
        "messages come back whole and in order, and a reset leaves nothing",
        arguments: 1...12 as ClosedRange<UInt64>)
    func webSockets(seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        let messages = (0..<40).map { _ in
            [UInt8](repeating: 7, count: Self.sizes.randomElement(using: &random)!)
        }
        var bytes = Array(
            ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").utf8)
        for message in messages {
            let cut = Int.random(in: 0...message.count, using: &random)
            bytes += maskedFrame(0x02, Array(message[..<cut])) + maskedFrame(0x89, "ping")
            bytes += maskedFrame(0x80, Array(message[cut...]))
        }
        bytes += maskedFrame(0x88, [0x03, 0xE8])
        let resets = seed % 3 == 0
        let sockets = ScriptedSockets(
            bytes, seed: seed, largest: 30_000,
            resetsAfter: resets ? Int.random(in: 1..<200, using: &random) : nil)
        let handler = SizedHandler()
        let loop = loop(sockets, handler)
        let connection = loop.adopt(5)
        await turn(loop, connection) { sockets.sawEnd || sockets.isClosed }
        if !resets {
            let start = sockets.outgoing.firstRange(of: Array("\r\n\r\n".utf8))!.upperBound
            let (whole, rest) = frames(Array(sockets.outgoing[start...]))
            // The client's close overtakes what the handler has not read yet, nothing else does.
            let echoed = whole.filter { $0.first == 0x82 }.map(\.payload)
            #expect(messages.starts(with: echoed), "seed \(seed)")
            #expect(whole.filter { $0.first == 0x8A }.count == 40, "seed \(seed)")
            #expect(whole.last?.first == 0x88 && rest.isEmpty, "seed \(seed)")
        }
        loop.drop(connection)
        await turn(loop, connection) { handler.memory.bytesHeld == 0 }
        #expect(handler.memory.bytesHeld == 0, "seed \(seed)")
    }

    /// Lets the loop and its tasks work until the condition holds.
    private func turn(
        _ loop: EventLoop, _ connection: Connection, until isDone: () -> Bool
    ) async {
        var rounds = 0
        while !isDone(), rounds < 200_000 {
            if loop.find(connection.connectionID) != nil {
                loop.handle(UInt32(LINUX_IN | LINUX_OUT), of: connection)
            }
            for message in loop.mailbox.take() { loop.receive(message) }
            await Task.yield()
            rounds += 1
        }
    }

    private func unchunked(_ bytes: [UInt8]) -> [UInt8] {
        guard let start = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return [] }
        var decoder = ChunkedDecoder()
        let rest = Array(bytes[start.upperBound...])
        var out: [UInt8] = []
        _ = try? decoder.consume(rest.span) { range throws(HTTPError) in out += rest[range] }
        return out
    }
}
