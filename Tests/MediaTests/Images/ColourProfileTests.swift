import EngineAPI
import Media
import Testing

/// Images whose ICC profile says what their colours mean.
@Suite struct ColourProfileTests {
    /// A display's profile (ICC.1:2010): primaries under D50, and one gamma or sRGB's curve.
    private static func profile(_ primaries: [[Double]], gamma: Double?) -> [UInt8] {
        let white = [0.9642, 1, 0.8249]
        let curve = curve(gamma)
        var tags: [(name: String, data: [UInt8])] = [("rTRC", curve), ("gTRC", curve)]
        tags.append(("bTRC", curve))
        for (name, values) in zip(["rXYZ", "gXYZ", "bXYZ", "wtpt"], primaries + [white]) {
            tags.append((name, typed("XYZ ", values.flatMap(fixed))))
        }
        var table = PNGFile.big(tags.count, 4)
        var data: [UInt8] = []
        for (name, bytes) in tags {
            let place = 128 + 4 + 12 * tags.count + data.count
            table += Array(name.utf8) + PNGFile.big(place, 4) + PNGFile.big(bytes.count, 4)
            data += bytes
        }
        var header = PNGFile.big(128 + table.count + data.count, 4)
        header += [0, 0, 0, 0, 2, 0x40, 0, 0]
        header += Array("mntrRGB XYZ ".utf8) + [UInt8](repeating: 0, count: 12)
        header += Array("acsp".utf8) + [UInt8](repeating: 0, count: 28)
        header += white.flatMap(fixed)
        header += [UInt8](repeating: 0, count: 128 - header.count)
        return header + table + data
    }

    private static func fixed(_ value: Double) -> [UInt8] {
        PNGFile.big(Int(bounded: (value * 65_536).rounded()), 4)
    }

    private static func typed(_ type: String, _ data: [UInt8]) -> [UInt8] {
        Array(type.utf8) + [0, 0, 0, 0] + data
    }

    private static func curve(_ gamma: Double?) -> [UInt8] {
        if let gamma {
            let value = PNGFile.big(Int(bounded: (gamma * 256).rounded()), 2)
            return typed("curv", PNGFile.big(1, 4) + value + [0, 0])
        }
        let values = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]
        return typed("para", [0, 3, 0, 0] + values.flatMap(fixed))
    }

    private static let adobe = profile(
        [[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]],
        gamma: 2.2)
    private static let displayP3 = profile(
        [
            [0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407],
        ],
        gamma: 2.2)
    private static let plain = profile(
        [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]],
        gamma: nil)

    private func colour(_ colour: [UInt8], _ profile: [UInt8]) async throws -> [Int] {
        let name: [UInt8] = Array("icc".utf8) + [0, 0]
        let data = name + PNGFile.stored(profile)
        let bytes = PNGFile.image(colour, before: PNGFile.chunk("iCCP", data))
        let image = try await FFmpegCodec(threads: 1).decodeImage(
            bytes, sideMax: 64, work: WorkContext(within: .seconds(300)))
        return image.rgb[0..<3].map(Int.init)
    }

    private func isNear(_ seen: [Int], _ wanted: [Int], within distance: Int) -> Bool {
        zip(seen, wanted).allSatisfy { abs($0 - $1) <= distance }
    }

    /// Wanted by the product of both spaces' matrices.
    @Test func `Adobe RGB and Display P3 become sRGB`() async throws {
        let orange = try await colour([204, 117, 83], Self.adobe)
        #expect(isNear(orange, [229, 118, 80], within: 3), "\(orange)")
        let green = try await colour([0, 255, 0], Self.displayP3)
        #expect(isNear(green, [0, 255, 0], within: 3), "\(green)")
        let skin = try await colour([220, 170, 150], Self.displayP3)
        #expect(isNear(skin, [230, 169, 148], within: 3), "\(skin)")
    }

    @Test func `Greys stay, and so does an image that is sRGB by its profile`() async throws {
        for level in [0, 60, 128, 255] as [UInt8] {
            let grey = try await colour([level, level, level], Self.adobe)
            #expect(isNear(grey, [Int(level), Int(level), Int(level)], within: 4), "\(grey)")
        }
        #expect(isNear(try await colour([201, 99, 40], Self.plain), [201, 99, 40], within: 1))
    }

    @Test func `A damaged profile changes nothing and reads nothing beyond itself`() async throws {
        for count in stride(from: 0, to: Self.adobe.count - 1, by: 37) {
            let cut = Array(Self.adobe.prefix(count))
            _ = try await colour([204, 117, 83], cut)
        }
        for place in stride(from: 128, to: Self.adobe.count, by: 3) {
            var broken = Self.adobe
            broken[place] = 255
            _ = try await colour([204, 117, 83], broken)
        }
        #expect(try await colour([204, 117, 83], Array("no profile".utf8)) == [204, 117, 83])
    }
}
