// Compiled together with the readers of requests' fields by scripts/fuzz, as one module.
import EngineAPI
import HTTPWire

private enum Kind: String, CaseIterable { case one, two }

private let text = Field.text("text", "", isQuoted: true, whenEmpty: .value)
private let speed = Field.number("speed", 0.25...4, default: 1, "")
private let seed = Field.whole("seed", 0...RequestFields.wholeMax, default: 0, "")
private let face = Field.choice("face", default: Kind.one, "")
private let engines = Field.list("engines[]", ["one", "two"], "")
private let file = Field.file("file", "", aliases: ["audio"])

let declared: [String: APIField] = {
    let fields = [
        text.facts, speed.facts, seed.facts, face.facts, engines.facts, file.facts,
        TranscriptionFields.stream.facts,
    ]
    return Dictionary(
        fields.flatMap { field in field.names.map { ($0, field) } }, uniquingKeysWith: { $1 })
}()

/// libFuzzer's entry: the first byte picks where the fields come from; then each is read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let body = Array(input[1...])
    var fields = RequestFields(parts: [], of: .fuzzed)
    do throws(Problem) {
        switch input[0] {
        case UInt8(ascii: "j"): try fields.take(json: body)
        case UInt8(ascii: "f"): try fields.take(form: body)
        default: try multipart(body, into: &fields)
        }
    } catch {
        // What a problem tells back is made of what came.
        _ = error.bytes(requestID: "fuzz", .problem)
        return 0
    }
    read(fields)
    return 0
}

private func multipart(_ body: [UInt8], into fields: inout RequestFields) throws(Problem) {
    do throws(HTTPError) {
        var parser = try MultipartParser(contentType: "multipart/form-data; boundary=b")
        try parser.consume(body[...])
        fields.take(parts: try parser.finish())
    } catch {
        throw Problem(.badMultipart, "")
    }
}

private func read(_ fields: RequestFields) {
    _ = (fields.unknownNames, fields.isStreamed, fields.mediaBytes)
    attempt { () throws(Problem) in _ = try fields[text].flatMap(CSSColour.parse) }
    attempt { () throws(Problem) in
        let value = try fields[speed]
        precondition((0.25...4).contains(value))
    }
    attempt { () throws(Problem) in
        let value = try fields[seed]
        precondition((0...RequestFields.wholeMax).contains(value))
    }
    // The lexicon's own reader, of whatever text came.
    attempt { () throws(Problem) in _ = try fields[text].map(RequestLexicon.entries) }
    attempt { () throws(Problem) in _ = try fields[face] }
    attempt { () throws(Problem) in _ = try fields[engines] }
    attempt { () throws(Problem) in _ = try fields[file] }
}

private func attempt(_ body: () throws(Problem) -> Void) {
    do throws(Problem) { try body() } catch { _ = error.bytes(requestID: "fuzz", .openAI) }
}
