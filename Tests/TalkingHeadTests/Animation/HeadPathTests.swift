import EngineAPI
import Testing

@testable import TalkingHead

/// Turns of the head that somebody listed.
@Suite struct HeadPathTests {
    private static let levels = loudness(babble(seconds: 4).samples)
    private static let silence = [SIMD16<Float>](repeating: Viseme.silence, count: levels.count)

    private func frames(_ change: (inout AnimationOptions) -> Void) -> [Expression] {
        var options = AnimationOptions()
        change(&options)
        return expressions(Self.silence, Self.levels, options)
    }

    private func degrees(_ radians: Float) -> Float { radians * 180 / .pi }

    @Test("turns are spread over the whole video and joined by lines")
    func isSpread() throws {
        let made = frames { $0.headPath.yaw = [-8, 4, 0] }.map { degrees($0.head.yaw) }
        let last = made.count - 1
        #expect(last > 90)
        #expect(abs(made[0] + 8) < 0.001 && abs(made[last]) < 0.001)
        let middle = Float(last) / 2
        for (index, yaw) in made.enumerated() {
            let part = Float(index) / middle
            let wanted = part < 1 ? -8 + 12 * part : 4 - 4 * (part - 1)
            #expect(abs(yaw - wanted) < 0.001)
        }
    }

    @Test("one turn is held; the other axes move by themselves, or not at all where it is still")
    func otherAxesAreFree() {
        let free = frames { _ in }
        let made = frames { $0.headPath.roll = [3] }
        #expect(made.allSatisfy { abs(degrees($0.head.roll) - 3) < 0.001 })
        #expect(made.map(\.head.yaw) == free.map(\.head.yaw))
        let still = frames { ($0.headPath.roll, $0.isStill) = ([3], true) }
        #expect(still.allSatisfy { abs(degrees($0.head.roll) - 3) < 0.001 })
        #expect(still.allSatisfy { $0.head.yaw == 0 && $0.head.pitch == 0 && $0.breath == 0 })
    }

    @Test("the head goes no further than the portrait shows, and that is known beforehand")
    func isBounded() {
        var path = AnimationOptions.HeadPath()
        (path.yaw, path.pitch, path.roll) = ([60, -60], [-40], [40])
        let made = frames { $0.headPath = path }
        let yaws = made.map { degrees($0.head.yaw) }
        #expect(abs((yaws.max() ?? 0) - 9) < 0.001 && abs((yaws.min() ?? 0) + 9) < 0.001)
        #expect(made.allSatisfy { abs(degrees($0.head.pitch) + 6) < 0.001 })
        #expect(made.allSatisfy { abs(degrees($0.head.roll) - 6) < 0.001 })
        let limits = HeadLimits()
        #expect(limits.cuts(path))
        (path.yaw, path.pitch, path.roll) = ([9, -9], [6], [])
        #expect(!limits.cuts(path))
        var narrow = limits
        narrow.share = 0.4
        #expect(narrow.cuts(path))
    }

    @Test("frames do not depend on the pieces that the voice comes in")
    func piecesChangeNothing() {
        var options = AnimationOptions()
        options.headPath.pitch = [0, 5]
        var animation = FaceAnimation(options)
        var made: [Expression] = []
        for start in stride(from: 0, to: Self.levels.count, by: 37) {
            let end = min(start + 37, Self.levels.count)
            made += animation.add(
                Array(Self.silence[start..<end]), Array(Self.levels[start..<end]),
                seconds: Double(end) / 100)
        }
        #expect(made.isEmpty)
        made += animation.finish(seconds: 4)
        var whole = FaceAnimation(options)
        let first = whole.add(Self.silence, Self.levels, seconds: 4)
        #expect(made == first + whole.finish(seconds: 4))
    }
}
