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

/// The files that styles come in: bare numbers, NumPy's array, or an archive of several.
struct StyleFile {
    /// Fifty voices of 510 rows are 26 MB.
    static let bytesMax = 64 << 20

    private let archive: NumPyArchive

    /// nil for a damaged archive.
    init?(_ bytes: [UInt8]) {
        guard let archive = NumPyArchive(bytes) else { return nil }
        self.archive = archive
    }

    /// The voices of an archive, in order.
    var names: [String] { archive.names }

    func table(_ name: String) -> StyleTable? {
        archive.content(name).flatMap(StyleFile.numbers).flatMap(StyleTable.init)
    }

    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Float]? {
        var content = bytes
        if bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) {
            guard let array = NumPyArray(bytes), array.type == "<f4" else { return nil }
            content = array.content
        }
        guard content.count % 4 == 0 else { return nil }
        let values = content.withUnsafeBytes { buffer in
            (0..<buffer.count / 4).map {
                buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
            }
        }
        return values.allSatisfy(\.isFinite) ? values : nil
    }
}
