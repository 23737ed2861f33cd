// Compiled together with the readers of requests' fields by scripts/fuzz, as one module.
import EngineAPI
import HTTPWire

/// libFuzzer's entry: the first byte picks where the fields come from; then each is read as every
/// kind of field that a route has.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let body = Array(input[1...])
    var fields = RequestFields(parts: [])
    do throws(Problem) {
        switch input[0] {
        case UInt8(ascii: "j"): try fields.take(json: body, known: names)
        case UInt8(ascii: "f"): try fields.take(form: body)
        default: try multipart(body, into: &fields)
        }
    } catch {
        // What a problem tells back is made of what came.
        _ = error.bytes(requestID: "fuzz", .problem)
        return 0
    }
    for name in names { read(name, of: fields) }
    return 0
}

private let names: Set<String> = ["text", "speed", "seed", "stream", "face", "engines"]

private func multipart(_ body: [UInt8], into fields: inout RequestFields) throws(Problem) {
    do throws(HTTPError) {
        var parser = try MultipartParser(contentType: "multipart/form-data; boundary=b")
        try parser.consume(body[...])
        fields.take(parts: try parser.finish())
    } catch {
        throw Problem(400, "bad-multipart", "")
    }
}

private enum Kind: String, CaseIterable { case one, two }

private func read(_ name: String, of fields: RequestFields) {
    _ = fields.all(name)
    _ = fields.filled(name)
    _ = fields.text(name).flatMap(CSSColour.parse)
    attempt { () throws(Problem) in try fields.requireString(name) }
    attempt { () throws(Problem) in _ = try fields.choice(name, default: Kind.one) }
    attempt { () throws(Problem) in _ = try fields.number(name, default: 1, in: 0.25...4) }
    attempt { () throws(Problem) in
        let value = try fields.integer(name, default: 0, in: 0...RequestFields.wholeMax)
        precondition((0...RequestFields.wholeMax).contains(value))
    }
    attempt { () throws(Problem) in _ = try fields.flag(name, default: false) }
}

private func attempt(_ body: () throws(Problem) -> Void) {
    do throws(Problem) { try body() } catch { _ = error.bytes(requestID: "fuzz", .openAI) }
}
