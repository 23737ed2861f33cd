// Compiled together with HTTPWire's sources by scripts/fuzz, as one module.

/// libFuzzer's entry: the first byte picks the limits, the second where the input is cut; frames
/// must come to the same whole, cut, and byte by byte, and text must be UTF-8.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 2 else { return 0 }
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    var limits = WebSocketLimits()
    limits.takesBinary = input[0] & 1 == 0
    limits.messageBytesMax = input[0] & 2 == 0 ? 1_000 : 40
    limits.fragmentsMax = input[0] & 4 == 0 ? 20 : 2
    let frames = Array(input[2...])
    let cut = min(Int(input[1]), frames.count)
    let whole = parse([frames[...]], limits)
    let pieces = parse([frames[..<cut], frames[cut...]], limits)
    precondition(whole == pieces, "whole: \(whole)\ncut at \(cut): \(pieces)")
    let bytes = parse(frames.indices.map { frames[$0...$0] }, limits)
    precondition(whole == bytes, "whole: \(whole)\nbyte by byte: \(bytes)")
    return 0
}

private func parse(_ pieces: [ArraySlice<UInt8>], _ limits: WebSocketLimits) -> [String] {
    var parser = WebSocketParser(limits: limits)
    var out: [String] = []
    do throws(WebSocketError) {
        for piece in pieces {
            let bytes = Array(piece)
            var at = 0
            while let event = try parser.next(bytes.span, from: &at) {
                check(event, limits)
                out.append("\(event)")
            }
            precondition(at == bytes.count, "bytes were left")
            precondition(parser.bytesHeld <= limits.messageBytesMax + 125, "too much is kept")
        }
    } catch {
        precondition(WebSocketClose.isSendable(error.closeCode))
        out.append("\(error)")
    }
    return out
}

private func check(_ event: WebSocketEvent, _ limits: WebSocketLimits) {
    switch event {
    case .text(let bytes):
        precondition(String(validating: bytes, as: UTF8.self) != nil, "text that is none")
        precondition(bytes.count <= limits.messageBytesMax)
    case .binary(let bytes):
        precondition(limits.takesBinary && bytes.count <= limits.messageBytesMax)
    case .ping(let bytes), .pong(let bytes): precondition(bytes.count <= 125)
    case .close(let close):
        let frame = webSocketCloseFrame(close)
        precondition(frame.count == Int(frame[1]) + 2)
    }
}
