/// Parses a whole head, as `HeadScanner` delimited it.
/// RFC 9112 §2.2–§6.3 and RFC 9110 §5, §7.2; where they leave a choice, the strict side is taken.
/// - Throws: `.badRequestLine`, `.badField`, `.badHost`, `.ambiguousLength`,
///   `.codingUnsupported`, `.versionUnsupported`, `.targetTooLong`, `.headTooLarge`,
///   `.expectationFailed`.
package func parseHead(_ bytes: [UInt8]) throws(HTTPError) -> RequestHead {
    var parser = HeadParser(bytes: bytes)
    return try parser.parse()
}

/// More lines than any of our clients send by ten times.
private let fieldsMax = 128

private struct HeadParser {
    let bytes: [UInt8]
    var at = 0
    /// The fields that decide on framing and persistence, sorted out while they are read.
    var host: RequestHead.Field?
    var hostCount = 0
    var lengths: [RequestHead.Field] = []
    var codings: [RequestHead.Field] = []
    var connections: [RequestHead.Field] = []
    var expects: [RequestHead.Field] = []
    var authorizationCount = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() throws(HTTPError) -> RequestHead {
        let method = try token()
        let target = try word()
        guard target.count <= HeadScanner.targetBytesMax else {
            throw .targetTooLong(bytesMax: HeadScanner.targetBytesMax)
        }
        let isHTTP11 = try version()
        let (path, query) = try split(target, method: method)
        var fields: [RequestHead.Field] = []
        fields.reserveCapacity(8)
        while bytes[at] != 0x0D {
            let field = try field()
            fields.append(field)
            sort(field)
            if fields.count > fieldsMax {
                throw .headTooLarge(bytesMax: HeadScanner.headBytesMax)
            }
        }
        var head = RequestHead(
            bytes: bytes, methodRange: method, pathRange: path, queryRange: query, fields: fields,
            isHTTP11: isHTTP11)
        try checkHost(head)
        // RFC 9110 §5.3: only fields that are lists may be told twice. Of two keys, one was added
        // by somebody between the client and us, and nobody can say which counts.
        guard authorizationCount <= 1 else { throw .badField }
        head.framing = try framing(head)
        head.keepsAlive = keepsAlive(head)
        if let expect = expects.first, isHTTP11 {
            guard equals(expect.value, "100-continue") else { throw .expectationFailed }
            head.expectsContinue = true
        }
        return head
    }

    private mutating func sort(_ field: RequestHead.Field) {
        switch field.name.count {
        case 4 where equals(field.name, "host"): (host, hostCount) = (field, hostCount + 1)
        case 6 where equals(field.name, "expect"): expects.append(field)
        case 10 where equals(field.name, "connection"): connections.append(field)
        case 13 where equals(field.name, "authorization"): authorizationCount += 1
        case 14 where equals(field.name, "content-length"): lengths.append(field)
        case 17 where equals(field.name, "transfer-encoding"): codings.append(field)
        default: break
        }
    }

    /// Compares without case; `lower` is in lower case.
    private func equals(_ range: Range<Int>, _ lower: StaticString) -> Bool {
        guard range.count == lower.utf8CodeUnitCount else { return false }
        return lower.withUTF8Buffer { other in
            for index in 0..<other.count
            where lowercase(bytes[range.lowerBound + index]) != (unsafe other[index]) {
                return false
            }
            return true
        }
    }

    /// A token up to one space.
    private mutating func token() throws(HTTPError) -> Range<Int> {
        let start = at
        while isTokenByte(bytes[at]) { at += 1 }
        guard at > start, at - start <= 64, bytes[at] == 0x20 else { throw .badRequestLine }
        defer { at += 1 }
        return start..<at
    }

    /// Visible ASCII up to one space.
    private mutating func word() throws(HTTPError) -> Range<Int> {
        let start = at
        while (0x21...0x7E).contains(bytes[at]) { at += 1 }
        guard at > start, bytes[at] == 0x20 else { throw .badRequestLine }
        defer { at += 1 }
        return start..<at
    }

    /// `HTTP/1.x` and the line's end; a minor version above 1 is 1.1 to us (RFC 9110 §2.5).
    private mutating func version() throws(HTTPError) -> Bool {
        var end = at
        while bytes[end] != 0x0D { end += 1 }
        let text = bytes[at..<end]
        at = end + 2
        guard text.count == 8, text.starts(with: "HTTP/".utf8), isDigit(bytes[end - 3]),
            bytes[end - 2] == 0x2E, isDigit(bytes[end - 1])
        else { throw .badRequestLine }
        guard bytes[end - 3] == 0x31 else { throw .versionUnsupported }
        return bytes[end - 1] >= 0x31
    }

    /// Origin form, absolute form, or `*` for OPTIONS (RFC 9112 §3.2).
    private func split(
        _ target: Range<Int>, method: Range<Int>
    ) throws(HTTPError) -> (path: Range<Int>, query: Range<Int>) {
        var start = target.lowerBound
        let text = bytes[target]
        guard !text.contains(0x23) else { throw .badRequestLine }
        if text.first != 0x2F {
            if text.elementsEqual("*".utf8), bytes[method].elementsEqual("OPTIONS".utf8) {
                return (target, target.upperBound..<target.upperBound)
            }
            guard let authority = schemeEnd(text), authority < target.upperBound,
                bytes[authority] != 0x2F
            else { throw .badRequestLine }
            start =
                bytes[authority..<target.upperBound].firstIndex { $0 == 0x2F || $0 == 0x3F }
                ?? target.upperBound
            // RFC 9110 §4.2.3: an empty path is "/", which an empty range stands for.
        }
        let question = bytes[start..<target.upperBound].firstIndex(of: 0x3F)
        let pathEnd = question ?? target.upperBound
        let queryStart = question.map { $0 + 1 } ?? target.upperBound
        return (start..<pathEnd, queryStart..<target.upperBound)
    }

    /// Where the authority begins in `http://…` or `https://…`.
    private func schemeEnd(_ text: ArraySlice<UInt8>) -> Int? {
        for scheme in ["http://", "https://"] {
            let prefix = text.prefix(scheme.utf8.count).map(lowercase)
            if prefix.elementsEqual(scheme.utf8) { return text.startIndex + scheme.utf8.count }
        }
        return nil
    }

    private mutating func field() throws(HTTPError) -> RequestHead.Field {
        let start = at
        while isTokenByte(bytes[at]) { at += 1 }
        // No space before the colon, and no folding: RFC 9112 §5.1, §5.2.
        guard at > start, bytes[at] == 0x3A else { throw .badField }
        let name = start..<at
        at += 1
        while isBlank(bytes[at]) { at += 1 }
        let valueStart = at
        while bytes[at] != 0x0D {
            let byte = bytes[at]
            guard isTextByte(byte) else { throw .badField }
            at += 1
        }
        var valueEnd = at
        while valueEnd > valueStart, isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
        at += 2
        return RequestHead.Field(name: name, value: valueStart..<valueEnd)
    }

    /// RFC 9112 §3.2: exactly one in HTTP/1.1, at most one in 1.0, and a host by its characters.
    private func checkHost(_ head: RequestHead) throws(HTTPError) {
        guard hostCount == 1 || hostCount == 0 && !head.isHTTP11 else { throw .badHost }
        guard let host else { return }
        guard isHost(bytes[host.value]) else { throw .badHost }
    }

    /// RFC 3986 §3.2.2 by its characters: `name[:port]` or `[v6][:port]`.
    private func isHost(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        if rest.first == 0x5B {
            guard let close = rest.firstIndex(of: 0x5D), close > rest.startIndex + 1 else {
                return false
            }
            let inside = rest[(rest.startIndex + 1)..<close]
            guard inside.allSatisfy({ isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }) else {
                return false
            }
            rest = rest[(close + 1)...]
        } else {
            let end = rest.firstIndex(of: 0x3A) ?? rest.endIndex
            let name = rest[..<end]
            let allowed = name.allSatisfy { byte in
                isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-._~%!$&'()*+,;=".utf8.contains(byte)
            }
            guard allowed else { return false }
            rest = rest[end...]
        }
        guard let colon = rest.first else { return true }
        return colon == 0x3A && rest.dropFirst().count <= 5 && rest.dropFirst().allSatisfy(isDigit)
    }

    /// RFC 9112 §6.3.
    private func framing(_ head: RequestHead) throws(HTTPError) -> BodyFraming {
        if !codings.isEmpty {
            guard lengths.isEmpty else { throw .ambiguousLength }
            // Transfer-Encoding in a 1.0 request is a smuggler's: §6.1.
            guard head.isHTTP11 else { throw .ambiguousLength }
            guard codings.count == 1 else { throw .ambiguousLength }
            let coding = bytes[codings[0].value].map(lowercase)
            guard coding.elementsEqual("chunked".utf8) else { throw .codingUnsupported }
            return .chunked
        }
        guard let first = lengths.first else { return .none }
        let value = bytes[first.value]
        for other in lengths.dropFirst() where !bytes[other.value].elementsEqual(value) {
            throw .ambiguousLength
        }
        guard lengths.count == 1, let length = decimal(value) else { throw .ambiguousLength }
        return length == 0 ? .none : .length(length)
    }

    /// RFC 9112 §9.3, §9.6: `close` anywhere in any `Connection` line ends it.
    private func keepsAlive(_ head: RequestHead) -> Bool {
        var keeps = head.isHTTP11
        for field in connections {
            for option in bytes[field.value].split(separator: 0x2C) {
                let word = option.filter { !isBlank($0) }.map(lowercase)
                if word.elementsEqual("close".utf8) { return false }
                if word.elementsEqual("keep-alive".utf8) { keeps = true }
            }
        }
        return keeps
    }
}

/// Digits only, at most 18 of them: `Int("+5")` would be 5.
func decimal(_ text: ArraySlice<UInt8>) -> Int? {
    guard !text.isEmpty, text.count <= 18, text.allSatisfy(isDigit) else { return nil }
    return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

/// Visible, a blank, or of a text beyond ASCII (RFC 9110 §5.5).
@inline(__always)
func isTextByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

@inline(__always)
func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
}
