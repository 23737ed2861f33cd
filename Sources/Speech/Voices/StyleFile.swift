import EngineAPI

/// Styles of voices: rows of 256 numbers, of which the length of a text picks one.
struct StyleTable: Sendable, Equatable {
    static let width = 256
    let rows: [Float]

    /// nil when the count is no multiple of a row's.
    init?(_ values: [Float]) {
        guard !values.isEmpty, values.count % StyleTable.width == 0 else { return nil }
        rows = values
    }

    /// Several, each as much as its weight says; as many rows as the shortest has.
    init?(mixing parts: [(table: StyleTable, weight: Double)]) {
        guard let count = parts.map(\.table.rows.count).min(), count > 0 else { return nil }
        var mixed = [Float](repeating: 0, count: count)
        for part in parts {
            for index in 0..<count { mixed[index] += part.table.rows[index] * Float(part.weight) }
        }
        rows = mixed
    }

    /// The row for a text of that many signs; the last for longer ones.
    func row(_ count: Int) -> [Float] {
        let index = min(max(0, count), rows.count / StyleTable.width - 1)
        return Array(rows[index * StyleTable.width..<(index + 1) * StyleTable.width])
    }
}

/// The files that styles come in: bare numbers, NumPy's array, or NumPy's archive of several
/// arrays, which is a zip file without compression.
struct StyleFile {
    /// Fifty voices of 510 rows are 26 MB.
    static let bytesMax = 64 << 20
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
        guard let places = StyleFile.entries(bytes) else { return nil }
        self.places = places
    }

    /// The voices of an archive, in order.
    var names: [String] { places.keys.filter { !$0.isEmpty }.sorted() }

    func table(_ name: String) -> StyleTable? {
        guard let place = places[name] ?? places[""] else { return nil }
        return StyleFile.array(bytes[place]).flatMap(StyleTable.init)
    }

    /// "\x93NUMPY", version, length of a header in Python's notation, then the numbers.
    private static func array(_ bytes: ArraySlice<UInt8>) -> [Float]? {
        var content = bytes
        if bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) {
            let start = bytes.startIndex
            guard bytes.count > 12 else { return nil }
            let isLong = bytes[start + 6] > 1
            let length =
                Int(bytes[start + 8]) | Int(bytes[start + 9]) << 8
                | (isLong ? Int(bytes[start + 10]) << 16 | Int(bytes[start + 11]) << 24 : 0)
            let from = start + (isLong ? 12 : 10)
            guard length < 65_536, from + length <= bytes.endIndex else { return nil }
            let header = String(decoding: bytes[from..<from + length], as: UTF8.self)
            guard header.contains("'<f4'"), header.contains("'fortran_order': False") else {
                return nil
            }
            content = bytes[(from + length)...]
        }
        guard content.count % 4 == 0 else { return nil }
        let values = content.withUnsafeBytes { buffer in
            (0..<buffer.count / 4).map {
                buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
            }
        }
        return values.allSatisfy(\.isFinite) ? values : nil
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
