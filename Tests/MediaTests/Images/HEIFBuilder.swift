import FoundationEssentials
import Testing

@testable import Media

/// Writes HEIF files around coded images: one alone, or tiles of a grid.
struct HEIFBuilder {
    /// A file of one 64 × 64 image of one colour, by libheif and x265.
    enum Colour: String, CaseIterable {
        case red, green, blue, grey

        var bytes: [UInt8] { Data(base64Encoded: Self.files[rawValue]!).map { Array($0) } ?? [] }
        var rgb: [Int] {
            switch self {
            case .red: [200, 40, 40]
            case .green: [40, 180, 60]
            case .blue: [50, 60, 200]
            case .grey: [128, 128, 128]
            }
        }

        private static let files = [
            "red":
                "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAA"
                + "AABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAAB4A"
                + "AAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlw"
                + "cnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
                + "AAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgA"
                + "AAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAA"
                + "AABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAACZtZGF0"
                + "AAAAGigBrwY4Wvz9N/h4f//+kzHof6GfqrxCY/X4",
            "green":
                "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAA"
                + "AABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAAB0A"
                + "AAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlw"
                + "cnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
                + "AAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgA"
                + "AAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAA"
                + "AABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAACVtZGF0"
                + "AAAAGSgBrwY4Wvz9N6o3//+9nP//3KfqrxCY/X4=",
            "blue":
                "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAA"
                + "AABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAAB4A"
                + "AAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlw"
                + "cnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
                + "AAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgA"
                + "AAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAA"
                + "AABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAACZtZGF0"
                + "AAAAGigBrwY4Wvz9N/nmH/kf3uMf/97CqrxCY/X4",
            "grey":
                "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAA"
                + "AABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAABEA"
                + "AAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlw"
                + "cnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
                + "AAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgA"
                + "AAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAA"
                + "AABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAABltZGF0"
                + "AAAADSgBrwY4W4r2qrrtIz4=",
        ]
    }

    var tiles: [Colour] = [.red, .green, .blue, .grey]
    var columns = 2
    /// Of the picture; less than the tiles together are.
    var width = 128
    var height = 128
    /// Boxes of what is done to the picture.
    var transforms: [[UInt8]] = []
    /// Whether where the picture's bytes lie is told in two parts.
    var splitsTiles = false
    /// Whether every tile claims the bytes of all.
    var sharesTiles = false
    /// What the grid claims.
    var rows: Int { tiles.count / columns }

    /// Each tile is an item from 1 on, the grid the last.
    func bytes() throws -> [UInt8] {
        let grid = UInt16(tiles.count + 1)
        var coded: [[UInt8]] = []
        var properties: [[UInt8]] = []
        var lists: [[UInt8]] = []
        for (index, tile) in tiles.enumerated() {
            let file = try #require(HEIFFile(tile.bytes))
            coded.append(file.tiles[0].ranges.flatMap { tile.bytes[$0] })
            properties.append(Self.box("hvcC", Array(tile.bytes[file.tiles[0].configuration])))
            properties.append(Self.box("ispe", Self.big(0, 4) + Self.big(64, 4) + Self.big(64, 4)))
            lists.append(
                Self.big(index + 1, 2) + [2, UInt8(2 * index + 1) | 0x80, UInt8(2 * index + 2)])
        }
        properties.append(
            Self.box("ispe", Self.big(0, 4) + Self.big(width, 4) + Self.big(height, 4)))
        properties.append(
            Self.box("colr", Array("nclx".utf8) + [0, 1, 0, 13, 0, 6, 0x80]))
        properties += transforms
        let own = 2 * tiles.count + 1
        lists.append(
            Self.big(Int(grid), 2) + [UInt8(2 + transforms.count)]
                + (own..<own + 2 + transforms.count).map { UInt8($0) })
        let plan: [UInt8] =
            [0, 0, UInt8(rows - 1), UInt8(columns - 1)] + Self.big(width, 2) + Self.big(height, 2)
        func meta(_ start: Int) -> [UInt8] {
            var places: [[UInt8]] = []
            var at = start
            for (index, tile) in coded.enumerated() {
                if sharesTiles { at = start }
                let whole = sharesTiles ? coded.reduce(0) { $0 + $1.count } : tile.count
                let parts = splitsTiles ? [7, whole - 7] : [whole]
                var place = Self.big(index + 1, 2) + [0, 0, 0, 0] + Self.big(parts.count, 2)
                for part in parts {
                    place += Self.big(at, 4) + Self.big(part, 4)
                    at += part
                }
                places.append(place)
            }
            places.append(
                Self.big(Int(grid), 2) + [0, 1, 0, 0] + Self.big(1, 2) + Self.big(0, 4)
                    + Self.big(plan.count, 4))
            let items = (1...Int(grid)).map {
                Self.box(
                    "infe",
                    [2, 0, 0, 0] + Self.big($0, 2) + [0, 0]
                        + Array(($0 == Int(grid) ? "grid" : "hvc1").utf8) + [0])
            }
            return Self.box(
                "meta",
                [0, 0, 0, 0] + Self.box("pitm", [0, 0, 0, 0] + Self.big(Int(grid), 2))
                    + Self.box(
                        "iloc",
                        [1, 0, 0, 0, 0x44, 0] + Self.big(places.count, 2)
                            + places.flatMap { $0 })
                    + Self.box(
                        "iinf", [0, 0, 0, 0] + Self.big(items.count, 2) + items.flatMap { $0 })
                    + Self.box(
                        "iref",
                        [0, 0, 0, 0]
                            + Self.box(
                                "dimg",
                                Self.big(Int(grid), 2) + Self.big(tiles.count, 2)
                                    + (1...tiles.count).flatMap { Self.big($0, 2) }))
                    + Self.box("idat", plan)
                    + Self.box(
                        "iprp",
                        Self.box("ipco", properties.flatMap { $0 })
                            + Self.box(
                                "ipma",
                                [0, 0, 0, 0] + Self.big(lists.count, 4)
                                    + lists.flatMap { $0 })))
        }
        let head = Self.box("ftyp", Array("heic".utf8) + [0, 0, 0, 0] + Array("mif1heic".utf8))
        let start = head.count + meta(0).count + 8
        return head + meta(start) + Self.box("mdat", coded.flatMap { $0 })
    }

    static func box(_ type: String, _ body: [UInt8]) -> [UInt8] {
        big(body.count + 8, 4) + Array(type.utf8) + body
    }

    static func big(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
