import EngineAPI
import Glibc
import Testing

@testable import TalkingHead

/// How a head stands, and how one follows another's.
struct HeadPoseTests {
    private static let turns: [(Float, Float, Float)] = [
        (0, 0, 0), (20, -10, 5), (-35, 12, -28), (3, 40, 9),
    ]

    @Test(arguments: turns)
    func `A rotation is told by the turns that make it`(yaw: Float, pitch: Float, roll: Float) {
        let unit = Float.pi / 180
        let turns = Matrix3.turn(yaw: yaw * unit, pitch: pitch * unit, roll: roll * unit).turns
        #expect(abs(turns.yaw / unit - yaw) < 0.01)
        #expect(abs(turns.pitch / unit - pitch) < 0.01)
        #expect(abs(turns.roll / unit - roll) < 0.01)
    }

    @Test func `Landmarks tell how their head is turned`() {
        let found = HeadPose.degrees(Nobody.landmarks(yaw: 0.3, roll: -0.2))
        for (value, wanted) in zip(found, [0.3, 0, -0.2] as [Double]) {
            #expect(abs(value * .pi / 180 - wanted) < 0.001)
        }
    }

    /// A second that turns by some degrees a frame.
    private func turning(_ degrees: Double) -> ReferenceMotion {
        ReferenceMotion((0..<25).flatMap { [Double($0) * degrees, 0, 0] }, width: 3)
    }

    private func frames(_ change: (inout AnimationOptions) -> Void) -> [Expression] {
        var options = AnimationOptions()
        change(&options)
        let levels = loudness(babble(seconds: 4).samples)
        let silence = [SIMD16<Float>](repeating: Viseme.silence, count: levels.count)
        return expressions(silence, levels, options)
    }

    @Test func `A head follows a video's, to and fro, as far as it may turn`() throws {
        let made = frames { $0.poseReference = turning(0.2) }
        let degrees = made.map { $0.head.yaw * 180 / .pi }
        #expect(made.count == 100 && made.allSatisfy { $0.head.pitch == 0 && $0.head.roll == 0 })
        // In the middle, where the video's own beginning and end are far: 4.8° there and back.
        #expect(degrees[40..<56].allSatisfy { abs($0) < 3.6 })
        #expect(abs(degrees[72] - HeadLimits().bounded(yaw: 4.8 * .pi / 180) * 180 / .pi) < 0.2)
        for (a, b) in zip(degrees, degrees.dropFirst()) { #expect(abs(a - b) < 0.5, "no jump") }
        let wild = frames { $0.poseReference = turning(5) }
        #expect(wild.allSatisfy { abs($0.head.yaw) <= 9 * .pi / 180 })
        #expect(wild.contains { abs($0.head.yaw) > 8 * .pi / 180 })
        #expect(HeadLimits().cuts(turning(5)) && !HeadLimits().cuts(turning(0.2)))
    }

    @Test func `A still head follows none, and a path goes before`() {
        let still = frames { ($0.poseReference, $0.isStill) = (turning(0.3), true) }
        #expect(still.allSatisfy { $0.head == HeadTurn() })
        let path = frames {
            $0.poseReference = turning(0.3)
            $0.headPath.yaw = [-4]
        }
        #expect(path.allSatisfy { abs($0.head.yaw * 180 / .pi + 4) < 0.001 })
    }
}
