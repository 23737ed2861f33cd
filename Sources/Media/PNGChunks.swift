/// What of a PNG is decoded.
enum PNGChunks {
    /// What makes pixels (PNG third edition, §5.6). All else describes them or is text: a profile
    /// or a text of a kilobyte may be a gigabyte when it is inflated, and nothing here reads it.
    private static let kept: Set<String> = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]

    /// The same picture without chunks that make no pixels; the same bytes where there are none.
    static func withoutAncillary(_ bytes: [UInt8]) -> [UInt8] {
        var parts: [Range<Int>] = []
        var dropped = 0
        // Each chunk: length, type, data, checksum.
        var at = 8
        while at + 8 <= bytes.count {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            // A file that was cut short ends within a chunk.
            let end = min(at + 12 + length, bytes.count)
            if kept.contains(String(decoding: bytes[at + 4..<at + 8], as: UTF8.self)) {
                if let last = parts.last, last.upperBound == at {
                    parts[parts.count - 1] = last.lowerBound..<end
                } else {
                    parts.append(at..<end)
                }
            } else {
                dropped += end - at
            }
            at = end
        }
        guard dropped > 0 else { return bytes }
        var out = Array(bytes.prefix(8))
        out.reserveCapacity(bytes.count - dropped)
        for part in parts { out += bytes[part] }
        return out
    }
}
