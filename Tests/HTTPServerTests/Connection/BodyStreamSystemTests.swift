import EngineAPI
import Glibc
import HTTPServer
import Testing

/// One side of a connection that a test holds.
struct TestPeer: ~Copyable {
    let descriptor: Int32

    init(_ port: UInt16) { descriptor = connect(port) }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, 0x4000)
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Reads until the text has come, or the server closes.
    func read(until wanted: String = "\u{0}never") -> String {
        var text = ""
        while !text.contains(wanted), let bytes = readSome() {
            text += String(decoding: bytes, as: UTF8.self)
        }
        return text
    }

    /// Nil at the end.
    func readSome() -> [UInt8]? {
        var block = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &block, block.count, 0)
        return count > 0 ? Array(block[0..<count]) : nil
    }

    /// Sends without waiting until the peer has taken nothing for half a second; returns how much
    /// it took.
    func push(_ bytes: Int) -> Int {
        let block = [UInt8](repeating: 0x61, count: 65_536)
        var (total, idle) = (0, 0)
        while total < bytes, idle < 50 {
            let count = min(block.count, bytes - total)
            // MSG_DONTWAIT and MSG_NOSIGNAL.
            let sent = Glibc.send(descriptor, block, count, 0x4040)
            if sent > 0 {
                (total, idle) = (total + sent, 0)
            } else {
                idle += 1
                usleep(10_000)
            }
        }
        return total
    }
}

/// Waits for what another thread does, ten seconds at most.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2_000 {
        if condition() { return true }
        usleep(5_000)
    }
    return condition()
}

extension BlockingTests {
    /// Bodies that are pulled while they come.
    @Suite struct BodyStreamSystemTests {
        private static let live =
            "POST /live HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"

        @Test("work begins before the body is whole, and the connection goes on after it")
        func early() throws {
            try withServer { port, handler in
                let peer = TestPeer(port)
                peer.send(Self.live + "\r\n")
                #expect(peer.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
                for word in ["one", "three", "four"] {
                    let size = String(word.utf8.count, radix: 16)
                    peer.send("\(size)\r\n\(word)\r\n")
                    #expect(peer.read(until: word).contains("\(size)\r\n\(word)\r\n"))
                }
                peer.send("0\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                let rest = peer.read()
                #expect(rest.hasPrefix("0\r\n\r\nHTTP/1.1 200 ") && rest.hasSuffix("ok"))
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a reader that does not ask holds its client back, and is no slow client")
        func backPressure() throws {
            var settings = ServerSettings()
            settings.readSeconds = 1
            try withServer(settings) { port, handler in
                let peer = TestPeer(port)
                let count = 48 << 20
                peer.send(
                    "POST /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                        + "Content-Length: \(count)\r\n\r\n")
                let taken = peer.push(count)
                // The kernel's buffers take some; the server a window and one read.
                #expect(taken < count / 2)
                #expect(handler.memory.bytesHeld <= (256 + 64) * 1_024)
                usleep(2_000_000)
                handler.isReleased.store(true, ordering: .releasing)
                peer.send([UInt8](repeating: 0x61, count: count - taken))
                let text = peer.read()
                #expect(text.hasPrefix("HTTP/1.1 200 ") && text.hasSuffix("\r\n\r\n\(count)"))
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a response before the body is whole passes over what is cheap, and else closes")
        func responseFirst() throws {
            try withServer { port, handler in
                let short = TestPeer(port)
                short.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n12345")
                let kept = short.read(until: "\r\n\r\n")
                #expect(kept.hasPrefix("HTTP/1.1 202 ") && !kept.contains("close"))
                short.send(String(repeating: "x", count: 95))
                short.send("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(short.read().hasSuffix("ok"))
                let long = TestPeer(port)
                long.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n12345")
                let closed = long.read()
                #expect(closed.hasPrefix("HTTP/1.1 202 ") && closed.contains("Connection: close"))
                let chunked = TestPeer(port)
                chunked.send(
                    "POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab")
                #expect(chunked.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 202 "))
                chunked.send("c\r\n0\r\n\r\nGET /ok HTTP/1.0\r\n\r\n")
                #expect(chunked.read().hasSuffix("ok"))
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test(
            "a body that goes wrong after its response has begun breaks the response off",
            arguments: ["zz\r\n", "5\r\nhelloX"])
        func brokenLate(rest: String) throws {
            try withServer { port, handler in
                let peer = TestPeer(port)
                peer.send(Self.live + "\r\n3\r\none\r\n")
                _ = peer.read(until: "one")
                peer.send(rest)
                #expect(!peer.read().contains("0\r\n\r\n"))
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a client that leaves within its body ends the work")
        func leaving() throws {
            try withServer { port, handler in
                do {
                    let peer = TestPeer(port)
                    peer.send(Self.live + "\r\n3\r\none\r\n")
                    _ = peer.read(until: "one")
                }
                #expect(eventually { handler.cancelled.load(ordering: .relaxed) == 1 })
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a coded body is inflated as it comes")
        func inflated() throws {
            try withServer { port, handler in
                let peer = TestPeer(port)
                peer.send(Self.live + "Content-Encoding: gzip\r\n\r\n")
                // zlib's compressobj(wbits=31): "hello", a sync flush, " world", the end.
                let pieces: [[UInt8]] = [
                    [
                        31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 202, 72, 205, 201, 201, 7, 0, 0, 0, 255,
                        255,
                    ],
                    [
                        83, 40, 207, 47, 202, 73, 1, 0, 133, 17, 74, 13, 11, 0, 0, 0,
                    ],
                ]
                for (piece, word) in zip(pieces, ["hello", " world"]) {
                    peer.send(String(piece.count, radix: 16) + "\r\n")
                    peer.send(piece + [0x0D, 0x0A])
                    #expect(peer.read(until: word).contains(word))
                }
                peer.send("0\r\n\r\n")
                #expect(peer.read(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a body that memory has no room for is 503")
        func overloaded() throws {
            try withServer { port, handler in
                try handler.others.charge(handler.memory.bytesMax - 400)
                let peer = TestPeer(port)
                peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n")
                peer.send([UInt8](repeating: 0x61, count: 500))
                let text = peer.read()
                #expect(text.hasPrefix("HTTP/1.1 503 ") && text.contains("Connection: close"))
                handler.others.releaseAll()
                #expect(eventually { handler.memory.bytesHeld == 0 })
            }
        }

        @Test("a stop ends a body that does not come, with a response")
        func stopping() throws {
            let (server, handler) = try startServer()
            let peer = TestPeer(server.port)
            peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nab")
            _ = exchange(server.port, ["GET /ok HTTP/1.0\r\n\r\n"])
            server.stop()
            #expect(peer.read().hasPrefix("HTTP/1.1 503 "))
            #expect(eventually { handler.memory.bytesHeld == 0 })
        }
    }
}
