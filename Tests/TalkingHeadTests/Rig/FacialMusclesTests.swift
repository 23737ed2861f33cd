import EngineAPI
import Testing

@testable import TalkingHead

/// What moves in a face beside the jaw and the lips, on the mean face.
@Suite struct FacialMusclesTests {
    private static let rig = Nobody.rig

    private func ways(_ change: (inout Expression) -> Void) -> [Point3] {
        var expression = Expression.rest
        change(&expression)
        return zip(Self.rig.deformed(expression), Self.rig.rest).map(-)
    }

    @Test("a smile draws the corners up and apart, lifts the cheeks, and leaves brow and nose")
    func smiles() {
        let ways = ways { $0.feeling.smile = 1 }
        let corner = Landmark.mouthCorners
        #expect(ways[corner.left].x < -0.15 && ways[corner.right].x > 0.15)
        #expect(ways[corner.left].y < -0.2 && ways[corner.right].y < -0.2)
        for cheek in [50, 280] { #expect(ways[cheek].y < -0.12) }
        for lid in [145, 374] { #expect((-0.2 ... -0.04).contains(ways[lid].y)) }
        for still in [10, 1, 4, 168, 152] + Landmark.brows {
            #expect(ways[still].length < 0.06, "\(still)")
        }
        // The middle of the lips stays where it is.
        for lip in [13, 14, 0, 17] { #expect(ways[lip].length < 0.08, "\(lip)") }
    }

    @Test("half a smile is half of the way")
    func isLinear() {
        let (whole, half) = (ways { $0.feeling.smile = 1 }, ways { $0.feeling.smile = 0.5 })
        for (a, b) in zip(whole, half) { #expect((a * 0.5 - b).length < 1e-4) }
    }

    @Test("surprise lifts brows and lids; a serious face draws the brows down and together")
    func browsMove() {
        let surprised = ways { $0.feeling.surprise = 1 }
        for brow in [52, 282, 105, 334] { #expect(surprised[brow].y < -0.3) }
        for lid in [159, 386] { #expect((-0.3 ... -0.05).contains(surprised[lid].y)) }
        let serious = ways { $0.feeling.serious = 1 }
        #expect(serious[55].y > 0.08 && serious[285].y > 0.08)
        #expect(serious[55].x > 0.05 && serious[285].x < -0.05)
        #expect(serious[61].y > 0.04)
    }

    @Test("lips that are to meet do so in every feeling")
    func closuresHold() {
        var mouth = MouthShape.rest
        mouth.channels[5] = 1
        for feeling in [Feeling(smile: 1), Feeling(serious: 1), Feeling(surprise: 1)] {
            let points = Self.rig.deformed(Expression(mouth: mouth, feeling: feeling))
            for (upper, lower) in zip(Landmark.upperLip[0], Landmark.lowerLip[0]) {
                #expect((points[upper] - points[lower]).plane.length < 1e-3)
            }
        }
    }

    @Test("a mouth that is drawn apart takes the cheeks along")
    func cheeksFollow() {
        var mouth = MouthShape.rest
        mouth.channels[2] = 1
        let ways = ways { $0.mouth = mouth }
        for cheek in [50, 280] { #expect((-0.12 ... -0.03).contains(ways[cheek].y)) }
    }
}
