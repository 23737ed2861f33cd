import HTTPWire

/// A response of the platform, whole.
struct RuntimeResponse: Equatable {
    var status = 0
    var fields: [Field] = []
    var body: [UInt8] = []
    /// The body was longer than allowed and was not kept.
    var isCut = false

    struct Field: Equatable {
        let name: String
        let value: String
    }

    /// The first field of that name (given in lower case).
    func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Parses one HTTP/1.1 response (RFC 9112) from pieces of any size.
struct ResponseParser {
    /// Far above any head of the platform, whose longest field is a client context of 3,583 bytes.
    static let headBytesMax = 32 * 1024
    static let fieldsMax = 64

    private enum Place {
        case head
        case length(Int)
        case chunked, untilClose, done
    }

    private let bodyBytesMax: Int
    private var place = Place.head
    private var headBytes: [UInt8] = []
    private var decoder = ChunkedDecoder()
    private(set) var response = RuntimeResponse()
    /// Whether another request may follow over the same connection.
    private(set) var keepsConnection = false

    init(bodyBytesMax: Int) { self.bodyBytesMax = bodyBytesMax }

    var isDone: Bool {
        if case .done = place { true } else { false }
    }

    /// Takes what came. Bytes after the end belong to nothing: the connection is not kept then.
    /// - Throws: `.badResponse`.
    mutating func consume(_ piece: [UInt8]) throws(LambdaError) {
        var rest = piece[...]
        while !rest.isEmpty {
            switch place {
            case .head: try takeHead(&rest)
            case .length(let left):
                let taken = rest.prefix(left)
                rest = rest.dropFirst(left)
                place = taken.count == left ? .done : .length(left - taken.count)
                keep(taken)
            case .chunked: try takeChunks(&rest)
            case .untilClose:
                keep(rest)
                return
            case .done:
                keepsConnection = false
                return
            }
        }
    }

    /// The peer has closed.
    /// - Throws: `.connectionClosed` where something is missing.
    mutating func end() throws(LambdaError) {
        keepsConnection = false
        switch place {
        case .untilClose, .done: place = .done
        case .head, .length, .chunked: throw .connectionClosed
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard response.body.count + bytes.count <= bodyBytesMax else {
            // Its head is still of use; what follows is not read.
            (response.isCut, response.body) = (true, [])
            (place, keepsConnection) = (.done, false)
            return
        }
        response.body += bytes
    }

    private mutating func takeChunks(_ rest: inout ArraySlice<UInt8>) throws(LambdaError) {
        let bytes = Array(rest)
        var ranges: [Range<Int>] = []
        let used: Int
        do throws(HTTPError) {
            used = try decoder.consume(bytes.span) { range throws(HTTPError) in
                ranges.append(range)
            }
        } catch {
            throw .badResponse
        }
        rest = rest.dropFirst(used)
        if decoder.isDone { place = .done }
        for range in ranges where !response.isCut { keep(bytes[range]) }
        if response.isCut { rest = [] }
    }

    private mutating func takeHead(_ rest: inout ArraySlice<UInt8>) throws(LambdaError) {
        var at = rest.startIndex
        while at < rest.endIndex {
            headBytes.append(rest[at])
            at += 1
            guard headBytes.count <= Self.headBytesMax else { throw .badResponse }
            if rest[at - 1] == 0x0A, headBytes.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) {
                rest = rest[at...]
                try readHead()
                headBytes = []
                return
            }
        }
        rest = []
    }

    private mutating func readHead() throws(LambdaError) {
        let lines = headBytes.dropLast(4).split(
            separator: 0x0A, omittingEmptySubsequences: false
        ).map { $0.last == 0x0D ? $0.dropLast() : $0 }
        let first = lines[0]
        // HTTP-version SP status-code SP [ reason-phrase ]; the last blank is often left out.
        guard first.count >= 12, first.starts(with: "HTTP/1.".utf8),
            first[first.startIndex + 8] == 0x20,
            let status = number(first[(first.startIndex + 9)..<(first.startIndex + 12)]),
            first.count == 12 || first[first.startIndex + 12] == 0x20, status >= 100
        else { throw .badResponse }
        // Interim answers stand before the one that counts; no switch of protocols was asked for.
        if status < 200 {
            guard status != 101 else { throw .badResponse }
            return
        }
        response.status = status
        response.fields = try lines.dropFirst().map(field)
        guard response.fields.count <= Self.fieldsMax else { throw .badResponse }
        let isOld = first[first.startIndex + 7] == 0x30
        keepsConnection = !isOld && !hasToken("connection", "close")
        try readFraming()
    }

    private func field(_ line: ArraySlice<UInt8>) throws(LambdaError) -> RuntimeResponse.Field {
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
            line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        else { throw .badResponse }
        var value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        return RuntimeResponse.Field(
            name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            value: String(decoding: value, as: UTF8.self))
    }

    private mutating func readFraming() throws(LambdaError) {
        let codings = response.fields.filter { $0.name == "transfer-encoding" }
        let lengths = Set(response.fields.filter { $0.name == "content-length" }.map(\.value))
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].value.lowercased() == "chunked", lengths.isEmpty
            else { throw .badResponse }
            place = .chunked
        } else if response.status == 204 || response.status == 304 {
            place = .done
        } else if let text = lengths.first {
            guard lengths.count == 1, let length = number(Array(text.utf8)[...]) else {
                throw .badResponse
            }
            place = length == 0 ? .done : .length(length)
        } else {
            place = .untilClose
            keepsConnection = false
        }
    }

    private func hasToken(_ name: String, _ token: String) -> Bool {
        response.fields.contains {
            $0.name == name
                && $0.value.lowercased().split(separator: ",").contains {
                    $0.drop { $0 == " " }.prefix { $0 != " " } == token
                }
        }
    }
}

/// One to fifteen digits and nothing else.
private func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...15).contains(digits.count) else { return nil }
    var value = 0
    for digit in digits {
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int(digit - 0x30)
    }
    return value
}
