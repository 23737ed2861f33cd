import Glibc
import HTTPServer
import Testing

@testable import HTTPWire

/// A client's frame.
/// - first: FIN, reserved bits and opcode.
func maskedFrame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    let head = webSocketFrameHead(.text, payloadBytes: payload.count)
    return [first, head[1] | 0x80] + head[2...] + mask
        + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

func maskedFrame(_ first: UInt8, _ text: String) -> [UInt8] { maskedFrame(first, Array(text.utf8)) }

/// A server's frames in a stream of bytes, and what is left of it.
func frames(_ bytes: [UInt8]) -> (whole: [(first: UInt8, payload: [UInt8])], rest: [UInt8]) {
    var (whole, rest) = ([(first: UInt8, payload: [UInt8])](), bytes[...])
    while rest.count >= 2 {
        let start = rest.startIndex
        let short = Int(rest[start + 1])
        let lengthBytes = short < 126 ? 0 : short == 126 ? 2 : 8
        guard rest.count >= 2 + lengthBytes else { break }
        let told = rest[(start + 2)..<(start + 2 + lengthBytes)]
        let count = lengthBytes == 0 ? short : told.reduce(0) { $0 << 8 | Int($1) }
        guard rest.count >= 2 + lengthBytes + count else { break }
        whole.append((rest[start], Array(rest.dropFirst(2 + lengthBytes).prefix(count))))
        rest = rest.dropFirst(2 + lengthBytes + count)
    }
    return (whole, Array(rest))
}

private let handshake =
    "GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    + "Sec-WebSocket-Protocol: realtime, other\r\n\r\n"

/// A client that has been upgraded.
private struct SocketPeer: ~Copyable {
    let peer: TestPeer
    private var bytes: [UInt8] = []

    init(_ port: UInt16) {
        peer = TestPeer(port)
        peer.send(handshake)
        var head: [UInt8] = []
        while !head.contains([0x0D, 0x0A, 0x0D, 0x0A]), let some = peer.readSome() { head += some }
        let end = head.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A])?.upperBound ?? head.count
        #expect(head.starts(with: Array("HTTP/1.1 101 Switching Protocols\r\n".utf8)))
        bytes = Array(head[end...])
    }

    func send(_ first: UInt8, _ text: String) { peer.send(maskedFrame(first, text)) }

    /// The next frame; nil when the server has closed.
    mutating func next() -> (first: UInt8, payload: [UInt8])? {
        while true {
            let (whole, _) = frames(bytes)
            if let frame = whole.first {
                let head = webSocketFrameHead(.text, payloadBytes: frame.payload.count)
                bytes.removeFirst(head.count + frame.payload.count)
                return frame
            }
            guard let some = peer.readSome() else { return nil }
            bytes += some
        }
    }

    /// The code that the server closes with, and that it ends the connection then.
    mutating func closeCode() -> UInt16? {
        while let frame = next() {
            guard frame.first == 0x88 else { continue }
            #expect(next() == nil)
            guard frame.payload.count >= 2 else { return 0 }
            return UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1])
        }
        return nil
    }
}

private func == (frame: (first: UInt8, payload: [UInt8])?, text: (UInt8, String)) -> Bool {
    frame?.first == text.0 && frame?.payload == Array(text.1.utf8)
}

extension BlockingTests {
    @Suite struct WebSocketSystemTests {
        @Test("101 proves the key and names the subprotocol")
        func upgraded() throws {
            try withServer { port, _ in
                let peer = TestPeer(port)
                peer.send(handshake)
                let head = peer.read(until: "\r\n\r\n")
                #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
                #expect(head.contains("Sec-WebSocket-Protocol: realtime\r\n"))
                #expect(head.contains("X-Request-Id: test\r\n"))
                let plain = exchange(
                    port, ["GET /socket HTTP/1.1\r\nHost: a\r\n\r\n"], until: "426")
                #expect(plain.hasPrefix("HTTP/1.1 426 ") && plain.contains("Upgrade: websocket"))
            }
        }

        @Test("messages come back, fragments as one, with pongs between them")
        func echoed() throws {
            try withServer { port, handler in
                do {
                    var peer = SocketPeer(port)
                    peer.send(0x81, "hello")
                    #expect(peer.next() == (0x81, "hello"))
                    peer.send(0x01, "frag")
                    peer.send(0x89, "are you there?")
                    #expect(peer.next() == (0x8A, "are you there?"))
                    peer.send(0x80, "ment")
                    #expect(peer.next() == (0x81, "fragment"))
                    let large = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                    peer.peer.send(maskedFrame(0x82, large))
                    let frame = peer.next()
                    #expect(frame?.first == 0x82 && frame?.payload == large)
                    peer.send(0x88, "")
                    #expect(peer.next() == (0x88, ""))
                    #expect(peer.next() == nil)
                }
                #expect(eventually { handler.memory.bytesHeld == 0 })
                let end = [WebSocketClose(code: nil)]
                #expect(eventually { handler.closed.withLock { $0 } == end })
                #expect(handler.cancelled.load(ordering: .relaxed) == 0)
            }
        }

        @Test("a message that came with the handshake is answered")
        func pipelined() throws {
            try withServer { port, _ in
                let peer = TestPeer(port)
                peer.send(
                    Array("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n\(handshake)".utf8)
                        + maskedFrame(0x81, "first"))
                #expect(peer.read(until: "first").contains("101 Switching"))
            }
        }

        @Test(
            "a client's close is echoed, and we close first",
            arguments: [(1000, 1000), (4321, 4321), (1005, 1002), (999, 1002)] as [(UInt16, UInt16)]
        )
        func closed(code: UInt16, echo: UInt16) throws {
            try withServer { port, _ in
                var peer = SocketPeer(port)
                peer.peer.send(maskedFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)]))
                #expect(peer.closeCode() == echo)
            }
        }

        @Test("a handler closes with a code, and one that returns with 1000")
        func closing() throws {
            try withServer { port, handler in
                for (order, code) in [("close", 4_000), ("return", 1_000)] as [(String, UInt16)] {
                    var peer = SocketPeer(port)
                    peer.send(0x81, order)
                    let frame = peer.next()
                    #expect(frame?.first == 0x88)
                    #expect(frame?.payload.prefix(2) == [UInt8(code >> 8), UInt8(code & 0xFF)])
                    // What comes before the echo is thrown away.
                    peer.send(0x81, "late")
                    peer.peer.send(maskedFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)]))
                    #expect(peer.next() == nil)
                    // A client that does not echo is left after two seconds.
                    var silent = SocketPeer(port)
                    silent.send(0x81, order)
                    #expect(silent.closeCode() == code)
                }
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test(
            "who breaks a rule is told which and left",
            arguments: [
                ([0x81, 0x01, 0x61], 1002), (maskedFrame(0xC1, "x"), 1002),
                (maskedFrame(0x83, "x"), 1002), (maskedFrame(0x80, "x"), 1002),
                (maskedFrame(0x81, [0xFF]), 1007),
                ([0x81, 0xFF, 0, 0, 0, 0, 1, 0, 0, 0], 1009),
            ] as [([UInt8], UInt16)])
        func refused(bytes: [UInt8], code: UInt16) throws {
            try withServer { port, handler in
                var peer = SocketPeer(port)
                peer.peer.send(bytes)
                #expect(peer.closeCode() == code)
                #expect(eventually { handler.closed.withLock { $0.first?.code } == code })
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a hundred control frames in a second are answered, many more are a flood")
        func controls() throws {
            try withServer { port, _ in
                var peer = SocketPeer(port)
                for _ in 0..<100 { peer.send(0x89, "p") }
                for _ in 0..<100 { #expect(peer.next() == (0x8A, "p")) }
                var flood = SocketPeer(port)
                for _ in 0..<210 { flood.send(0x8A, "") }
                #expect(flood.closeCode() == 1008)
            }
        }

        @Test("a handler that does not ask holds its client back")
        func backPressure() throws {
            try withServer { port, handler in
                var peer = SocketPeer(port)
                peer.send(0x81, "wait")
                let message = maskedFrame(0x81, String(repeating: "m", count: 1_000))
                let block = Array(repeatElement(message, count: 60).joined())
                var (taken, idle) = (0, 0)
                while idle < 50, taken < 48 << 20 {
                    let rest = block[(taken % block.count)...]
                    let sent = rest.withUnsafeBytes {
                        send(peer.peer.descriptor, $0.baseAddress, $0.count, 0x4040)
                    }
                    if sent > 0 {
                        (taken, idle) = (taken + sent, 0)
                    } else {
                        idle += 1
                        usleep(10_000)
                    }
                }
                #expect(taken < 24 << 20)
                #expect(handler.memory.bytesHeld <= (256 + 64) * 1_024)
                handler.isReleased.store(true, ordering: .releasing)
                let whole = taken / message.count
                for _ in 0..<whole { #expect(peer.next()?.payload.count == 1_000) }
            }
        }

        @Test("a send waits for a client that does not read, and ends when it has gone")
        func slowReader() throws {
            try withServer { port, handler in
                do {
                    let peer = SocketPeer(port)
                    peer.send(0x81, "flood")
                    usleep(300_000)
                }
                #expect(eventually { handler.cancelled.load(ordering: .relaxed) == 1 })
                #expect(eventually { handler.closed.withLock { $0.first?.code } == 1006 })
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a silent client is asked whether it is there, and left when it does not answer")
        func silence() throws {
            var settings = ServerSettings()
            (settings.webSocketPingSeconds, settings.webSocketPongSeconds) = (1, 1)
            try withServer(settings) { port, handler in
                var peer = SocketPeer(port)
                for _ in 0..<2 {
                    #expect(peer.next() == (0x89, ""))
                    peer.send(0x8A, "")
                }
                peer.send(0x81, "still here")
                #expect(peer.next() == (0x81, "still here"))
                #expect(peer.next() == (0x89, ""))
                #expect(peer.next() == nil)
                #expect(eventually { handler.closed.withLock { $0.first?.code } == 1006 })
                #expect(handler.cancelled.load(ordering: .relaxed) == 1)
            }
        }

        @Test("memory that is full closes with 1013")
        func overloaded() throws {
            try withServer { port, handler in
                var peer = SocketPeer(port)
                peer.send(0x81, "a")
                #expect(peer.next() == (0x81, "a"))
                #expect(eventually { handler.memory.bytesHeld == 0 })
                try handler.others.charge(handler.memory.bytesMax - 100)
                peer.send(0x81, String(repeating: "b", count: 500))
                #expect(peer.closeCode() == 1013)
                handler.others.releaseAll()
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a stop closes with 1001")
        func stopping() throws {
            let (server, handler) = try startServer()
            var peer = SocketPeer(server.port)
            peer.send(0x81, "here")
            #expect(peer.next() == (0x81, "here"))
            server.stop()
            #expect(peer.closeCode() == 1001)
            #expect(eventually { handler.memory.bytesHeld == 0 })
        }
    }
}
