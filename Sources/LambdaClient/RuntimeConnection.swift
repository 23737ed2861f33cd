/// One request to the platform.
struct RuntimeRequest {
    enum Body {
        case none
        case whole([UInt8])
        /// Chunked: `next` waits for a piece and gives nil at the end; then `trailers` is asked.
        case pieces(next: () -> [UInt8]?, trailers: () -> [(String, String)])
    }

    let path: String
    var fields: [(String, String)] = []
    var body = Body.none
    var responseBytesMax = 65_536
    var limit = WaitLimit()

    /// GET without a body, POST with one.
    var method: String {
        if case .none = body { "GET" } else { "POST" }
    }
}

/// A kept HTTP/1.1 connection to the platform, over plain TCP as the Runtime API has it. A request
/// that fails closes it, and the next one connects anew. Used by one thread.
///
/// Written here since streamed answers need trailers: libcurl keeps the state of its trailers when
/// a handle is used again (7.88: it then writes before the start of its own buffer).
final class RuntimeConnection {
    private let host: String
    private let port: String
    private let address: String
    private var socket = SocketHandle()

    /// - address: `host:port`, or `[v6]:port`.
    /// - Throws: `.badAddress`.
    init(address: String) throws(LambdaError) {
        guard let colon = address.lastIndex(of: ":"),
            let number = UInt16(address[address.index(after: colon)...]), number > 0
        else { throw .badAddress(address) }
        var host = address[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, address.utf8.count <= 255,
            host.utf8.allSatisfy({ isNameByte($0) || $0 == 0x2E || $0 == 0x3A })
        else { throw .badAddress(address) }
        self.host = String(host)
        port = String(number)
        self.address = address
    }

    /// The next request connects anew.
    func close() { socket.close() }

    /// Sends a request and waits for its response; blocks.
    func perform(_ request: RuntimeRequest) throws(LambdaError) -> RuntimeResponse {
        do throws(LambdaError) {
            // What can be read before anything was asked is the end of a connection that was kept
            // too long, or belongs to nothing.
            if !socket.isOpen || socket.hasInput { try socket.open(host: host, port: port) }
            let isWhole = try send(request)
            let parser = try receive(request)
            if !isWhole || !parser.keepsConnection { socket.close() }
            return parser.response
        } catch {
            socket.close()
            throw error
        }
    }

    /// - Returns: false where the platform answered, or left, before all was sent.
    private func send(_ request: RuntimeRequest) throws(LambdaError) -> Bool {
        var head = "\(request.method) \(request.path) HTTP/1.1\r\nHost: \(address)\r\n"
        for (name, value) in request.fields { head += line(name, value) }
        switch request.body {
        case .none:
            try socket.send(Array((head + "\r\n").utf8), request.limit)
            return true
        case .whole(let bytes):
            head += "Content-Length: \(bytes.count)\r\n\r\n"
            try socket.send(Array(head.utf8) + bytes, request.limit)
            return true
        case .pieces(let next, let trailers):
            head += "Transfer-Encoding: chunked\r\n\r\n"
            try socket.send(Array(head.utf8), request.limit)
            while let piece = next() {
                if socket.hasInput { return false }
                if piece.isEmpty { continue }
                let size = Array("\(String(piece.count, radix: 16))\r\n".utf8)
                try socket.send(size + piece + [0x0D, 0x0A], request.limit)
            }
            let end = "0\r\n" + trailers().map(line).joined() + "\r\n"
            try socket.send(Array(end.utf8), request.limit)
            return true
        }
    }

    private func receive(_ request: RuntimeRequest) throws(LambdaError) -> ResponseParser {
        var parser = ResponseParser(bodyBytesMax: request.responseBytesMax)
        while !parser.isDone {
            let bytes = try socket.receive(request.limit)
            if bytes.isEmpty { try parser.end() } else { try parser.consume(bytes) }
        }
        return parser
    }

    /// A field line; no value can end it.
    private func line(_ name: String, _ value: String) -> String {
        let safe = value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
        return "\(name): \(String(String.UnicodeScalarView(safe)))\r\n"
    }
}
