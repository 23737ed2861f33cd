import EngineAPI
import Testing

@testable import TalkingHead

/// Cells of a grid as they are drawn: in one piece where that shows nothing, else as two triangles.
@Suite struct CellTests {
    private static let side = 64

    /// A grid of 5 × 5 nodes around the middle, turned, sheared and bent at random.
    private static func grid(bend: Float, _ generator: inout SeededGenerator) -> [Point2] {
        let turn = Matrix3.turn(yaw: 0, pitch: 0, roll: generator.uniform(-0.3, 0.3))
        return (0..<25).map { node in
            let (x, y) = (Float(node % 5 - 2) * 10.3, Float(node / 5 - 2) * 9.7)
            let off = Point3(generator.uniform(-bend, bend), generator.uniform(-bend, bend), 0)
            return (turn * Point3(x + 0.1 * y, y, 0) + off).plane + Point2(31.4, 32.7)
        }
    }

    private static func draw(
        _ cell: Int, of nodes: [Point2], _ colour: UInt32, plate: [UInt8]? = nil
    ) -> [UInt8] {
        let source = SourceImage([UInt32](repeating: colour, count: 16), width: 4, height: 4)
        var pixels = [UInt8](repeating: 0, count: side * side * 3)
        let at = cell / 4 * 5 + cell % 4
        pixels.withUnsafeMutableBufferPointer { buffer in
            let canvas = Canvas(pixels: buffer.baseAddress!, width: side, height: side)
            let to = (nodes[at], nodes[at + 1], nodes[at + 5], nodes[at + 6])
            let from = (Point2(0, 0), Point2(1, 0), Point2(0, 1), Point2(1, 1))
            source.withSampler { sampler in
                guard let plate else { return canvas.draw(cell: to, from: from, sampler) }
                plate.withUnsafeBufferPointer {
                    canvas.draw(cell: to, from: from, sampler, over: $0.baseAddress!)
                }
            }
        }
        return pixels
    }

    @Test("cells of any grid paint every pixel between them exactly once", arguments: [0, 0.02, 1])
    func coversOnce(bend: Float) {
        var generator = SeededGenerator(seed: 41)
        for _ in 0..<12 {
            let nodes = Self.grid(bend: bend, &generator)
            var counts = [Int](repeating: 0, count: Self.side * Self.side)
            for cell in 0..<16 {
                let pixels = Self.draw(cell, of: nodes, 0xFF09_0909)
                for pixel in counts.indices where pixels[3 * pixel] == 9 { counts[pixel] += 1 }
            }
            #expect(counts.max() == 1)
            // Half of the grid's size around its middle.
            for y in 23...42 {
                for x in 21...41 { #expect(counts[y * Self.side + x] == 1, "\(x), \(y)") }
            }
        }
    }

    @Test("a covered pixel is the source's, a clear one the plate's, others lie between")
    func laysOverPlate() {
        var generator = SeededGenerator(seed: 8)
        let nodes = Self.grid(bend: 0.5, &generator)
        let plate = (0..<Self.side * Self.side * 3).map { UInt8($0 % 251) }
        for alpha: UInt32 in [0, 1, 100, 254, 255] {
            for cell in 0..<16 {
                let drawn = Self.draw(cell, of: nodes, 0x00C8_6414 | alpha << 24, plate: plate)
                let seen = Self.draw(cell, of: nodes, 0xFF01_0101)
                for pixel in 0..<Self.side * Self.side {
                    for channel in 0..<3 {
                        let at = 3 * pixel + channel
                        let (own, behind) = ([20, 100, 200][channel], Int(plate[at]))
                        let wanted = (own * Int(alpha) + behind * (255 - Int(alpha)) + 127) / 255
                        let value = seen[at] == 1 ? wanted : 0
                        #expect(Int(drawn[at]) == value)
                    }
                }
            }
        }
    }

    /// What bilinear reading gives at a point, the border repeated outside.
    private static func blend(_ source: [UInt32], side: Int, _ at: Point2, channel: Int) -> Float {
        let place = pointwiseMin(
            pointwiseMax(at, Point2()), Point2(repeating: Float(side - 1)))
        let (x, y) = (Int(bounded: place.x), Int(bounded: place.y))
        let (fx, fy) = (place.x - Float(x), place.y - Float(y))
        func value(_ x: Int, _ y: Int) -> Float {
            let pixel = source[min(y, side - 1) * side + min(x, side - 1)]
            return Float(pixel >> (8 * UInt32(channel)) & 255)
        }
        let above = value(x, y) * (1 - fx) + value(x + 1, y) * fx
        let below = value(x, y + 1) * (1 - fx) + value(x + 1, y + 1) * fx
        return above * (1 - fy) + below * fy
    }

    @Test(
        "every pixel of a span of any length is the blend of its neighbours, at the border too",
        arguments: [Float(0), 9])
    func blendsNeighbours(beyond: Float) {
        var generator = SeededGenerator(seed: 12)
        // Neighbours are alike, so that an eighth of a bit of a weight is less than a step of grey.
        let source = (0..<Self.side * Self.side).map { at -> UInt32 in
            let (x, y) = (UInt32(at % Self.side), UInt32(at / Self.side))
            return (3 * x + 20) | (2 * y + 40) << 8 | (x + y) << 16
        }
        let image = SourceImage(source, width: Self.side, height: Self.side)
        for width in 1...9 {
            let low = Point2(generator.uniform(4, 9), generator.uniform(4, 9))
            let size = Point2(Float(width), generator.uniform(3, 8))
            let corners = (low, low + Point2(size.x, 0), low + Point2(0, size.y), low + size)
            // Of the source: past its upper left corner where it is to be beyond the border.
            let start = Point2(generator.uniform(2, 20), generator.uniform(2, 20)) - beyond
            let (across, down) = (Point2(1.3, 0.2), Point2(-0.1, 0.9))
            func map(_ at: Point2) -> Point2 {
                start + (at.x - low.x) * across + (at.y - low.y) * down
            }
            var pixels = [UInt8](repeating: 7, count: Self.side * Self.side * 3)
            pixels.withUnsafeMutableBufferPointer { buffer in
                let canvas = Canvas(
                    pixels: buffer.baseAddress!, width: Self.side, height: Self.side)
                image.withSampler {
                    canvas.draw(
                        cell: corners,
                        from: (map(corners.0), map(corners.1), map(corners.2), map(corners.3)), $0)
                }
            }
            for at in 0..<Self.side * Self.side {
                let place = Point2(Float(at % Self.side), Float(at / Self.side))
                let isIn =
                    place.x >= low.x && place.x < low.x + size.x && place.y >= low.y
                    && place.y < low.y + size.y
                for channel in 0..<3 {
                    let wanted =
                        isIn
                        ? Self.blend(source, side: Self.side, map(place), channel: channel) : 7
                    #expect(abs(Float(pixels[3 * at + channel]) - wanted) <= 1.1, "\(place)")
                }
            }
        }
    }
}
