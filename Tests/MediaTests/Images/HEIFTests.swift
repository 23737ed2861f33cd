import EngineAPI
import Testing

@testable import Media

/// What telephones write: pictures of HEVC tiles in a HEIF file.
@Suite struct HEIFTests {
    private func decoded(_ bytes: [UInt8], sideMax: Int = 4_096) async throws -> Image {
        try await FFmpegCodec(threads: 1).decodeImage(
            bytes, sideMax: sideMax, work: WorkContext(within: .seconds(300)))
    }

    private func expectColour(
        _ image: Image, _ x: Int, _ y: Int, _ colour: HEIFBuilder.Colour,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let at = (y * image.width + x) * 3
        let seen = image.rgb[at..<at + 3].map(Int.init)
        let isNear = zip(seen, colour.rgb).allSatisfy { abs($0 - $1) <= 6 }
        #expect(isNear, "\(seen), not \(colour)", sourceLocation: location)
    }

    @Test("an image alone is read in its colours", arguments: HEIFBuilder.Colour.allCases)
    func alone(_ colour: HEIFBuilder.Colour) async throws {
        let image = try await decoded(colour.bytes)
        #expect(image.width == 64 && image.height == 64 && image.reduction == 1)
        for (x, y) in [(0, 0), (63, 0), (31, 31), (63, 63)] { expectColour(image, x, y, colour) }
    }

    @Test(
        "tiles are laid beside each other and cut where the picture ends", arguments: [true, false])
    func grid(isSplit: Bool) async throws {
        let builder = HEIFBuilder(width: 100, height: 90, splitsTiles: isSplit)
        let image = try await decoded(try builder.bytes())
        #expect(image.width == 100 && image.height == 90)
        expectColour(image, 2, 2, .red)
        expectColour(image, 63, 63, .red)
        expectColour(image, 64, 63, .green)
        expectColour(image, 99, 2, .green)
        expectColour(image, 2, 89, .blue)
        expectColour(image, 99, 89, .grey)
    }

    @Test("a picture is turned and mirrored in the order that the file tells")
    func turned() async throws {
        func corner(_ transforms: [[UInt8]]) async throws -> Image {
            try await decoded(
                try HEIFBuilder(width: 128, height: 100, transforms: transforms).bytes())
        }
        let left = HEIFBuilder.box("irot", [1])
        let mirrored = HEIFBuilder.box("imir", [1])
        // A quarter to the left: what was on the right is above.
        var image = try await corner([left])
        #expect(image.width == 100 && image.height == 128)
        expectColour(image, 2, 2, .green)
        expectColour(image, 2, 125, .red)
        expectColour(image, 97, 125, .blue)
        image = try await corner([left, mirrored])
        expectColour(image, 97, 2, .green)
        image = try await corner([mirrored, left])
        expectColour(image, 2, 2, .red)
        image = try await corner([HEIFBuilder.box("imir", [0])])
        expectColour(image, 2, 2, .blue)
        image = try await corner([HEIFBuilder.box("irot", [2])])
        expectColour(image, 2, 2, .grey)
    }

    @Test("a picture that is too large by four at most is made smaller tile by tile")
    func reduced() async throws {
        let bytes = try HEIFBuilder().bytes()
        for (sideMax, reduction) in [(128, 1), (64, 2), (40, 4)] {
            let image = try await decoded(bytes, sideMax: sideMax)
            #expect(image.reduction == reduction && image.width == 128 / reduction)
            let half = image.width / 2
            expectColour(image, half - 1, half - 1, .red)
            expectColour(image, half, half - 1, .green)
            expectColour(image, half - 1, half, .blue)
            expectColour(image, half, half, .grey)
        }
        await #expect(throws: EngineError.imageTooLarge(width: 128, height: 128, sideMax: 31)) {
            try await decoded(bytes, sideMax: 31)
        }
    }

    @Test("what would cost more than its bytes do is refused")
    func claims() async throws {
        // Thinner than what is left of a pixel.
        var thin = HEIFBuilder()
        (thin.tiles, thin.width, thin.height) = ([.red, .green], 128, 1)
        let bytes = try thin.bytes()
        #expect(try await decoded(bytes).height == 1)
        await #expect(throws: EngineError.unreadableImage) { try await decoded(bytes, sideMax: 64) }
        let turn = HEIFBuilder.box("irot", [1])
        let turned = try HEIFBuilder(transforms: [turn, turn, turn]).bytes()
        #expect(HEIFFile(turned) == nil)
        // Places that take no byte: eight thousand of each of a few items.
        func meta(items: Int) -> [UInt8] {
            let place: [UInt8] = [0, 1, 0, 0, 0, 0] + HEIFBuilder.big(8_192, 2)
            return [0, 0, 0, 0] + HEIFBuilder.box("pitm", [0, 0, 0, 0, 0, 1])
                + HEIFBuilder.box("iinf", [0, 0, 0, 0, 0, 0])
                + HEIFBuilder.box("iprp", HEIFBuilder.box("ipco", []))
                + HEIFBuilder.box(
                    "iloc",
                    [1, 0, 0, 0, 0, 0] + HEIFBuilder.big(items, 2)
                        + (0..<items).flatMap { _ in place })
        }
        for (items, isRead) in [(8, true), (9, false)] {
            let bytes = meta(items: items)
            #expect((HEIFItems(bytes, meta: 0..<bytes.count) != nil) == isRead)
        }
    }

    @Test("what breaks off or contradicts itself is refused, and nothing beyond it is read")
    func damaged() async throws {
        let bytes = try HEIFBuilder().bytes()
        for count in stride(from: 0, to: bytes.count, by: 3) {
            let file = HEIFFile(Array(bytes.prefix(count)))
            for tile in file?.tiles ?? [] {
                #expect(tile.ranges.allSatisfy { $0.upperBound <= count })
                #expect(tile.configuration.upperBound <= count)
            }
        }
        let head = bytes.count - 200
        for at in 0..<head {
            var changed = bytes
            for value in [0, 0x7F, 0xFF] as [UInt8] {
                changed[at] = value
                guard let file = HEIFFile(changed) else { continue }
                #expect(file.tiles.count == file.tiles.count / file.columns * file.columns)
                #expect(file.tiles.flatMap(\.ranges).allSatisfy { $0.upperBound <= changed.count })
            }
        }
        // Three tiles where the grid claims four.
        var short = HEIFBuilder()
        short.tiles = [.red, .green, .blue]
        short.columns = 3
        short.width = 190
        short.height = 60
        var claimed = try short.bytes()
        #expect(HEIFFile(claimed) != nil)
        let plan = try #require(
            claimed.indices.dropLast(8).first {
                claimed[$0..<$0 + 4].elementsEqual("idat".utf8)
            })
        claimed[plan + 6] = 1
        #expect(HEIFFile(claimed) == nil)
        await #expect(throws: EngineError.unreadableImage) { try await decoded(claimed) }
        // Thirty-two tiles of the bytes of all: decoding would take as long as for a thousand.
        let shared = HEIFBuilder(
            tiles: (0..<8).flatMap { _ in HEIFBuilder.Colour.allCases }, columns: 8, width: 512,
            height: 256, sharesTiles: true)
        #expect(HEIFFile(try shared.bytes()) == nil)
        // The tiles' bytes are none.
        var empty = bytes
        for at in empty.count - 100..<empty.count { empty[at] = 0 }
        await #expect(throws: EngineError.unreadableImage) { try await decoded(empty) }
    }
}
