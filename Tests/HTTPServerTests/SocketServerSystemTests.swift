import EngineAPI
import Foundation
import Glibc
import HTTPServer
import HTTPWire
import Testing

/// Tests that block a thread while they wait for a socket: one at a time, or none would be left for
/// the server's tasks.
@Suite(.serialized) enum BlockingTests {}

extension BlockingTests {
    @Suite struct SocketServerSystemTests {
        @Test(
            "a streamed response of known length tells it, is not chunked, and keeps the connection"
        )
        func sized() throws {
            try withServer { port, _ in
                let get = "GET /sized HTTP/1.1\r\nHost: a\r\n\r\n"
                let old = "GET /sized HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                let head = "HEAD /sized HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                let text = exchange(port, [get + old + head])
                let line = "HTTP/1.1 206 Partial Content\r\n"
                let responses = text.components(separatedBy: line).dropFirst()
                #expect(responses.count == 3 && !text.lowercased().contains("transfer-encoding"))
                #expect(responses.allSatisfy { $0.contains("Content-Length: 11\r\n") })
                #expect(responses.prefix(2).allSatisfy { $0.hasSuffix("\r\n\r\nonetwothree") })
                #expect(responses.last?.hasSuffix("\r\n\r\n") == true)
            }
        }

        @Test("pipelined requests are answered in order, each split where it may be")
        func pipelined() throws {
            try withServer { port, _ in
                let text = exchange(
                    port,
                    [
                        "GET /ok HTTP/1.1\r\nHo", "st: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\n",
                        "Content-Length: 5\r\n\r\nhe", "lloGET /none HTTP/1.1\r\nHost: a\r\n",
                        "Connection: close\r\n\r\n",
                    ])
                let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map {
                    $0.prefix(3)
                }
                #expect(statuses == ["200", "200", "404"])
                #expect(text.contains("\r\n\r\nhello"))
            }
        }

        @Test("a streamed response is chunked, with a trailer for who asks, and bare to HTTP/1.0")
        func streamed() throws {
            try withServer { port, _ in
                let modern = exchange(
                    port, ["POST /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
                #expect(
                    modern.hasSuffix("3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"))
                #expect(!modern.contains("Trailer:"))
                for value in ["trailers", "gzip;q=0.5, Trailers"] {
                    let requested = exchange(
                        port,
                        [
                            "POST /stream HTTP/1.1\r\nHost: a\r\nConnection: close, TE\r\n"
                                + "TE: \(value)\r\n\r\n"
                        ])
                    #expect(requested.contains("\r\nTrailer: X-End\r\n"))
                    #expect(requested.hasSuffix("5\r\nthree\r\n0\r\nX-End: yes\r\n\r\n"))
                }
                let old = exchange(port, ["POST /stream HTTP/1.0\r\n\r\n"])
                #expect(old.hasSuffix("\r\n\r\nonetwothree") && !old.contains("chunked"))
            }
        }

        @Test("a body in gzip is inflated, a bomb and a broken one are refused")
        func gzip() throws {
            try withServer { port, _ in
                let head =
                    "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    + "Content-Encoding: gzip\r\nContent-Length: "
                // `printf hello | gzip -n`, and two thousand zeros.
                let hello: [UInt8] = [
                    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0, 0x86,
                    0xA6,
                    0x10, 0x36, 5, 0, 0, 0,
                ]
                let echoed = send(port, Array("\(head)\(hello.count)\r\n\r\n".utf8) + hello)
                #expect(echoed.hasSuffix("hello"))
                let cut = hello.dropLast(9)
                let broken = send(port, Array("\(head)\(cut.count)\r\n\r\n".utf8) + cut)
                #expect(broken.hasPrefix("HTTP/1.1 400 "))
                let bomb: [UInt8] = [
                    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x63, 0x60, 0x18, 5, 0xA3, 0x60, 0x14, 0x8C,
                    0x82, 0x51, 0x30, 0x0A, 0x46, 0xC1, 0x50, 7, 0, 0x44, 0xF4, 0xC9, 2, 0xD0, 7, 0,
                    0,
                ]
                let refused = send(port, Array("\(head)\(bomb.count)\r\n\r\n".utf8) + bomb)
                #expect(refused.hasPrefix("HTTP/1.1 413 "))
            }
        }

        @Test("a text of a kibibyte and more leaves in gzip where the client takes it")
        func codedResponse() throws {
            try withServer { port, _ in
                let ask = "GET /page HTTP/1.0\r\nAccept-Encoding: "
                let coded = exchange(port, [ask + "br, gzip;q=0.5\r\n\r\n"])
                #expect(coded.contains("Content-Encoding: gzip") && coded.utf8.count < 500)
                let plain = exchange(port, [ask + "gzip;q=0, *;q=0\r\n\r\n"])
                #expect(!plain.contains("Content-Encoding") && plain.hasSuffix("aaaa"))
                #expect(plain.contains("Vary: Accept-Encoding"))
            }
        }

        @Test("a full server ends whoever has idled longest")
        func connectionsFull() throws {
            var settings = ServerSettings()
            (settings.address, settings.port, settings.loops) = ("127.0.0.1", 0, 1)
            (settings.connectionsMax, settings.graceSeconds) = (2, 1)
            let server = try SocketServer(settings, handler: ScriptedHandler())
            try server.start()
            defer { server.stop() }
            let first = connect(server.port)
            _ = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n".withCString {
                send(first, $0, strlen($0), 0x4000)
            }
            var block = [UInt8](repeating: 0, count: 4_096)
            #expect(recv(first, &block, block.count, 0) > 0)
            for _ in 0..<4 {
                #expect(
                    exchange(server.port, ["GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"], until: "ok")
                        .contains("200"))
            }
            close(first)
        }

        @Test("a body that breaks off after its response is not answered twice")
        func answeredOnce() throws {
            try withServer { port, _ in
                let text = exchange(
                    port, ["POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"],
                    endsSending: true)
                #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2, "\(text)")
                #expect(text.hasPrefix("HTTP/1.1 404 "))
            }
        }

        @Test("HEAD has no body and GET's length")
        func head() throws {
            try withServer { port, _ in
                let text = exchange(
                    port, ["HEAD /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
                #expect(text.contains("Content-Length: 2") && text.hasSuffix("\r\n\r\n"))
            }
        }

        @Test("100-continue comes before the body, 413 instead of it")
        func expectations() throws {
            try withServer { port, _ in
                let head =
                    "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
                #expect(
                    exchange(port, [head + "5\r\n\r\n"], until: "100 Continue").contains(" 100 "))
                let refused = exchange(port, [head + "5000\r\n\r\n"])
                #expect(refused.hasPrefix("HTTP/1.1 413 ") && !refused.contains(" 100 "))
            }
        }

        @Test(
            "what is no request is answered and closed",
            arguments: [
                ("GET / HTTP/1.1\n\n", "400"), ("GET /ok HTTP/3.0\r\n\r\n", "505"),
                ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400"),
                (
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                    "400"
                ),
                (
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
                        + String(repeating: "a", count: 1_001), "413"
                ),
            ])
        func refused(text: String, status: String) throws {
            try withServer { port, _ in
                #expect(exchange(port, [text]).hasPrefix("HTTP/1.1 \(status) "))
            }
        }

        @Test("a client that has sent all and only listens is answered")
        func halfClosed() throws {
            try withServer { port, _ in
                let text = exchange(
                    port, ["POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"],
                    endsSending: true)
                #expect(text.contains("200 OK") && text.hasSuffix("hi"))
            }
        }

        @Test("a client that leaves cancels its work")
        func leaving() throws {
            try withServer { port, handler in
                let descriptor = connect(port)
                let request = "POST /wait HTTP/1.1\r\nHost: a\r\n\r\n"
                _ = request.withCString { send(descriptor, $0, strlen($0), 0x4000) }
                // Answered on another connection: the first has been read by then or will be.
                _ = exchange(port, ["GET /ok HTTP/1.0\r\n\r\n"])
                close(descriptor)
                var rounds = 0
                while handler.cancelled.load(ordering: .relaxed) == 0, rounds < 60_000 {
                    usleep(1_000)
                    rounds += 1
                }
                #expect(handler.cancelled.load(ordering: .relaxed) == 1)
            }
        }

        @Test("a stop cancels what does not end within the grace, with a response")
        func stopping() throws {
            var settings = ServerSettings()
            (settings.address, settings.port, settings.graceSeconds) = ("127.0.0.1", 0, 1)
            let server = try SocketServer(settings, handler: ScriptedHandler())
            try server.start()
            let descriptor = connect(server.port)
            let request = "POST /wait HTTP/1.1\r\nHost: a\r\n\r\n"
            _ = request.withCString { send(descriptor, $0, strlen($0), 0x4000) }
            _ = exchange(server.port, ["GET /ok HTTP/1.0\r\n\r\n"])
            server.stop()
            var block = [UInt8](repeating: 0, count: 4_096)
            let count = recv(descriptor, &block, block.count, 0)
            #expect(
                count > 0
                    && String(decoding: block[0..<max(0, count)], as: UTF8.self).contains("503"))
            close(descriptor)
        }

        @Test("an address that is none is refused")
        func badAddress() {
            var settings = ServerSettings()
            settings.address = "localhost"
            #expect(throws: ListenError.badAddress("localhost")) {
                try SocketServer(settings, handler: ScriptedHandler())
            }
        }
    }
}
