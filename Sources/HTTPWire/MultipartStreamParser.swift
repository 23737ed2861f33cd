/// What a part of a form is, before its bytes.
package struct FormPartHead: Sendable, Equatable {
    package var name: String
    package var filename: String?
    package var contentType: String?
}

/// What a multipart body comes to, in order.
package enum MultipartEvent: Sendable, Equatable {
    case partBegan(FormPartHead)
    /// The next bytes of the part that began last.
    case data(ArraySlice<UInt8>)
    case partEnded
}

/// Parses `multipart/form-data` (RFC 7578) from pieces of any size as it comes; each byte is looked
/// at once, and no content is kept.
package struct MultipartStreamParser: Sendable {
    package static let partsMax = 100
    static let partHeadBytesMax = 8 * 1024
    static let nameBytesMax = 4_096

    private enum Place { case preamble, afterBoundary, head, body, epilogue }

    /// CRLF "--" boundary: what ends a part.
    private let delimiter: [UInt8]
    /// For each prefix of the delimiter, how much of it still matches after a mismatch (Knuth,
    /// Morris, Pratt 1977): the search never goes back in the input.
    private let fallback: [Int]
    private var place = Place.preamble
    /// How much of the delimiter has matched.
    private var matched: Int
    private var line: [UInt8] = []
    private var isInPart = false
    private var partCount = 0

    /// - contentType: the request's Content-Type.
    package init(contentType: String) throws(HTTPError) {
        guard let boundary = parameter("boundary", of: contentType) else {
            throw .badMultipart(.noBoundary)
        }
        // RFC 2046 §5.1.1: 1 to 70 of these characters, not ending in a space.
        let allowed = boundary.utf8.allSatisfy { byte in
            isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "'()+_,-./:=? ".utf8.contains(byte)
        }
        guard (1...70).contains(boundary.utf8.count), allowed, !boundary.hasSuffix(" ") else {
            throw .badMultipart(.badBoundary)
        }
        delimiter = Array("\r\n--\(boundary)".utf8)
        fallback = Self.fallback(of: delimiter)
        // The first delimiter may stand at the very start, without its line end.
        matched = 2
    }

    /// Takes the next piece of the body.
    /// - emit: called with what it comes to; data are slices of the piece wherever they can be.
    package mutating func consume(
        _ piece: ArraySlice<UInt8>, emit: (MultipartEvent) throws(HTTPError) -> Void
    ) throws(HTTPError) {
        var at = piece.startIndex
        while at < piece.endIndex {
            switch place {
            case .preamble, .body: at = try scanBody(piece, from: at, emit)
            case .afterBoundary:
                try stepAfterBoundary(piece[at], emit)
                at += 1
            case .head:
                try stepHead(piece[at], emit)
                at += 1
            case .epilogue: return
            }
        }
    }

    /// The body is whole.
    /// - Throws: `.badMultipart` where the form is not. One without fields is the closing boundary
    ///   alone.
    package func finish() throws(HTTPError) {
        guard place == .epilogue else {
            throw .badMultipart(partCount == 0 ? .noParts : .notClosed)
        }
    }

    /// Passes content on until the delimiter is whole; returns where to go on.
    private mutating func scanBody(
        _ piece: ArraySlice<UInt8>, from start: Int,
        _ emit: (MultipartEvent) throws(HTTPError) -> Void
    ) throws(HTTPError) -> Int {
        var at = start
        /// Of what has matched: bytes that came before `start`.
        var carried = matched
        while at < piece.endIndex, matched < delimiter.count {
            if matched == 0 {
                // Everything up to the next CR is content.
                at = piece[at...].firstIndex(of: 0x0D) ?? piece.endIndex
                if at == piece.endIndex { break }
            }
            while matched > 0, piece[at] != delimiter[matched] {
                let shorter = fallback[matched - 1]
                // What no longer can be part of the delimiter was content.
                let released = min(matched - shorter, carried)
                if released > 0, isInPart { try emit(.data(delimiter[0..<released])) }
                carried -= released
                matched = shorter
            }
            if piece[at] == delimiter[matched] { matched += 1 }
            at += 1
        }
        let end = at - (matched - carried)
        if end > start, isInPart { try emit(.data(piece[start..<end])) }
        if matched == delimiter.count {
            (matched, line, place) = (0, [], .afterBoundary)
        }
        return at
    }

    /// After a boundary: "--" ends the form, blanks and CRLF begin a part; else it was content.
    private mutating func stepAfterBoundary(
        _ byte: UInt8, _ emit: (MultipartEvent) throws(HTTPError) -> Void
    ) throws(HTTPError) {
        line.append(byte)
        if line.elementsEqual("--".utf8) {
            try endPart(emit)
            place = .epilogue
        } else if byte == 0x0A, line.count >= 2, line[line.count - 2] == 0x0D,
            line.dropLast(2).allSatisfy(isBlank)
        {
            try endPart(emit)
            guard partCount < Self.partsMax else { throw .badMultipart(.tooManyParts) }
            line = []
            place = .head
        } else if !(isBlank(byte) || byte == 0x0D || byte == 0x2D) || line.count > 64 {
            // The boundary's bytes stood in content: put them back.
            place = isInPart ? .body : .preamble
            if isInPart { try emit(.data((delimiter + line)[...])) }
            line = []
        }
    }

    private mutating func endPart(
        _ emit: (MultipartEvent) throws(HTTPError) -> Void
    ) throws(HTTPError) {
        guard isInPart else { return }
        isInPart = false
        try emit(.partEnded)
    }

    private mutating func stepHead(
        _ byte: UInt8, _ emit: (MultipartEvent) throws(HTTPError) -> Void
    ) throws(HTTPError) {
        line.append(byte)
        guard line.count <= Self.partHeadBytesMax else { throw .badMultipart(.partHeadTooLarge) }
        let ends = line.suffix(4).elementsEqual("\r\n\r\n".utf8)
        guard ends || line.elementsEqual("\r\n".utf8) else { return }
        let head = try Self.parsePartHead(line)
        (line, place, matched) = ([], .body, 0)
        (isInPart, partCount) = (true, partCount + 1)
        try emit(.partBegan(head))
    }

    /// RFC 7578 §4.2: Content-Disposition with a name; others but Content-Type are ignored.
    private static func parsePartHead(_ bytes: [UInt8]) throws(HTTPError) -> FormPartHead {
        // A file's name may be in any legacy encoding, and names no more than that: its bytes are
        // read as Latin-1, which gives each a character.
        let text =
            String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        var name: String?
        var filename: String?
        var type: String?
        for line in text.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                line[..<colon].utf8.allSatisfy(isTokenByte)
            else { throw .badMultipart(.badPartHead) }
            let value = String(line[line.index(after: colon)...])
            switch line[..<colon].lowercased() {
            case "content-disposition":
                name = parameter("name", of: value)
                filename =
                    parameter("filename", of: value) ?? parameter("filename*", of: value)
            case "content-type": type = value.trimmingBlanks()
            default: break
            }
        }
        guard let name else { throw .badMultipart(.noName) }
        guard name.utf8.count <= nameBytesMax else { throw .badMultipart(.nameTooLong) }
        return FormPartHead(name: name, filename: filename, contentType: type)
    }

    private static func fallback(of pattern: [UInt8]) -> [Int] {
        var table = [Int](repeating: 0, count: pattern.count)
        var length = 0
        for index in 1..<pattern.count {
            while length > 0, pattern[index] != pattern[length] { length = table[length - 1] }
            if pattern[index] == pattern[length] { length += 1 }
            table[index] = length
        }
        return table
    }
}

/// A parameter of a field value such as `form-data; name="file"` (RFC 9110 §5.6.6), its name
/// compared without case.
package func parameter(_ wanted: String, of value: String) -> String? {
    var rest = value[...]
    while let semicolon = rest.firstIndex(of: ";") {
        rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
        guard let equals = rest.firstIndex(where: { $0 == "=" || $0 == ";" }) else { return nil }
        if rest[equals] == ";" { continue }
        let name = rest[..<equals].lowercased()
        rest = rest[rest.index(after: equals)...]
        let found: String
        if rest.first == "\"" {
            (found, rest) = quoted(rest.dropFirst())
        } else {
            let end = rest.firstIndex(of: ";") ?? rest.endIndex
            found = String(rest[..<end]).trimmingBlanks()
            rest = rest[end...]
        }
        if name == wanted { return found }
    }
    return nil
}

/// A quoted string up to its closing quote, and what follows it. Browsers escape a quote as %22
/// and leave a backslash alone, so that only `\"` and `\\` are escapes here.
private func quoted(_ text: Substring) -> (String, Substring) {
    var out = ""
    var at = text.startIndex
    while at < text.endIndex, text[at] != "\"" {
        let next = text.index(after: at)
        if text[at] == "\\", next < text.endIndex, text[next] == "\"" || text[next] == "\\" {
            out.append(text[next])
            at = text.index(after: next)
        } else {
            out.append(text[at])
            at = next
        }
    }
    return (out, at < text.endIndex ? text[text.index(after: at)...] : text[at...])
}

extension String {
    /// Without spaces and tabs at both ends.
    package func trimmingBlanks() -> String {
        guard let first = firstIndex(where: { $0 != " " && $0 != "\t" }),
            let last = lastIndex(where: { $0 != " " && $0 != "\t" })
        else { return "" }
        return String(self[first...last])
    }
}
