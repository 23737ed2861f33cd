import Testing

@testable import LambdaClient

private func parse(
    _ pieces: [[UInt8]], bodyBytesMax: Int = 100, ends: Bool = false
) throws(LambdaError) -> ResponseParser {
    var parser = ResponseParser(bodyBytesMax: bodyBytesMax)
    for piece in pieces { try parser.consume(piece) }
    if ends { try parser.end() }
    return parser
}

private struct Message: CustomTestStringConvertible {
    let testDescription: String
    let text: String
    var status = 200
    var body = ""
    var isKept = true
    var ends = false
}

private let messages = [
    Message(
        testDescription: "a length",
        text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Id:  a b \r\n\r\nabc", body: "abc"),
    Message(
        testDescription: "chunks with an extension and a trailer",
        text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
            + "2;x=1\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n", body: "abc"),
    Message(
        testDescription: "an interim answer before it",
        text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n",
        status: 202),
    Message(
        testDescription: "no reason and no body",
        text: "HTTP/1.1 204\r\nConnection: a, Close\r\n\r\n", status: 204, isKept: false),
    Message(
        testDescription: "a body that the peer's end ends", text: "HTTP/1.0 200 OK\r\n\r\nabc",
        body: "abc", isKept: false, ends: true),
    Message(
        testDescription: "bytes that belong to nothing",
        text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc", body: "a", isKept: false),
]

@Suite struct ResponseParserTests {
    @Test("a response is the same whole, byte by byte and cut anywhere", arguments: messages)
    fileprivate func cuts(_ message: Message) throws {
        let bytes = Array(message.text.utf8)
        var ways = [[bytes], bytes.map { [$0] }]
        ways += bytes.indices.map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
        for way in ways {
            let parser = try parse(way, ends: message.ends)
            #expect(parser.isDone)
            #expect(parser.response.status == message.status)
            #expect(String(decoding: parser.response.body, as: UTF8.self) == message.body)
            #expect(parser.keepsConnection == message.isKept)
        }
    }

    @Test("fields are found by their names in lower case, without blanks around")
    func fields() throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nLambda-Id:\t a b \t\r\n\r\n"
        #expect(try parse([Array(text.utf8)]).response.value("lambda-id") == "a b")
    }

    @Test(
        "what is no response is refused",
        arguments: [
            "\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 099 No\r\n\r\n", "HTTP/1.1 101 Switch\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: none\r\n\r\n",
            "HTTP/1.1 200 OK\r\na b: c\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \u{1}\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ])
    func refused(_ text: String) {
        #expect(throws: LambdaError.badResponse) { try parse([Array(text.utf8)]) }
    }

    @Test("a head without an end is refused at its bound")
    func longHead() {
        let long = [UInt8](repeating: 0x61, count: ResponseParser.headBytesMax + 1)
        #expect(throws: LambdaError.badResponse) { try parse([long]) }
    }

    @Test(
        "a body over the bound is cut, and the connection with it",
        arguments: [
            "HTTP/1.1 200 OK\r\nX-Id: 1\r\nContent-Length: 101\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Id: 1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n",
            "HTTP/1.1 200 OK\r\nX-Id: 1\r\n\r\n",
        ])
    func longBody(_ head: String) throws {
        let parser = try parse([Array(head.utf8), [UInt8](repeating: 0x61, count: 101)])
        #expect(parser.isDone && !parser.keepsConnection)
        #expect(parser.response.isCut && parser.response.body.isEmpty)
        #expect(parser.response.value("x-id") == "1")
    }

    @Test("an end in the middle is told")
    func earlyEnd() {
        for text in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"] {
            #expect(throws: LambdaError.connectionClosed) {
                try parse([Array(text.utf8)], ends: true)
            }
        }
    }

    @Test(
        "an address is a host and a port",
        arguments: [
            ("127.0.0.1:9001", true), ("[::1]:9001", true), ("localhost:80", true),
            ("", false), ("a", false), ("a:", false), ("a:0", false), ("a:70000", false),
            (":80", false), ("a/b:80", false), ("a b:80", false), ("a\r\nb:80", false),
        ])
    func addresses(_ text: String, _ isGood: Bool) {
        if isGood {
            #expect(throws: Never.self) { try RuntimeConnection(address: text) }
        } else {
            #expect(throws: LambdaError.badAddress(text)) {
                try RuntimeConnection(address: text)
            }
        }
    }
}
