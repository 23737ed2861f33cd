import EngineAPI

/// An image's kind and size, read from its first bytes, so that an image which is too large
/// costs nothing but this. FFmpeg isn't asked for the size: it sees a client's bytes in a decoder
/// process only, and is given them after the limit was checked and the memory was charged. Its own
/// limit, `AVCodecContext.max_pixels`, is set too, but says no width and height when it refuses.
struct ImageHeader: Equatable {
    enum Kind { case png, jpeg, webp, bmp, gif, heic }

    let kind: Kind
    let width: Int
    let height: Int
    /// Where a heic has its picture.
    let heif: HEIFFile?

    /// nil for bytes that are none of the six kinds, or that end before the size.
    init?(_ bytes: [UInt8]) {
        let found: (Kind, (Int, Int)?)
        heif = HEIFFile(bytes)
        if ImageHeader.begins(bytes, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            // PNG §11.2.2: IHDR is the first chunk.
            found = (
                .png,
                ImageHeader.big(bytes, 16, 4).flatMap { w in
                    ImageHeader.big(bytes, 20, 4).map { (w, $0) }
                }
            )
        } else if ImageHeader.begins(bytes, [0xFF, 0xD8, 0xFF]) {
            found = (.jpeg, ImageHeader.jpegFrame(bytes).map { ($0.width, $0.height) })
        } else if ImageHeader.begins(bytes, Array("RIFF".utf8)), bytes.count >= 30,
            bytes[8..<12].elementsEqual("WEBP".utf8)
        {
            found = (.webp, ImageHeader.webpSize(bytes))
        } else if ImageHeader.begins(bytes, Array("BM".utf8)), bytes.count >= 26 {
            let height = Int(Int32(truncatingIfNeeded: ImageHeader.little(bytes, 22, 4)))
            found = (.bmp, (ImageHeader.little(bytes, 18, 4), abs(height)))
        } else if ImageHeader.begins(bytes, Array("GIF8".utf8)), bytes.count >= 10 {
            found = (.gif, (ImageHeader.little(bytes, 6, 2), ImageHeader.little(bytes, 8, 2)))
        } else if let heif {
            found = (.heic, (heif.width, heif.height))
        } else {
            return nil
        }
        guard let size = found.1, size.0 > 0, size.1 > 0 else { return nil }
        (kind, width, height) = (found.0, size.0, size.1)
    }

    /// A JPEG or heic of up to so many times more pixels a side than are allowed is decoded at a
    /// half or a quarter of its size, as a JPEG's transform allows without more work, and a heic's
    /// tiles without seams: photographs of phones.
    private static let reductionMax = 4

    /// By how much the image is made smaller while it is decoded; nil where it is too large.
    func reduction(sideMax: Int) -> Int? {
        let longest = max(width, height)
        guard kind == .jpeg || kind == .heic else { return longest <= sideMax ? 1 : nil }
        var reduction = 1
        while reduction < Self.reductionMax, longest > sideMax * reduction { reduction *= 2 }
        if let heif, !heif.allows(reduction: reduction) { return nil }
        return longest <= sideMax * reduction ? reduction : nil
    }

    /// The most that decoding takes, with the image that it makes and a copy of it, turned or on
    /// its way to another process: first the decoder's own image beside ours, then ours twice;
    /// and the file as a packet.
    func decodingBytes(_ bytes: [UInt8], reduction: Int) -> Int {
        let (decoded, ours, whole) = pixelBytes(bytes)
        let pixels = (width / reduction + 1) * (height / reduction + 1)
        let tile = heif.map { $0.tileWidth * $0.tileHeight * HEIFFile.decodedPixelBytes } ?? 0
        return pixels * max(decoded + ours, 6) + width * height * whole + tile + bytes.count
            + 1 << 20
    }

    /// The most bytes for each pixel that the decoder holds, and that our image does while alpha
    /// is laid over white; and for each of the file's, however small it is decoded.
    private func pixelBytes(_ bytes: [UInt8]) -> (decoded: Int, ours: Int, whole: Int) {
        switch kind {
        case .png: (PNGChunks.pixelBytes(bytes).decoded, PNGChunks.pixelBytes(bytes).ours, 0)
        case .jpeg:
            // Each component at its full size; of other than a sequential one its coefficients too,
            // 16 bits each.
            ImageHeader.jpegFrame(bytes).map { frame in
                (frame.components, 3, frame.marker <= 0xC1 ? 0 : frame.components * 2)
            } ?? (4, 3, 8)
        // Pixels, and the tables that a lossless one may have for each block of them.
        case .webp: (8, 4, 0)
        case .bmp: (4, 4, 0)
        // The canvas, and what lay under the frame.
        case .gif: (8, 4, 0)
        // Ours alone: of a tile it is told beside.
        case .heic: (3, 3, 0)
        }
    }

    private static func begins(_ bytes: [UInt8], _ magic: [UInt8]) -> Bool {
        bytes.starts(with: magic)
    }

    private static func big(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int? {
        guard at + count <= bytes.count else { return nil }
        return bytes[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func little(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
        bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// ITU-T T.81 §B.1: markers with lengths up to the frame header SOF0…SOF15.
    private static func jpegFrame(
        _ bytes: [UInt8]
    ) -> (marker: Int, width: Int, height: Int, components: Int)? {
        var at = 2
        while let marker = big(bytes, at, 2), marker >> 8 == 0xFF {
            let code = marker & 0xFF
            if code == 0xFF {
                at += 1
                continue
            }
            let isFrame = (0xC0...0xCF).contains(code) && ![0xC4, 0xC8, 0xCC].contains(code)
            if isFrame {
                guard let height = big(bytes, at + 5, 2), let width = big(bytes, at + 7, 2),
                    let components = big(bytes, at + 9, 1)
                else { return nil }
                return (code, width, height, min(max(components, 1), 4))
            }
            guard let length = big(bytes, at + 2, 2), length >= 2 else { return nil }
            at += 2 + length
        }
        return nil
    }

    /// RFC 9649 §2.5–2.7: lossy, lossless and extended headers.
    private static func webpSize(_ bytes: [UInt8]) -> (Int, Int)? {
        switch bytes[12..<16] {
        case let tag where tag.elementsEqual("VP8 ".utf8):
            return (little(bytes, 26, 2) & 0x3FFF, little(bytes, 28, 2) & 0x3FFF)
        case let tag where tag.elementsEqual("VP8L".utf8):
            let bits = little(bytes, 21, 4)
            return (1 + bits & 0x3FFF, 1 + (bits >> 14) & 0x3FFF)
        case let tag where tag.elementsEqual("VP8X".utf8):
            return (1 + little(bytes, 24, 3), 1 + little(bytes, 27, 3))
        default: return nil
        }
    }
}
