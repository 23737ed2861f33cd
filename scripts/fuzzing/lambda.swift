// Compiled together with parts of LambdaClient by scripts/fuzz, as one module.
import HTTPWire

/// libFuzzer's entry. What begins as JSON is an event; all else is a response of the platform,
/// which must parse the same whole and cut: its first byte says where.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    if input[0] == UInt8(ascii: "{") {
        event(input)
    } else {
        let message = Array(input[1...])
        let cut = min(Int(input[0]), message.count)
        let whole = response([message])
        let pieces = response([Array(message[..<cut]), Array(message[cut...])])
        precondition(whole == pieces, "whole: \(whole)\ncut at \(cut): \(pieces)")
    }
    return 0
}

/// Whatever an event holds, its head is one request, of our framing, or none at all.
private func event(_ bytes: [UInt8]) {
    let request: LambdaEventRequest
    do throws(InvocationError) {
        request = try readEvent(bytes, invocationID: "id-1", apiKey: "key")
    } catch {
        return
    }
    guard let head = try? parseWhole(request.head) else { return }
    let wanted: BodyFraming = request.body.isEmpty ? .none : .length(request.body.count)
    precondition(head.framing == wanted, "framed as \(head.framing), not \(wanted)")
    precondition(head.value("x-request-id") != nil)
}

private func response(_ pieces: [[UInt8]]) -> String {
    var parser = ResponseParser(bodyBytesMax: 1_000)
    do throws(LambdaError) {
        for piece in pieces { try parser.consume(piece) }
        if !parser.isDone { try parser.end() }
        return "\(parser.response) \(parser.keepsConnection)"
    } catch {
        return "\(error)"
    }
}
