/// PNG files made by hand, valid or not. FFmpeg does not check the sums of chunks.
enum PNGFile {
    static func big(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        big(data.count, 4) + Array(kind.utf8) + data + [0, 0, 0, 0]
    }

    /// Bytes as one block that is not compressed (RFC 1950, RFC 1951 §3.2.4).
    static func stored(_ data: [UInt8]) -> [UInt8] {
        let length = UInt16(data.count)
        var (low, high) = (1, 0)
        for byte in data {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return [0x78, 0x01, 1]
            + [length, ~length].flatMap {
                [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
            } + data + big(high << 16 | low, 4)
    }

    /// Two pixels a row, two rows, of one colour; chunks before its pixels.
    static func image(_ colour: [UInt8] = [200, 0, 0], before: [UInt8] = []) -> [UInt8] {
        let row = [0] + colour + colour
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(2, 4) + big(2, 4) + [8, 2, 0, 0, 0]) + before
            + chunk("IDAT", stored(row + row)) + chunk("IEND", [])
    }
}
