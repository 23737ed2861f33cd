import EngineAPI
import Testing

@testable import TalkingHead

@Suite struct GazeTests {
    @Test("the look rests most of the time, stays near, and comes from the seed")
    func gazeRests() {
        func curve(_ seed: UInt64) -> [Float] {
            var gaze = Gaze(SeededGenerator(seed: seed))
            return (0..<500).map { gaze.way(at: Float($0) / 25) }
        }
        let look = curve(4)
        #expect(look == curve(4) && look != curve(5))
        #expect(look[0] == 0 && look.allSatisfy { abs($0) <= 0.1 })
        let moved = zip(look, look.dropFirst()).count { $0 != $1 }
        #expect((8...80).contains(moved), "\(moved)")
    }

    @Test("a head that turns leaves the look on the viewer")
    func gazeHolds() {
        // A positive yaw looks to the image's left, a positive pitch down.
        let held = Gaze.held(against: HeadTurn(yaw: 0.1, pitch: 0.1, roll: 0.2))
        #expect(held.x > 0.05 && held.y < -0.05)
        #expect(Gaze.held(against: HeadTurn(yaw: -0.1)).x == -held.x)
        #expect(Gaze.held(against: HeadTurn()) == Point2())
    }
}
