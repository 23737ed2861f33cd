/// What of a PNG is decoded.
enum PNGChunks {
    /// What makes pixels (PNG third edition, §5.6), and what their colours mean. All else is text
    /// or the like: a kilobyte of it may be a megabyte when it is inflated, and nothing reads it.
    private static let kept: Set<String> = ["IHDR", "PLTE", "tRNS", "iCCP", "IDAT", "IEND"]
    /// A camera's or a screen's profile has less, and a longer one could be inflated to more than
    /// what is charged for an image's decoding beside its pixels.
    private static let profileBytesMax = 900

    /// The same image without chunks that make no pixels; the same bytes where there are none.
    static func withoutAncillary(_ bytes: [UInt8]) -> [UInt8] {
        var parts: [Range<Int>] = []
        var dropped = 0
        // Each chunk: length, type, data, checksum.
        var at = 8
        while at + 8 <= bytes.count {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            // A file that was cut short ends within a chunk.
            let end = min(at + 12 + length, bytes.count)
            let type = String(decoding: bytes[at + 4..<at + 8], as: UTF8.self)
            if kept.contains(type), type != "iCCP" || length <= profileBytesMax {
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

    /// Bytes for each pixel that FFmpeg's decoder holds, and that ours takes: four where there is
    /// transparency. §11.2.1: depth and colour type; §11.3.1: tRNS adds a channel.
    static func pixelBytes(_ bytes: [UInt8]) -> (decoded: Int, ours: Int) {
        guard bytes.count > 25 else { return (8, 4) }
        let channels: Int? =
            switch bytes[25] {
            case 0, 3: 1
            case 2: 3
            case 4: 2
            case 6: 4
            default: nil
            }
        guard let channels else { return (8, 4) }
        let isClear = bytes[25] >= 3 || hasTransparency(bytes)
        let extra = isClear && bytes[25] < 3 ? 1 : 0
        return ((channels + extra) * (bytes[24] == 16 ? 2 : 1), isClear ? 4 : 3)
    }

    /// Whether a tRNS chunk stands before the image's data.
    private static func hasTransparency(_ bytes: [UInt8]) -> Bool {
        var at = 8
        while at + 8 <= bytes.count {
            let type = bytes[at + 4..<at + 8]
            if type.elementsEqual("tRNS".utf8) { return true }
            if type.elementsEqual("IDAT".utf8) { return false }
            at += 12 + bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        return false
    }
}
