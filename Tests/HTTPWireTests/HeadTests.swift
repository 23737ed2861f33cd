import HTTPWire
import Testing

private func parse(_ text: String) throws(HTTPError) -> RequestHead {
    try parse(Array(text.utf8))
}

private func parse(_ bytes: [UInt8]) throws(HTTPError) -> RequestHead {
    var scanner = HeadScanner()
    guard let end = try scanner.scan(bytes.span) else { throw .endedEarly }
    return try parseHead(Array(bytes[scanner.start..<end]))
}

@Suite struct HeadTests {
    @Test("a head's line, fields and framing are read")
    func whole() throws {
        let head = try parse(
            "POST /speak?voice=a%20b HTTP/1.1\r\nHost: x:80\r\nContent-Length: 12\r\nX-A:  b \r\n\r\n"
        )
        #expect(head.method == "POST" && head.path == "/speak" && head.query == "voice=a%20b")
        #expect(head.value("x-a") == "b")
        #expect(head.framing == .length(12) && head.keepsAlive && head.isHTTP11)
    }

    @Test(
        "a head arriving in pieces is the same head",
        arguments: 1..<60)
    func pieces(cut: Int) throws {
        let bytes = Array("\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        var scanner = HeadScanner()
        let piece = Array(bytes[..<min(cut, bytes.count)])
        let early = try scanner.scan(piece.span)
        #expect(cut >= bytes.count || early == nil)
        let end = try early ?? #require(try scanner.scan(bytes.span))
        let head = try parseHead(Array(bytes[scanner.start..<end]))
        #expect(end == bytes.count && head.path == "/healthz" && !head.keepsAlive)
    }

    @Test(
        "what RFC 9112 forbids is refused by its clause",
        arguments: [
            ("GET / HTTP/1.1\nHost: a\n\n", HTTPError.badLineEnd),
            ("GET / HTTP/1.1\rHost: a\r\r", .badLineEnd),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", .badLineEnd),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
            ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
            ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .badRequestLine),
            ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
            ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
            ("\u{16}\u{03}\u{01}", .badRequestLine),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionUnsupported),
            ("GET / HTTP/1.1\r\n\r\n", .badHost),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .badHost),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .badField),
            ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", .badField),
            ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", .badField),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", .ambiguousLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", .ambiguousLength),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                .ambiguousLength
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                .ambiguousLength
            ),
            ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", .codingUnsupported),
            ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n", .expectationFailed),
        ])
    func refused(text: String, error: HTTPError) {
        #expect(throws: error) { try parse(text) }
    }

    @Test(
        "close is understood in any case and place",
        arguments: ["close", "Close", "keep-alive, CLOSE", "x,close"])
    func close(value: String) throws {
        let head = try parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(value)\r\n\r\n")
        #expect(!head.keepsAlive)
    }

    @Test("absolute and asterisk forms give their path")
    func targets() throws {
        let absolute = try parse("GET http://a.b:80/c?d HTTP/1.1\r\nHost: a.b\r\n\r\n")
        #expect(absolute.path == "/c" && absolute.query == "d")
        #expect(try parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path == "*")
        #expect(throws: HTTPError.badRequestLine) {
            try parse("GET * HTTP/1.1\r\nHost: a\r\n\r\n")
        }
    }

    @Test("a head is bounded in bytes and lines")
    func bounds() {
        let long = String(repeating: "a", count: HeadScanner.headBytesMax)
        #expect(throws: HTTPError.headTooLarge(bytesMax: HeadScanner.headBytesMax)) {
            try parse("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n")
        }
        let many = (0..<200).map { "X-\($0): a\r\n" }.joined()
        #expect(throws: HTTPError.headTooLarge(bytesMax: HeadScanner.headBytesMax)) {
            try parse("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n")
        }
        #expect(throws: HTTPError.targetTooLong(bytesMax: HeadScanner.targetBytesMax)) {
            try parse("GET /\(long.prefix(20_000)) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
    }
}
