import Testing

@testable import HTTPWire

/// RFC 9112 §7.1.1, with its corrected blanks: `*( BWS ";" BWS name [ BWS "=" BWS value ] )`.
@Suite struct ChunkExtensionTests {
    private func body(_ extensions: String) -> String? {
        var decoder = ChunkedDecoder()
        let bytes = Array("2\(extensions)\r\nok\r\n0\r\n\r\n".utf8)
        var out: [UInt8] = []
        do throws(HTTPError) {
            _ = try decoder.consume(bytes.span) { range throws(HTTPError) in
                out += bytes[range]
            }
        } catch {
            return nil
        }
        return decoder.isDone ? String(decoding: out, as: UTF8.self) : nil
    }

    @Test(
        "what the grammar has is passed over",
        arguments: [
            "", ";x", ";x=y", ";x=\"a;b\"", "; x", ";x ;y", ";x = y", ";x;y;z", ";x=\"\"",
            ";x=\"a\\\"b\";y", ";x=y;z=\"\t\"",
        ])
    func good(text: String) { #expect(body(text) == "ok") }

    @Test(
        "what it has not is refused",
        arguments: [
            ";", " ;", ";;", ";=", ";x=", ";\"x\"", ";x=\"a", ";x=\"a\\", ";x y", ";x=y z", ";x;",
            ";x=\"a\"b", ";x=\u{1}", ";x=\"\u{7F}\"", " x", "; ", ";x= ;y", ";x==y",
        ])
    func bad(text: String) { #expect(body(text) == nil) }
}
