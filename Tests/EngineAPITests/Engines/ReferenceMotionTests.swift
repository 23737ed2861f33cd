import EngineAPI
import Testing

struct ReferenceMotionTests {
    @Test func `Rows at 25 a second stay as they are`() {
        let times = (0..<50).map { Double($0) / 25 }
        let values = (0..<100).map { Double($0 * $0) }
        #expect(ReferenceMotion(values, width: 2, at: times) == ReferenceMotion(values, width: 2))
    }

    @Test func `Rows of another rate lie on lines between those that were read`() {
        let times = [3.0, 3.1, 3.3]
        let motion = ReferenceMotion([0, 10, 5], width: 1, at: times)
        // 0.3 s: the first row and seven more.
        #expect(motion.rows == 8)
        #expect(abs(motion[1, 0] - 4) < 1e-9 && abs(motion[2, 0] - 8) < 1e-9)
        #expect(abs(motion[5, 0] - 7.5) < 1e-9)
    }

    @Test func `A single row, and rows at one time, are one row`() {
        #expect(ReferenceMotion([4, 5], width: 2, at: [9]).values == [4, 5])
        #expect(ReferenceMotion([4, 5, 6], width: 1, at: [1, 1, 1]).rows == 1)
    }

    @Test func `It begins anew at its end, or goes back without a jump`() {
        let motion = ReferenceMotion([0, 1, 2, 3], width: 1)
        #expect((0..<9).map(motion.looped) == [0, 1, 2, 3, 0, 1, 2, 3, 0])
        let swaying = (0..<9).map { motion.swaying(at: Double($0) / 25, column: 0) }
        #expect(zip(swaying, [0, 1, 2, 3, 2, 1, 0, 1, 2]).allSatisfy { abs($0 - $1) < 1e-9 })
        let half = motion.swaying(at: 0.5 / 25, column: 0)
        #expect(abs(half - 0.5) < 1e-9)
        #expect(ReferenceMotion([7], width: 1).swaying(at: 99, column: 0) == 7)
    }
}
