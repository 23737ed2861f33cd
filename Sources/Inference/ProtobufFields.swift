/// Walks over the fields of one protobuf message, without copying.
/// Source: "Encoding" in the protocol buffers' documentation.
struct ProtobufFields {
    struct Field {
        let number: Int
        /// A number's value; 0 for other kinds.
        let value: Int
        /// What a length-delimited field holds.
        let content: Range<Int>
        /// With its tag and length.
        let whole: Range<Int>
        let isBytes: Bool
    }

    private let bytes: [UInt8]
    private let end: Int
    private var at: Int
    /// The message ended within a field, or had one of an unknown kind.
    private(set) var isBroken = false

    init?(_ bytes: [UInt8], _ range: Range<Int>) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
        self.bytes = bytes
        at = range.lowerBound
        end = range.upperBound
    }

    /// nil at the end, or where the message is broken.
    mutating func next() -> Field? {
        guard at < end, !isBroken else { return nil }
        let start = at
        guard let tag = varint() else { return fail() }
        let number = tag >> 3
        switch tag & 7 {
        case 0:
            guard let value = varint() else { return fail() }
            return Field(
                number: number, value: value, content: at..<at, whole: start..<at, isBytes: false)
        case 2:
            guard let length = varint(), length >= 0, length <= end - at else { return fail() }
            let content = at..<at + length
            at += length
            return Field(
                number: number, value: 0, content: content, whole: start..<at, isBytes: true)
        case 1, 5:
            at += tag & 7 == 1 ? 8 : 4
            guard at <= end else { return fail() }
            return Field(
                number: number, value: 0, content: at..<at, whole: start..<at, isBytes: false)
        default: return fail()
        }
    }

    private mutating func fail() -> Field? {
        isBroken = true
        return nil
    }

    private mutating func varint() -> Int? {
        var (value, shift) = (UInt64(0), UInt64(0))
        while at < end, shift < 64 {
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return Int(truncatingIfNeeded: value) }
            shift += 7
        }
        return nil
    }
}

/// Writes protobuf fields.
enum Protobuf {
    static func varint(_ number: Int) -> [UInt8] {
        var (rest, out) = (UInt64(bitPattern: Int64(number)), [UInt8]())
        while rest > 127 {
            out.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return out + [UInt8(rest)]
    }

    static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(content.count) + content
    }

    static func number(_ number: Int, _ value: Int) -> [UInt8] {
        varint(number << 3) + varint(value)
    }

    /// ValueInfoProto of a float tensor; nil dimensions leave the shape open.
    static func value(_ name: String, _ shape: [Int]?) -> [UInt8] {
        var tensor = self.number(1, OnnxGraph.ElementType.float.rawValue)
        if let shape {
            tensor += field(2, shape.flatMap { field(1, self.number(1, $0)) })
        }
        return field(1, Array(name.utf8)) + field(2, field(1, tensor))
    }

    /// NodeProto with one output.
    static func node(_ kind: String, _ inputs: [String], _ output: String) -> [UInt8] {
        inputs.flatMap { field(1, Array($0.utf8)) } + field(2, Array(output.utf8))
            + field(3, Array(output.utf8)) + field(4, Array(kind.utf8))
    }
}
