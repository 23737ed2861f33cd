/// The boxes of one level of a file, in order.
struct HEIFBoxes {
    /// A file has a dozen; what has more is none that a camera wrote.
    private static let countMax = 4_096

    private(set) var all: [(type: String, body: Range<Int>)] = []

    /// Those before one that is longer than what it lies in; nil where they are too many.
    init?(_ bytes: [UInt8], within range: Range<Int>) {
        var at = range.lowerBound
        while at + 8 <= range.upperBound {
            guard all.count < Self.countMax, var length = Self.big(bytes, at, 4) else { return nil }
            var header = 8
            if length == 1 {
                guard at + 16 <= range.upperBound, let long = Self.big(bytes, at + 8, 8) else {
                    return nil
                }
                (length, header) = (long, 16)
            } else if length == 0 {
                length = range.upperBound - at
            }
            guard length >= header, length <= range.upperBound - at else {
                // The picture's own bytes may be cut short: what tells of it comes before.
                break
            }
            let type = String(decoding: bytes[at + 4..<at + 8], as: UTF8.self)
            all.append((type, at + header..<at + length))
            at += length
        }
    }

    func first(_ type: String) -> Range<Int>? { all.first { $0.type == type }?.body }

    /// A number, its highest byte first; nil beyond the end, or where it is none that an `Int`
    /// holds.
    static func big(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int? {
        guard at >= 0, count <= 8, at <= bytes.count - count else { return nil }
        let value = bytes[at..<at + count].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(exactly: value)
    }
}
