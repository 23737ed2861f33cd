/// Files of styles, written byte by byte.
enum StyleBytes {
    /// Styles whose first number is the pitch in radians a sample; one row for each pitch.
    static func styles(_ pitches: [Float]) -> [UInt8] {
        let rows = pitches.flatMap { [$0] + [Float](repeating: 0, count: 255) }
        return rows.withUnsafeBytes { Array($0) }
    }

    /// NumPy's array of such rows.
    static func numpy(_ pitches: [Float]) -> [UInt8] {
        var header =
            "{'descr': '<f4', 'fortran_order': False, 'shape': (\(pitches.count), 1, 256), }"
        header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
        let length = [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
        return [0x93] + Array("NUMPY".utf8) + [1, 0] + length + Array(header.utf8) + styles(pitches)
    }

    /// A zip file without compression, as NumPy writes its archives.
    static func archive(_ entries: [(String, [UInt8])], method: UInt8 = 0) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(value >> (8 * $0) & 255) }
        }
        var (body, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, content) in entries {
            let facts =
                [method, 0] + number(0, 8) + number(content.count, 4) + number(content.count, 4)
                + number(name.utf8.count, 2)
            directory +=
                [0x50, 0x4B, 1, 2] + number(20, 2) + number(20, 2) + number(0, 2) + facts
                + number(0, 12) + number(body.count, 4) + Array(name.utf8)
            body +=
                [0x50, 0x4B, 3, 4] + number(20, 2) + number(0, 2) + facts + number(0, 2)
                + Array(name.utf8) + content
        }
        return body + directory + [0x50, 0x4B, 5, 6] + number(0, 4)
            + number(entries.count, 2) + number(entries.count, 2) + number(directory.count, 4)
            + number(body.count, 4) + number(0, 2)
    }
}
