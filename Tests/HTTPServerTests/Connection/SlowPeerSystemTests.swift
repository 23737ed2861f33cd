import Foundation
import Glibc
import HTTPServer
import Testing

extension BlockingTests {
    /// Peers that send, read or end otherwise than most.
    @Suite struct SlowPeerSystemTests {
        @Test("an HTTP/1.0 client that has ended its side is answered")
        func halfClosedOld() throws {
            try withServer { port, _ in
                for _ in 0..<20 {
                    let text = exchange(
                        port, ["POST /stream HTTP/1.0\r\n\r\n"], endsSending: true)
                    #expect(text.hasSuffix("onetwothree"), "\(text)")
                }
            }
        }

        @Test("large pipelined answers come all, to a client that reads late")
        func pipelinedPages() throws {
            try withServer { port, _ in
                let descriptor = connect(port)
                defer { close(descriptor) }
                let request = String(repeating: "GET /page HTTP/1.1\r\nHost: a\r\n\r\n", count: 400)
                _ = request.withCString { send(descriptor, $0, strlen($0), 0x4000) }
                usleep(200_000)
                var (total, block) = (0, [UInt8](repeating: 0, count: 65_536))
                while total < 400 * 5_000 {
                    let count = recv(descriptor, &block, block.count, 0)
                    if count <= 0 { break }
                    total += block[0..<count].count { $0 == 0x61 }
                }
                // The body's letter also stands in each head, a few times.
                #expect(total >= 400 * 5_000)
            }
        }

        @Test("a body may take long when it comes at the least rate, not when it trickles")
        func leastRate() throws {
            var settings = ServerSettings()
            (settings.readSeconds, settings.bytesPerSecondMin) = (1, 200)
            try withServer(settings) { port, _ in
                func upload(pieces: Int, of bytes: Int) -> String {
                    let descriptor = connect(port)
                    defer { close(descriptor) }
                    let head =
                        "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                        + "Content-Length: \(pieces * bytes)\r\n\r\n"
                    _ = head.withCString { send(descriptor, $0, strlen($0), 0x4000) }
                    let piece = [UInt8](repeating: 0x61, count: bytes)
                    for _ in 0..<pieces {
                        usleep(350_000)
                        if send(descriptor, piece, piece.count, 0x4000) < 0 { break }
                    }
                    var block = [UInt8](repeating: 0, count: 4_096)
                    let count = max(0, recv(descriptor, &block, block.count, 0))
                    return String(decoding: block[0..<count], as: UTF8.self)
                }
                #expect(upload(pieces: 8, of: 120).hasPrefix("HTTP/1.1 200 "))
                #expect(upload(pieces: 8, of: 1).hasPrefix("HTTP/1.1 408 "))
            }
        }

        @Test("a write that waits for its client ends at the request's deadline")
        func writeDeadline() throws {
            try withServer { port, handler in
                let descriptor = connect(port)
                defer { close(descriptor) }
                _ = "POST /hurry HTTP/1.1\r\nHost: a\r\n\r\n".withCString {
                    send(descriptor, $0, strlen($0), 0x4000)
                }
                var rounds = 0
                while handler.cancelled.load(ordering: .relaxed) == 0, rounds < 10_000 {
                    usleep(1_000)
                    rounds += 1
                }
                #expect(handler.cancelled.load(ordering: .relaxed) == 1)
            }
        }
    }
}
