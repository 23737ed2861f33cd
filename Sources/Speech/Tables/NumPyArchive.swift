/// The files that NumPy's arrays come in: one array, or an archive of several, which is a zip file
/// without compression.
struct NumPyArchive {
    private static let namesMax = 1000

    private let bytes: [UInt8]
    /// Where each array lies; "" is the whole file.
    private let places: [String: Range<Int>]

    /// nil for a damaged archive.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.starts(with: [0x50, 0x4B]) else {
            places = ["": 0..<bytes.count]
            return
        }
        guard let places = NumPyArchive.entries(bytes) else { return nil }
        self.places = places
    }

    /// Names in an archive, in order.
    var names: [String] { places.keys.filter { !$0.isEmpty }.sorted() }

    /// The bytes of an entry; of the whole file where it is no archive.
    func content(_ name: String) -> ArraySlice<UInt8>? {
        (places[name] ?? places[""]).map { bytes[$0] }
    }

    /// The central directory's stored entries. Source: PKWARE's APPNOTE, 4.3.
    private static func entries(_ bytes: [UInt8]) -> [String: Range<Int>]? {
        func number(_ at: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) {
                at + $1 < bytes.count ? $0 | Int(bytes[at + $1]) << (8 * $1) : $0
            }
        }
        var end = bytes.count - 22
        while end >= 0, number(end, 4) != 0x0605_4B50 { end -= 1 }
        guard end >= 0 else { return nil }
        var at = number(end + 16, 4)
        var places: [String: Range<Int>] = [:]
        for _ in 0..<min(number(end + 10, 2), namesMax) {
            guard at + 46 <= bytes.count, number(at, 4) == 0x0201_4B50 else { return nil }
            let (method, length, local) = (
                number(at + 10, 2), number(at + 24, 4), number(at + 42, 4)
            )
            let nameLength = number(at + 28, 2)
            guard at + 46 + nameLength <= bytes.count else { return nil }
            var name = String(decoding: bytes[at + 46..<at + 46 + nameLength], as: UTF8.self)
            at += 46 + nameLength + number(at + 30, 2) + number(at + 32, 2)
            let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
            guard method == 0, start + length <= bytes.count else { return nil }
            if name.hasSuffix(".npy") { name.removeLast(4) }
            places[name] = start..<start + length
        }
        return places
    }
}

/// One array: "\x93NUMPY", version, length of a header in Python's notation, then the elements,
/// row by row.
struct NumPyArray {
    /// As in "<f4".
    let type: String
    let shape: [Int]
    /// The elements, little-endian.
    let content: ArraySlice<UInt8>

    /// nil for what is none, or one whose columns come first.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]), bytes.count > 12 else {
            return nil
        }
        let start = bytes.startIndex
        let isLong = bytes[start + 6] > 1
        let length =
            Int(bytes[start + 8]) | Int(bytes[start + 9]) << 8
            | (isLong ? Int(bytes[start + 10]) << 16 | Int(bytes[start + 11]) << 24 : 0)
        let from = start + (isLong ? 12 : 10)
        guard length < 65_536, from + length <= bytes.endIndex else { return nil }
        let header = String(decoding: bytes[from..<from + length], as: UTF8.self)
        guard header.contains("'fortran_order': False"),
            let type = NumPyArray.text(header, behind: "'descr': '", before: "'"),
            let sides = NumPyArray.text(header, behind: "'shape': (", before: ")")
        else { return nil }
        self.type = type
        shape = sides.split(separator: ",").compactMap { side in
            Int(String(side.filter { $0 != " " }))
        }
        content = bytes[(from + length)...]
    }

    private static func text(
        _ header: String, behind prefix: String, before suffix: Character
    ) -> String? {
        guard let start = header.firstRange(of: prefix)?.upperBound else { return nil }
        return header[start...].firstIndex(of: suffix).map { String(header[start..<$0]) }
    }

    /// 16 bit integers, as many as the shape says; nil where it holds others.
    var int16s: [Int]? {
        var count = 1
        for side in shape {
            let (product, isOver) = count.multipliedReportingOverflow(by: side)
            guard side >= 0, !isOver else { return nil }
            count = product
        }
        guard type == "<i2", content.count % 2 == 0, content.count / 2 == count else { return nil }
        return content.withUnsafeBytes { buffer in
            (0..<count).map {
                let bits = buffer.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)
                return Int(Int16(littleEndian: bits))
            }
        }
    }
}
