import EngineAPI
import Testing

@testable import TalkingHead

/// Motion in every style, which takes some seconds.
@Suite struct MotionSystemTests {
    @Test(
        "every style keeps the head within 4° of yaw and starts and ends at rest", arguments: 0...45
    )
    func staysNear(style: Int) {
        let moved = MotionTests().frames { $0.poseStyle = style }
        let limit: Float = 4 * .pi / 180
        #expect(moved.allSatisfy { abs($0.head.yaw) <= limit + 1e-6 })
        #expect((moved.map { abs($0.head.yaw) }.max() ?? 0) > 0.005)
        #expect(moved[0].head == HeadTurn())
        #expect(moved[299].head == HeadTurn())
        let steps = zip(moved, moved.dropFirst()).map { abs($0.head.yaw - $1.head.yaw) }
        #expect((steps.max() ?? 1) < 0.02)
    }
}
