import HTTPWire
import Testing

private func decode(_ text: String, cut: Int) throws(HTTPError) -> (body: String, isDone: Bool) {
    let bytes = Array(text.utf8)
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    for piece in [Array(bytes[..<min(cut, bytes.count)]), Array(bytes[min(cut, bytes.count)...])] {
        _ = try decoder.consume(piece.span) { range throws(HTTPError) in body += piece[range] }
    }
    return (String(decoding: body, as: UTF8.self), decoder.isDone)
}

@Suite struct BodyTests {
    @Test("a chunked body is the same wherever it is cut", arguments: 0..<50)
    func chunked(cut: Int) throws {
        let text = "5;a=b\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n0\r\nX-T: y\r\n\r\n"
        let decoded = try decode(text, cut: cut)
        #expect(decoded.body == "hello world" && decoded.isDone)
    }

    @Test(
        "a chunked body that is not well formed is refused",
        arguments: [
            "5\nhello\r\n0\r\n\r\n", "g\r\n", "-5\r\n", "5 \r\nhello\r\n", "\r\nhello",
            "5\r\nhelloX\r\n", "ffffffffffffffffff\r\n", "0x5\r\nhello\r\n",
            "0\r\nX\nY: z\r\n\r\n", "0\r\nno colon\r\n\r\n", "0\r\n: x\r\n\r\n",
            "5;" + String(repeating: "e", count: 5_000),
        ])
    func refused(text: String) {
        #expect(throws: HTTPError.badChunk) { try decode(text, cut: 3) }
    }

    @Test("a response's head cannot be split by what a client sent")
    func splitting() {
        var head = ResponseHead(status: 200)
        head.add("X-Request-Id", "a\r\nSet-Cookie: b")
        let bytes = serialise(
            head, length: .exactly(0), isChunked: false, persistence: .keeps, date: "now")
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("\r\nSet-Cookie") && text.contains("a??Set-Cookie: b"))
    }

    @Test(
        "dates are RFC 9110's",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        ])
    func dates(seconds: Int, text: String) { #expect(httpDate(unixSeconds: seconds) == text) }

    @Test("a form decodes escapes and refuses broken ones")
    func forms() {
        let pairs = formPairs("a=b+c&d=%C3%A9&e&a=2".utf8)
        #expect(pairs?.map(\.name) == ["a", "d", "e", "a"])
        #expect(pairs?.map(\.value) == ["b c", "é", "", "2"])
        #expect(formPairs("a=%zz".utf8) == nil && formPairs("a=%ff".utf8) == nil)
    }
}

@Suite struct MultipartTests {
    private static let type = "multipart/form-data; boundary=\"x-y\""
    private static let body =
        "preamble\r\n--x-y\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhi\r\n"
        + "--x-y\r\ncontent-disposition: form-data; name=file; filename=\"a;b.wav\"\r\n"
        + "Content-Type: audio/wav\r\n\r\n\r\n--x-\r\n--x-yz\r\n\r\n--x-y--\r\nepilogue"

    private func parse(_ body: String, cut: Int) throws(HTTPError) -> [FormPart] {
        let bytes = Array(body.utf8)
        var parser = try MultipartParser(contentType: Self.type)
        try parser.consume(bytes[..<min(cut, bytes.count)])
        try parser.consume(bytes[min(cut, bytes.count)...])
        return try parser.finish()
    }

    @Test("a form is the same wherever it is cut, near-boundaries included", arguments: 0..<250)
    func cuts(cut: Int) throws {
        let parts = try parse(Self.body, cut: cut)
        #expect(parts.map(\.name) == ["text", "file"])
        #expect(parts[0].text == "hi" && parts[0].filename == nil)
        #expect(parts[1].filename == "a;b.wav" && parts[1].contentType == "audio/wav")
        #expect(parts[1].text == "\r\n--x-\r\n--x-yz\r\n")
    }

    @Test(
        "a file's name in a legacy encoding, or in RFC 5987's, is a name",
        arguments: [
            ("filename=\"Caf\u{E9}.wav\"", "Café.wav"), ("filename=\"\u{83}\u{65}.wav\"", nil),
            ("filename*=UTF-8''Caf%C3%A9.wav", "UTF-8''Caf%C3%A9.wav"),
        ])
    func legacyNames(field: String, name: String?) throws {
        let head = "--x-y\r\nContent-Disposition: form-data; name=\"file\"; \(field)\r\n\r\n"
        // One byte a character, as a client in Latin-1, Windows-1252 or Shift JIS sends it.
        let bytes = (head + "abc\r\n--x-y--").unicodeScalars.map { UInt8($0.value) }
        var parser = try MultipartParser(contentType: Self.type)
        try parser.consume(bytes[...])
        let part = try #require(try parser.finish().first)
        #expect(part.name == "file" && part.bytes == Array("abc".utf8))
        if let name { #expect(part.filename == name) } else { #expect(part.filename != nil) }
    }

    @Test("an empty part is empty")
    func empty() throws {
        let parts = try parse(
            "--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--x-y--", cut: 9)
        #expect(parts.count == 1 && parts[0].bytes.isEmpty)
    }

    @Test(
        "forms that are not well formed say what is wrong",
        arguments: [
            ("", HTTPError.Multipart.noParts),
            ("--x-y\r\nContent-Disposition: form-data\r\n\r\na\r\n--x-y--", .noName),
            ("--x-y\r\n\r\na\r\n--x-y--", .noName),
            ("--x-y\r\nb\u{1}ad\r\n\r\na\r\n--x-y--", .badPartHead),
            ("--x-y\r\nContent-Disposition: form-data; name=a\r\n\r\nabc", .notClosed),
            ("--x-y\r\nX: " + String(repeating: "a", count: 9_000), .partHeadTooLarge),
            (
                String(
                    repeating: "--x-y\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n",
                    count: MultipartParser.partsMax + 1), .tooManyParts
            ),
        ])
    func refused(body: String, error: HTTPError.Multipart) {
        #expect(throws: HTTPError.badMultipart(error)) { try parse(body, cut: 5) }
    }

    @Test(
        "a boundary must be one",
        arguments: [
            "multipart/form-data", "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"a\tb\"",
            "multipart/form-data; boundary=" + String(repeating: "a", count: 71),
        ])
    func boundaries(type: String) {
        #expect(throws: HTTPError.self) { try MultipartParser(contentType: type) }
    }
}
