import EngineAPI
import Testing

@testable import TalkingHead

/// How a face is laid for the network that restores it, and laid back.
struct AlignedFaceTests {
    private static let side = AlignedFace.side
    /// FFHQ's mean face in 512 pixels.
    private static let standard: [Point2] = [
        Point2(192.98138, 239.94708), Point2(318.90277, 240.1936), Point2(256.63416, 314.01935),
        Point2(201.26117, 371.41043), Point2(313.08905, 371.15118),
    ]

    /// 478 landmarks of which only the five that count are somewhere.
    private func landmarks(_ five: [Point2]) -> [Point2] {
        var points = [Point2](repeating: Point2(), count: Landmark.countWithIrises)
        for (indexes, point) in zip([[33, 133], [362, 263], [4], [61], [291]], five) {
            for index in indexes { points[index] = point }
        }
        return points
    }

    /// The mean face in a frame: turned, scaled, moved.
    private func placed(scale: Float, degrees: Float, centre: Point2) throws -> AlignedFace {
        let turn = RegionOfInterest(
            centre: centre, side: scale * Float(Self.side), angle: degrees * .pi / 180)
        let five = Self.standard.map { turn.map.apply(($0 + 0.5) / Float(Self.side)) - 0.5 }
        return try #require(AlignedFace(landmarks(five)))
    }

    private func frame(_ width: Int, _ height: Int) -> VideoFrame {
        let frame = VideoFrame(width: width, height: height)
        for index in frame.rgb.indices { frame.rgb[index] = UInt8(index * 7 % 251) }
        return frame
    }

    /// A network's answer of one colour, −1…1.
    private func plain(_ colour: [Float]) -> [Float] {
        colour.flatMap { [Float](repeating: $0, count: Self.side * Self.side) }
    }

    @Test(arguments: [(1, 0), (0.3, 20), (2.5, -150)] as [(Float, Float)])
    func `Five points of the mean face, wherever it is, find its square`(
        scale: Float, degrees: Float
    ) throws {
        let centre = Point2(310, 222)
        let region = try placed(scale: scale, degrees: degrees, centre: centre).region
        #expect(abs(region.side - scale * 512) < 0.01)
        #expect((region.centre - centre).length < 0.01)
        #expect(abs(region.angle - degrees * .pi / 180) < 1e-4)
    }

    @Test func `Points that are next to one are no face`() {
        #expect(AlignedFace(landmarks([Point2](repeating: Point2(9, 9), count: 5))) == nil)
    }

    @Test func `What the network sees is the frame, from minus one to one`() throws {
        let face = try placed(scale: 1, degrees: 0, centre: Point2(256, 256))
        let frame = frame(512, 512)
        let planes = face.planes(of: Pyramid(Image(width: 512, height: 512, rgb: frame.rgb)))
        for (x, y) in [(0, 0), (511, 3), (77, 400)] {
            for channel in 0..<3 {
                let wanted = Float(frame.rgb[(y * 512 + x) * 3 + channel]) / 127.5 - 1
                #expect(abs(planes[(channel * 512 + y) * 512 + x] - wanted) < 0.02)
            }
        }
    }

    @Test func `Laid back unchanged, a square of its own size leaves each pixel`() throws {
        let face = try placed(scale: 1, degrees: 0, centre: Point2(300, 280))
        let frame = frame(600, 580)
        let before = frame.rgb
        face.paste(
            face.planes(of: Pyramid(Image(width: 600, height: 580, rgb: before))), into: frame)
        #expect(zip(frame.rgb, before).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }

    @Test(arguments: [(0.25, 0), (0.4, 33), (1.7, -80)] as [(Float, Float)])
    func `Inside it is the network's, outside the frame's, and softly between`(
        scale: Float, degrees: Float
    ) throws {
        let face = try placed(scale: scale, degrees: degrees, centre: Point2(150, 170))
        let frame = frame(320, 300)
        let before = frame.rgb
        face.paste(plain([1, -1, 0]), into: frame)
        let toUnit = face.region.map.inverse
        var (inside, outside, between) = (0, 0, 0)
        for y in 0..<300 {
            for x in 0..<320 {
                let at = (y * 320 + x) * 3
                let unit = toUnit.apply(Point2(Float(x), Float(y)) + 0.5)
                let depth = min(min(unit.x, 1 - unit.x), min(unit.y, 1 - unit.y))
                let (new, old) = (frame.rgb[at..<at + 3], before[at..<at + 3])
                if depth < 0.05 {
                    outside += 1
                    #expect(new == old)
                } else if depth >= 0.15 {
                    inside += 1
                    #expect(Array(new) == [255, 0, 128])
                } else {
                    between += 1
                    #expect(new.first! >= old.first! && new.dropFirst().first! <= old[at + 1])
                }
            }
        }
        #expect(inside > 1_000)
        // The largest one is larger than the frame.
        #expect(scale > 1 || between > 500 && outside > 10_000)
    }

    @Test func `A square beyond the frame's edges, or far off, stays within it`() throws {
        for centre in [Point2(-40, 10), Point2(5_000, 5_000), Point2(63, 63)] {
            let face = try placed(scale: 0.5, degrees: 10, centre: centre)
            let frame = frame(64, 64)
            let before = frame.rgb
            face.paste(plain([0, 0, 0]), into: frame)
            #expect(frame.rgb.count == before.count)
            #expect((frame.rgb == before) == (centre.x > 1_000))
        }
    }
}
