import EngineAPI
import Testing

@testable import TalkingHead

/// How far heads turn.
struct HeadLimitsTests {
    private static let unit = Float.pi / 180

    @Test func `A turn is bent late, never past its limit, and never back`() {
        let limits = HeadLimits()
        var before = -limits.right
        for degrees in stride(from: Float(-60), through: 60, by: 0.5) {
            let made = limits.bounded(yaw: degrees * Self.unit)
            #expect(made >= before && made >= -limits.right && made <= limits.left)
            if abs(degrees) < 4 { #expect(abs(made - degrees * Self.unit) < 0.1 * Self.unit) }
            before = made
        }
        #expect(limits.bounded(yaw: 9 * Self.unit) > 7.5 * Self.unit)
    }

    @Test func `A face that looks aside turns farther away than back`() {
        func limits(_ yaw: Float) -> HeadLimits {
            HeadLimits(Rig(landmarks: Nobody.landmarks(yaw: yaw)), isDivided: true)
        }
        let (one, other) = (limits(0.5), limits(-0.5))
        #expect(limits(0) == HeadLimits())
        #expect(abs(one.left - other.right) < 1e-4 && abs(one.right - other.left) < 1e-4)
        #expect(max(one.left, one.right) > min(one.left, one.right))
    }

    @Test func `The further a face looks aside, the wider it turns, without a step`() {
        let wider = (0...16).map { step in
            HeadLimits(
                Rig(landmarks: Nobody.landmarks(yaw: Float(step) * 0.05)), isDivided: true
            ).wider
        }
        #expect(wider[0] == 1 && (wider.last ?? 0) > 1.3)
        for (one, next) in zip(wider, wider.dropFirst()) { #expect((0..<0.1).contains(next - one)) }
    }

    @Test(arguments: [0, 0.5, -0.5] as [Float], [3, 5, 8, 21] as [UInt64])
    func `In twenty seconds of speech every head is seen to turn`(yaw: Float, seed: UInt64) {
        var options = AnimationOptions()
        options.seed = seed
        let levels = loudness(babble(seconds: 20).samples)
        var vowel = SIMD16<Float>()
        vowel[Int(Viseme.aa.rawValue)] = 1
        let speech = [SIMD16<Float>](repeating: vowel, count: levels.count)
        let rig = Rig(landmarks: Nobody.landmarks(yaw: yaw))
        let limits = HeadLimits(rig, isDivided: true)
        var animation = FaceAnimation(options, limits: limits)
        let yaws = animation.finish(speech, levels, seconds: 20).map(\.head.yaw)
        #expect((yaws.max() ?? 0) - (yaws.min() ?? 0) > 8 * limits.wider * Self.unit)
        #expect(yaws.allSatisfy { $0 <= limits.left && $0 >= -limits.right })
    }
}
