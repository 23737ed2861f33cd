import Testing

@testable import Media

@Suite struct AudioTimelineTests {
    /// Silence before each of some frames of 20 ms.
    private func gaps(
        _ stamps: [Double?], start: Double = 0, secondsMax: Double = 7_200
    ) -> [Double] {
        var timeline = AudioTimeline(start: start, secondsMax: secondsMax)
        return stamps.map {
            (timeline.silence(before: $0, lasting: 0.02) * 1_000).rounded() / 1_000
        }
    }

    @Test("frames that follow one another have no silence between them, jitter or not")
    func whole() {
        #expect(gaps([0, 0.02, 0.04]) == [0, 0, 0])
        #expect(gaps([0.003, 0.017, 0.049, 0.06, 0.071]) == [0, 0, 0, 0, 0])
        #expect(gaps([nil, nil]) == [0, 0])
        #expect(gaps([-0.007, 0.013, 0.033]) == [0, 0, 0])
    }

    @Test("what was not sent is silence, and what comes late begins late")
    func missing() {
        #expect(gaps([0, 0.02, 18.04, 18.06]) == [0, 0, 18, 0])
        #expect(gaps([5, 5.02]) == [5, 0])
        #expect(gaps([0, 0.08, 0.1]) == [0, 0.06, 0])
    }

    @Test("many small losses are made up for together")
    func drift() {
        let stamps = (0..<40).map { Double($0) * 0.03 }
        let made = gaps(stamps)
        #expect(made.reduce(0, +) > 0.2 && made.filter { $0 > 0 }.count <= 2, "\(made)")
    }

    @Test("a clock that goes back, or on beyond all bounds, begins anew")
    func discontinuity() {
        #expect(gaps([100, 100.02, 0, 0.02, 0.54]) == [100, 0, 0, 0, 0.5])
        #expect(gaps([0, 1e9, 1e9 + 0.02, 1e9 + 1]) == [0, 0, 0, 0.96])
        #expect(gaps([0, 50, 50.02], secondsMax: 40) == [0, 0, 0])
        #expect(gaps([0, .nan, .infinity, 0.06]) == [0, 0, 0, 0])
        var timeline = AudioTimeline(start: 0, secondsMax: 40)
        _ = timeline.silence(before: 0, lasting: 0.02)
        #expect(!timeline.passedOver)
        _ = timeline.silence(before: 1e6, lasting: 0.02)
        #expect(timeline.passedOver)
    }

    @Test("a file that was cut from a longer one begins at its start")
    func cutOut() {
        #expect(gaps([3_600, 3_600.02], start: 3_600) == [0, 0])
        #expect(gaps([3_602, 3_602.02], start: 3_600) == [2, 0])
    }
}

@Suite struct ChannelMixerTests {
    private func noise(_ count: Int, seed: UInt32, level: Float = 0.3) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return (Float(state >> 8) / Float(1 << 24) - 0.5) * 2 * level
        }
    }

    private func mixed(_ channels: [[Float]], step: Int = 1_000) -> [Float] {
        var mixer = ChannelMixer(channelCount: channels.count)
        var all: [Float] = []
        for start in stride(from: 0, to: channels[0].count, by: step) {
            all += mixer.add(channels.map { Array($0[start..<min($0.count, start + step)]) })
        }
        return all + mixer.finish()
    }

    private func level(_ samples: [Float]) -> Float {
        (samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)).squareRoot()
    }

    @Test("two equal channels are one")
    func equal() {
        let sound = noise(20_000, seed: 1)
        let made = mixed([sound, sound])
        #expect(zip(made, sound).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test("a channel that is turned over does not cancel the other", arguments: [-1, -0.5, -0.9])
    func opposite(factor: Float) {
        let sound = noise(20_000, seed: 2)
        let made = mixed([sound, sound.map { $0 * factor }])
        // A quieter copy makes the mean of both quieter, but takes nothing away.
        #expect(level(made) > (1 - factor) / 2 * 0.95 * level(sound))
    }

    @Test("what is in one of eight channels is as loud as it was", arguments: 0..<8)
    func oneOfEight(channel: Int) {
        let (sound, silence) = (noise(20_000, seed: 3), [Float](repeating: 0, count: 20_000))
        let made = mixed((0..<8).map { $0 == channel ? sound : silence })
        #expect(abs(level(made) - level(sound)) < 0.01 * level(sound))
    }

    @Test("two people on two channels are both heard")
    func two() {
        let (one, other) = (noise(20_000, seed: 4), noise(20_000, seed: 5))
        let made = mixed([one, other])
        for sound in [one, other] {
            let product = zip(made, sound).reduce(0) { $0 + $1.0 * $1.1 } / 20_000
            #expect(product > 0.4 * level(sound) * level(sound))
        }
    }

    @Test("the result is the same however the sound comes", arguments: [1, 777, 4_096, 20_000])
    func steps(step: Int) {
        let channels = [noise(20_000, seed: 6), noise(20_000, seed: 7, level: 0.1)]
        #expect(mixed(channels, step: step) == mixed(channels, step: 5_000))
    }
}
