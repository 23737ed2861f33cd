/// EXIF's orientation in a PNG's eXIf chunk (PNG third edition, §11.3.4.5), which FFmpeg passes
/// over.
enum PNGOrientation {
    /// 1…8; 1 where there is none, or where it is damaged.
    static func read(_ bytes: [UInt8]) -> Int {
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return 1 }
        // Each chunk: length, type, data, checksum.
        var at = 8
        while at + 12 <= bytes.count {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - at - 12 else { return 1 }
            if bytes[at + 4..<at + 8].elementsEqual("eXIf".utf8) {
                return tiffOrientation(bytes[at + 8..<at + 8 + length])
            }
            at += 12 + length
        }
        return 1
    }

    /// TIFF 6.0 §2: byte order, 42, the place of the first directory; tag 0x0112 is a SHORT.
    private static func tiffOrientation(_ tiff: ArraySlice<UInt8>) -> Int {
        let isLittle: Bool
        switch tiff.prefix(4) {
        case [0x49, 0x49, 42, 0]: isLittle = true
        case [0x4D, 0x4D, 0, 42]: isLittle = false
        default: return 1
        }
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset + count <= tiff.count else { return nil }
            let start = tiff.startIndex + offset
            let digits = tiff[start..<start + count]
            return isLittle
                ? digits.reversed().reduce(0) { $0 << 8 | Int($1) }
                : digits.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, 4), let count = number(directory, 2) else { return 1 }
        for entry in 0..<count {
            let place = directory + 2 + 12 * entry
            guard let tag = number(place, 2) else { return 1 }
            guard tag == 0x0112 else { continue }
            guard number(place + 2, 2) == 3, let value = number(place + 8, 2) else { return 1 }
            return (1...8).contains(value) ? value : 1
        }
        return 1
    }
}
