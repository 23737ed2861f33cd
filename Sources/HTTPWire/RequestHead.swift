/// How a request's body is delimited (RFC 9112 §6).
package enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
}

/// A request's line and fields. The bytes are kept as they came; the accessors slice them.
package struct RequestHead: Sendable {
    struct Field: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    let bytes: [UInt8]
    let methodRange: Range<Int>
    let pathRange: Range<Int>
    let queryRange: Range<Int>
    let fields: [Field]
    /// HTTP/1.1 or a later minor version; false for 1.0.
    package let isHTTP11: Bool
    package internal(set) var framing = BodyFraming.none
    package internal(set) var keepsAlive = true
    /// The other end's address as text, where the transport tells it.
    package var peerAddress = ""
    /// Whether the transport can turn the connection into a WebSocket.
    package var canUpgrade = true
    /// The client waits for 100 before it sends its body.
    package internal(set) var expectsContinue = false

    package var method: String { text(methodRange) }
    /// Still percent-encoded, without the query. An absolute target without a path has "/"
    /// (RFC 9110 §4.2.3).
    package var path: String { pathRange.isEmpty ? "/" : text(pathRange) }
    /// Still percent-encoded, without the question mark.
    package var query: String { text(queryRange) }

    /// Whether the method is exactly this one.
    package func isMethod(_ name: StaticString) -> Bool { equals(methodRange, name) }
    /// Whether the path is exactly this one.
    package func isPath(_ name: StaticString) -> Bool { equals(pathRange, name) }

    /// The first field of that name (given in lower case).
    package func value(_ name: String) -> String? {
        for field in fields where matches(field, name) { return text(field.value) }
        return nil
    }

    /// All values of that name, in order.
    package func values(_ name: String) -> [String] {
        fields.filter { matches($0, name) }.map { text($0.value) }
    }

    /// Every field, names in lower case.
    package var allFields: [(name: String, value: String)] {
        fields.map { (text($0.name).lowercased(), text($0.value)) }
    }

    func matches(_ field: Field, _ name: String) -> Bool {
        let name = name.utf8
        guard field.name.count == name.count else { return false }
        return zip(bytes[field.name], name).allSatisfy { lowercase($0) == $1 }
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func equals(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { other in
            for index in 0..<other.count
            where bytes[range.lowerBound + index] != (unsafe other[index]) {
                return false
            }
            return true
        }
    }
}

/// ASCII lower case of one byte.
@inline(__always)
func lowercase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}

/// The path that a request line names, where it has come that far; the line need not be whole or
/// well formed.
package func requestedPath(_ line: ArraySlice<UInt8>) -> String? {
    guard let space = line.prefix(32).firstIndex(of: 0x20) else { return nil }
    let path = line[line.index(after: space)...].prefix(256)
        .prefix { $0 > 0x20 && $0 < 0x7F && $0 != 0x3F }
    return path.first == 0x2F ? String(decoding: path, as: UTF8.self) : nil
}
