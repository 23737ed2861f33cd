import EngineAPI
import Testing

@testable import TalkingHead

/// Mouths of one plain colour each, so that what lies over the lip is known.
@Suite struct ProtrudingTongueTests {
    private static let skin = Point3(200, 150, 130)
    private static let lip = Point3(120, 70, 70)
    private static let dark = Point3(30, 12, 12)
    private static let tongue = Point3(215, 115, 115)

    /// - gap: how far the lower lip and the chin have come down, centimetres.
    private static func landmarks(gap: Float) -> [Point3] {
        var points = Nobody.landmarks()
        for ring in Landmark.lowerLip {
            for (column, landmark) in ring.enumerated() where column > 0 && column < 10 {
                points[landmark].y += 7 * gap * min(Float(min(column, 10 - column)) / 3, 1)
            }
        }
        points[Landmark.chin].y += 7 * gap
        return points
    }

    /// - reach: how far below the inner edge of the lower lip the tongue ends, centimetres; nil for
    ///   none.
    private static func isSeen(gap: Float, reach: Float?) -> Bool {
        let points = landmarks(gap: gap).map(\.plane)
        let (width, height) = (Nobody.width, Nobody.height)
        let box = PixelBox(
            around: [Point2(), Point2(Float(width), Float(height))], width: width, height: height)
        func cover(_ ring: Int) -> FloatImage {
            let outline = Landmark.upperLip[ring] + Landmark.lowerLip[ring].reversed()
            return FloatImage(
                covered: outline.map { points[$0] }, in: box, of: (width, height))
        }
        let (lips, hole) = (cover(3), cover(0))
        let middle = points[Landmark.innerLips.lower]
        var rgb: [UInt8] = []
        for index in 0..<width * height {
            let at = Point2(Float(index % width), Float(index / width))
            var colour = skin + (lip - skin) * lips.values[index]
            colour += (dark - colour) * hole.values[index]
            if let reach, abs(at.x - middle.x) < 7, at.y > middle.y - 10,
                at.y < middle.y + 7 * reach
            {
                colour = tongue
            }
            rgb += (0..<3).map { UInt8(bounded: colour[$0]) }
        }
        let image = Image(width: width, height: height, rgb: rgb)
        return ProtrudingTongue(image, points).isSeen
    }

    @Test("a tongue over the lower lip of an open mouth is seen")
    func tongueIsSeen() {
        #expect(Self.isSeen(gap: 3, reach: 2))
        #expect(Self.isSeen(gap: 3.6, reach: 1.4))
    }

    @Test("an open mouth alone, a tongue behind its lip, and lips nearly shut are none")
    func othersAreNot() {
        #expect(!Self.isSeen(gap: 3, reach: nil))
        #expect(!Self.isSeen(gap: 3, reach: 0))
        #expect(!Self.isSeen(gap: 0.5, reach: 2))
    }

    @Test("a mouth under its own tongue stays as it is, and a note says so")
    func mouthRests() {
        let landmarks = Nobody.landmarks()
        let renderer = FrameRenderer(
            portrait: Nobody.image, landmarks: landmarks, isTongueOut: true)
        #expect(renderer.notes.contains(.tongueOut))
        var spoken = Expression.rest
        spoken.mouth = MouthShape(Viseme.aa.mouth)
        spoken.ease = 1
        let frame = VideoFrame(width: renderer.width, height: renderer.height)
        renderer.draw(spoken, into: frame)
        #expect(frame.rgb == Nobody.frame(.rest))
    }
}
