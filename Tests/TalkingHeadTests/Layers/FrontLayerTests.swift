import EngineAPI
import Glibc
import Testing

@testable import TalkingHead

/// Hands before a face whose every pixel is known.
@Suite struct FrontLayerTests {
    private static let landmarks = Nobody.landmarks()
    /// Joints of a hand under the chin, which reaches the jaw.
    private static let hand: [Point2] = {
        let chin = landmarks[Landmark.chin].plane
        return (0..<21).map { joint in
            chin + Point2(Float(joint % 5 - 2) * 11, Float(joint / 5 - 1) * 9)
        }
    }()

    private static func frame(
        _ renderer: FrameRenderer, _ change: (inout Expression) -> Void = { _ in }
    ) -> [UInt8] {
        var expression = Expression.rest
        change(&expression)
        let frame = VideoFrame(width: renderer.width, height: renderer.height)
        renderer.draw(expression, into: frame)
        return frame.rgb
    }

    @Test("a hand before the face stays where it is while the head turns behind it")
    func handStays() {
        let renderer = FrameRenderer(
            portrait: Nobody.image, landmarks: Self.landmarks, hands: [Self.hand])
        #expect(renderer.notes.contains(.handBeforeFace))
        let turned = Self.frame(renderer) { $0.head = HeadTurn(yaw: 0.1, roll: 0.05, right: 0.4) }
        let still = Nobody.frame(.rest)
        let middle = Self.hand[12]
        for y in -8...8 {
            for x in -10...10 {
                let at =
                    ((Int(bounded: middle.y) + y) * renderer.width + Int(bounded: middle.x) + x) * 3
                #expect(abs(Int(turned[at]) - Int(still[at])) <= 1)
            }
        }
        #expect(turned != Self.frame(renderer))
    }

    @Test("the more of the face a hand covers, the less the head moves")
    func headIsCalm() {
        let bare = FrameRenderer(portrait: Nobody.image, landmarks: Self.landmarks)
        let part = FrameRenderer(
            portrait: Nobody.image, landmarks: Self.landmarks, hands: [Self.hand])
        #expect(part.limits.share < bare.limits.share && part.limits.share > 0)
        let far = FrameRenderer(
            portrait: Nobody.image, landmarks: Self.landmarks,
            hands: [Self.hand.map { $0 + Point2(0, 120) }])
        #expect(far.limits == bare.limits && !far.notes.contains(.handBeforeFace))
    }

    @Test("a mouth under a hand stays as it is while the eyes blink")
    func coveredMouthRests() {
        let mouth = Self.landmarks[Landmark.innerLips.upper].plane
        let shift = mouth - Self.hand[12]
        let renderer = FrameRenderer(
            portrait: Nobody.image, landmarks: Self.landmarks, hands: [Self.hand.map { $0 + shift }]
        )
        #expect(renderer.notes.contains(.mouthUnderHand))
        let spoken = Self.frame(renderer) {
            $0.mouth = MouthShape(Viseme.aa.mouth)
            $0.ease = 1
            $0.feeling.smile = 1
        }
        #expect(spoken == Self.frame(renderer))
        #expect(Nobody.frame(.rest) == spoken)
    }

    @Test("the hull of points holds them all and turns one way")
    func hull() {
        let points = (0..<40).map { Point2(sinf(Float($0) * 7), cosf(Float($0) * 3)) * Float($0) }
        let hull = convexHull(points)
        #expect(hull.count >= 3 && hull.count < points.count)
        for index in hull.indices {
            let (a, b) = (hull[index], hull[(index + 1) % hull.count])
            for point in points {
                let cross = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
                #expect(cross >= -1e-2)
            }
        }
        #expect(convexHull([]).isEmpty && convexHull([Point2(1, 2)]).count == 1)
    }
}
