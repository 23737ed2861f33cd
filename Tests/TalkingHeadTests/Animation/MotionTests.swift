import EngineAPI
import Testing

@testable import TalkingHead

@Suite struct MotionTests {
    private static let levels = loudness(babble(seconds: 12).samples)
    private static let silence = [SIMD16<Float>](repeating: Viseme.silence, count: levels.count)

    func frames(_ change: (inout AnimationOptions) -> Void) -> [Expression] {
        var options = AnimationOptions()
        change(&options)
        return expressions(Self.silence, Self.levels, options)
    }

    @Test("the same seed moves alike, another seed or style does not")
    func seedDecides() {
        let first = frames { $0.seed = 3 }
        #expect(first == frames { $0.seed = 3 })
        #expect(first != frames { $0.seed = 4 })
        #expect(first != frames { ($0.seed, $0.poseStyle) = (3, 17) })
    }

    @Test("chests rise a little and slowly, and not those of still portraits")
    func breathes() {
        let moved = frames { $0.seed = 9 }.map(\.breath)
        #expect(moved.first == 0 && moved.last == 0)
        #expect((moved.max() ?? 0) > 0.9 && moved.allSatisfy { (0...1).contains($0) })
        #expect(zip(moved, moved.dropFirst()).allSatisfy { abs($0 - $1) < 0.08 })
        #expect(frames { $0.isStill = true }.allSatisfy { $0.breath == 0 })
    }

    @Test("a still portrait blinks but does not turn")
    func stillBlinks() {
        let still = frames { $0.isStill = true }
        #expect(still.allSatisfy { $0.head == HeadTurn() })
        #expect(still.contains { $0.blink > 0.95 })
        #expect(frames { $0.blinks = false }.allSatisfy { $0.blink == 0 })
    }

    @Test("blinks are short, a few seconds apart, and the same with and without motion")
    func blinksAreNatural() {
        let blinks = frames { $0.seed = 9 }.map(\.blink)
        let starts = (1..<blinks.count).filter { blinks[$0] > 0.5 && blinks[$0 - 1] <= 0.5 }
        #expect((2...8).contains(starts.count))
        for (a, b) in zip(starts, starts.dropFirst()) { #expect(b - a >= 25) }
        for start in starts { #expect(blinks[min(start + 8, 299)] < 0.5) }
        #expect(blinks == frames { ($0.seed, $0.isStill) = (9, true) }.map(\.blink))
    }

    @Test("at every rate each blink is shut on a frame", arguments: [12, 24, 25, 30, 60])
    func blinksShut(rate: Int) {
        let blinks = frames { ($0.seed, $0.framesPerSecond) = (5, rate) }.map(\.blink)
        let halves = blinks.split { $0 < 0.5 }
        #expect(halves.count > 1)
        for blink in halves { #expect((blink.max() ?? 0) > 0.999) }
    }

    @Test("a voice's loudness lies between 0 and 1 and silence is not blown up")
    func loudnessIsBounded() {
        let levels = Self.levels
        #expect(levels.allSatisfy { (0...1).contains($0) })
        #expect((levels.max() ?? 0) > 0.9)
        let hiss = (0..<16_000).map { Float($0 % 7) * 1e-6 }
        #expect(loudness(hiss).allSatisfy { $0 < 0.2 })
    }

    @Test("the generator is SplitMix64: its first numbers are known")
    func generatorIsKnown() {
        var generator = SeededGenerator(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }
}
