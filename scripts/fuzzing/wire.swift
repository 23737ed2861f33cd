// Compiled together with HTTPWire's sources by scripts/fuzz, as one module.

/// libFuzzer's entry: the first byte picks the parser, the second where the input is cut; a
/// message must give the same result whole and cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 2 else { return 0 }
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let message = Array(input[2...])
    let cut = min(Int(input[1]), message.count)
    switch input[0] % 4 {
    case 0: compare(message, cut, head)
    case 1: compare(message, cut, chunked)
    case 2: compare(message, cut, multipart)
    default: _ = formPairs(message)
    }
    return 0
}

private func compare(
    _ message: [UInt8], _ cut: Int, _ parse: ([ArraySlice<UInt8>]) -> String
) {
    let whole = parse([message[...]])
    let pieces = parse([message[..<cut], message[cut...]])
    precondition(whole == pieces, "whole: \(whole)\ncut at \(cut): \(pieces)")
}

private func head(_ pieces: [ArraySlice<UInt8>]) -> String {
    var scanner = HeadScanner()
    var bytes: [UInt8] = []
    do throws(HTTPError) {
        for piece in pieces {
            bytes += piece
            guard let end = try scanner.scan(bytes.span) else { continue }
            let head = try parseHead(Array(bytes[scanner.start..<end]))
            return "\(head.method) \(head.path) \(head.query) \(head.framing) \(head.allFields)"
        }
        return "incomplete"
    } catch {
        // Which byte is looked at first may differ with the cut; that it is refused may not.
        return "refused"
    }
}

private func chunked(_ pieces: [ArraySlice<UInt8>]) -> String {
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    do throws(HTTPError) {
        for piece in pieces {
            let bytes = Array(piece)
            _ = try decoder.consume(bytes.span) { range throws(HTTPError) in
                body += bytes[range]
            }
        }
        return "\(decoder.isDone) \(body)"
    } catch {
        return "\(error)"
    }
}

private func multipart(_ pieces: [ArraySlice<UInt8>]) -> String {
    do throws(HTTPError) {
        var parser = try MultipartParser(contentType: "multipart/form-data; boundary=b")
        for piece in pieces { try parser.consume(piece) }
        return "\(try parser.finish())"
    } catch {
        return "\(error)"
    }
}
