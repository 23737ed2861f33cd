import EngineAPI
import Testing

@testable import HTTPWire

/// What a form comes to, neighbouring data joined.
private func events(_ pieces: [ArraySlice<UInt8>]) throws(HTTPError) -> [String] {
    var parser = try MultipartStreamParser(contentType: "multipart/form-data; boundary=b")
    var (out, data) = ([String](), [UInt8]())
    for piece in pieces {
        try parser.consume(piece) { event throws(HTTPError) in
            switch event {
            case .partBegan(let head):
                out.append("\(head.name) \(head.filename ?? "-") \(head.contentType ?? "-")")
            case .data(let bytes):
                #expect(!bytes.isEmpty)
                data += bytes
            case .partEnded:
                out.append(String(decoding: data, as: UTF8.self))
                data = []
            }
        }
    }
    try parser.finish()
    return out
}

@Suite struct MultipartStreamTests {
    private static let form =
        "--b\r\nContent-Disposition: form-data; name=language\r\n\r\nen\r\n"
        + "--b\r\nContent-Disposition: form-data; name=file; filename=\"a.wav\"\r\n"
        + "Content-Type: audio/wav\r\n\r\n\r\n\r\n-\r\n--\r\n--a\r\n--bc\r\r\n--b \t-x\r\n"
        + "\r\n--b\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--b--\r\n"

    private static let expected = [
        "language - -", "en", "file a.wav audio/wav",
        "\r\n\r\n-\r\n--\r\n--a\r\n--bc\r\r\n--b \t-x\r\n", "empty - -", "",
    ]

    @Test("a form comes as the same events, whole, byte by byte and cut at each offset")
    func pieces() throws {
        let bytes = Array(Self.form.utf8)
        #expect(try events([bytes[...]]) == Self.expected)
        #expect(try events(bytes.indices.map { bytes[$0...$0] }) == Self.expected)
        for cut in bytes.indices {
            #expect(try events([bytes[..<cut], bytes[cut...]]) == Self.expected, "cut at \(cut)")
        }
    }

    @Test("a file's bytes come as they arrive, in one run for each piece")
    func early() throws {
        var parser = try MultipartStreamParser(contentType: "multipart/form-data; boundary=b")
        let head = "--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"
        var runs: [Int] = []
        try parser.consume(Array(head.utf8)[...]) { _ in }
        // Line ends in the content are no reason to cut it.
        let line = Array("0123456789\r\n".utf8)
        let piece = Array(repeatElement(line, count: 1_000).joined()) + [0x21]
        for _ in 0..<3 {
            try parser.consume(piece[...]) { event throws(HTTPError) in
                if case .data(let bytes) = event { runs.append(bytes.count) }
            }
        }
        #expect(runs == [piece.count, piece.count, piece.count])
        #expect(throws: HTTPError.badMultipart(.notClosed)) { try parser.finish() }
    }

    @Test("random content round boundaries comes back", arguments: 1...60 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // Few bytes, so that beginnings of the delimiter are many.
        let alphabet = Array("\r\n--bx".utf8)
        let content = (0..<300).map { _ in alphabet.randomElement(using: &random)! }
        guard content.firstRange(of: Array("\r\n--b".utf8)) == nil,
            !content.starts(with: Array("--b".utf8))
        else { return }
        let head = "--b\r\nContent-Disposition: form-data; name=f\r\n\r\n"
        let bytes = Array(head.utf8) + content + Array("\r\n--b--".utf8)
        var (pieces, rest) = ([ArraySlice<UInt8>](), bytes[...])
        while !rest.isEmpty {
            pieces.append(rest.prefix(Int.random(in: 1...20, using: &random)))
            rest = rest.dropFirst(pieces.last!.count)
        }
        let text = String(decoding: content, as: UTF8.self)
        #expect(try events(pieces) == ["f - -", text], "seed \(seed)")
    }
}
