/// Where in a HEIF file of HEVC images (heic) the picture lies that it shows first: ISO/IEC
/// 23008-12, over the boxes of ISO/IEC 14496-12. Phones cut it into tiles. Read by our own few
/// lines, as FFmpeg 5.1 reads no such file: nothing here is decoded, every length is checked, and
/// what it finds are ranges of the file.
struct HEIFFile: Equatable {
    /// One coded image.
    struct Tile: Equatable {
        /// Its bytes, NAL units with their lengths before them.
        let ranges: [Range<Int>]
        /// Its parameter sets: an `HEVCDecoderConfigurationRecord`.
        let configuration: Range<Int>
    }

    /// How samples of brightness and colour are meant (ISO/IEC 23091-2), where the file says so.
    struct Coding: Equatable {
        let matrix: Int
        let isFullRange: Bool
    }

    /// The most that the decoder holds for each pixel of a tile: its image and one that waits, of
    /// two bytes a sample, tables of its blocks, and the tile as RGB.
    static let decodedPixelBytes = 16

    /// Of the whole picture, before it is turned.
    let width: Int
    let height: Int
    let tileWidth: Int
    let tileHeight: Int
    let columns: Int
    /// Row by row.
    let tiles: [Tile]
    /// What is done to the picture, in order, as EXIF numbers it.
    let orientations: [Int]
    let coding: Coding?
    /// An ICC profile.
    let profile: Range<Int>?

    /// nil for a file of another kind, and for one that breaks off before its picture is told.
    init?(_ bytes: [UInt8]) {
        guard HEIFFile.isOne(bytes),
            let boxes = HEIFBoxes(bytes, within: 0..<bytes.count),
            let meta = boxes.first("meta"),
            let items = HEIFItems(bytes, meta: meta)
        else { return nil }
        let shown = items.primary
        guard let type = items.types[shown], let size = items.size(of: shown) else { return nil }
        if type == "grid" {
            guard let grid = HEIFFile.grid(items.data(of: shown), bytes),
                let sources = items.references[shown], sources.count == grid.columns * grid.rows,
                let first = sources.first, let each = items.size(of: first),
                each.width * grid.columns >= grid.width, each.height * grid.rows >= grid.height,
                each.width * (grid.columns - 1) < grid.width,
                each.height * (grid.rows - 1) < grid.height
            else { return nil }
            let tiles = sources.compactMap { items.tile($0) }
            guard tiles.count == sources.count,
                sources.allSatisfy({ items.size(of: $0).map { $0 == each } ?? false })
            else { return nil }
            (width, height, columns, self.tiles) = (grid.width, grid.height, grid.columns, tiles)
            (tileWidth, tileHeight) = each
        } else {
            guard let tile = items.tile(shown) else { return nil }
            (width, height, columns, tiles) = (size.width, size.height, 1, [tile])
            (tileWidth, tileHeight) = size
        }
        // No byte is of two tiles: a short file could ask for any amount of decoding.
        guard tiles.reduce(0, { $0 + $1.ranges.reduce(0) { $0 + $1.count } }) <= bytes.count else {
            return nil
        }
        orientations = items.orientations(of: shown)
        // One turn and one mirror: each copies the image.
        guard orientations.count <= 2 else { return nil }
        // A camera tells the colours of the whole, or those of each tile.
        let told = [shown] + (items.references[shown]?.prefix(1) ?? [])
        coding = told.lazy.compactMap { items.coding(of: $0) }.first
        profile = told.lazy.compactMap { items.profile(of: $0) }.first
    }

    /// Whether each tile is as many whole pixels, made smaller.
    func allows(reduction: Int) -> Bool {
        tiles.count == 1 || tileWidth % reduction == 0 && tileHeight % reduction == 0
    }

    /// Files of this kind begin with a box that names it, or kinds that it fits as well.
    static func isOne(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 16, bytes[4..<8].elementsEqual("ftyp".utf8) else { return false }
        let end = min(HEIFBoxes.big(bytes, 0, 4) ?? 0, bytes.count, 4_096)
        let brands = stride(from: 8, to: end - 3, by: 4).filter { $0 != 12 }
        return brands.contains { at in
            ["heic", "heix", "heim", "heis", "mif1"].contains {
                bytes[at..<at + 4].elementsEqual($0.utf8)
            }
        }
    }

    private static func grid(
        _ ranges: [Range<Int>]?, _ bytes: [UInt8]
    ) -> (columns: Int, rows: Int, width: Int, height: Int)? {
        guard let range = ranges?.first, ranges?.count == 1, range.count >= 8 else { return nil }
        let at = range.lowerBound
        let count = bytes[at + 1] & 1 == 0 ? 2 : 4
        guard range.count >= 4 + 2 * count, let width = HEIFBoxes.big(bytes, at + 4, count),
            let height = HEIFBoxes.big(bytes, at + 4 + count, count), width > 0, height > 0
        else { return nil }
        return (Int(bytes[at + 3]) + 1, Int(bytes[at + 2]) + 1, width, height)
    }
}
