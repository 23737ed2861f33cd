import HTTPWire

/// Codes texts in gzip for clients that take it, and remembers the coded form of responses that are
/// the same array each time (a page, a document), so that a loop compresses them once.
struct ContentCoder {
    /// Below, a gzip header and a second packet cost as much as is won.
    static let bytesMin = 1_024
    private static let entriesMax = 8

    private var entries: [(plain: [UInt8], coded: [UInt8])] = []
    private var turn = 0

    /// The response as it is to be sent; media is compressed already and stays as it is.
    mutating func coded(_ response: Response, acceptEncoding: [String]) -> Response {
        guard let type = response.head.value("content-type"), isText(type),
            response.body.count >= Self.bytesMin
        else { return response }
        var response = response
        response.head.add("Vary", "Accept-Encoding")
        guard accepts("gzip", acceptEncoding) else { return response }
        response.body = coded(response.body)
        response.head.add("Content-Encoding", "gzip")
        return response
    }

    private mutating func coded(_ body: [UInt8]) -> [UInt8] {
        // Kept alive here, an array's address is its name.
        if let known = entries.first(where: { isSame($0.plain, body) }) { return known.coded }
        let coded = gzipped(body)
        if entries.count < Self.entriesMax {
            entries.append((body, coded))
        } else {
            entries[turn] = (body, coded)
            turn = (turn + 1) % Self.entriesMax
        }
        return coded
    }

    private func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return one.withUnsafeBufferPointer { one in
            other.withUnsafeBufferPointer { one.baseAddress == $0.baseAddress }
        }
    }
}

private func isText(_ type: String) -> Bool {
    type.hasPrefix("text/") || type.hasPrefix("application/json")
        || type.hasPrefix("application/problem+json") || type.hasPrefix("application/x-subrip")
        || type.hasPrefix("application/vnd.oai.openapi+json")
}

/// RFC 9110 §12.5.3: whether a coding is listed with a weight above zero.
func accepts(_ coding: String, _ lines: [String]) -> Bool {
    for item in lines.joined(separator: ",").split(separator: ",") {
        let parts = item.split(separator: ";").map { String($0).trimmingBlanks().lowercased() }
        guard let name = parts.first, name == coding || name == "*" else { continue }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) }
        return weight.map { ($0 ?? 0) > 0 } ?? true
    }
    return false
}
