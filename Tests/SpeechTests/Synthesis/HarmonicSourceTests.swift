import Testing

@testable import Speech

@Suite struct HarmonicSourceTests {
    private static let hop = 300
    private static let rate: Float = 24_000

    @Test(
        "a frame's phases are the sum of its pitch, sample by sample",
        arguments: [
            [200, 200, 200], [80, 120, 190], [300, 250, 310], [590, 600, 41], [41, 42, 600],
        ] as [[Float]])
    func phases(pitch: [Float]) {
        let (before, here, after) = (pitch[0], pitch[1], pitch[2])
        let glide = Glide(
            before, here, after, hop: HarmonicSourceTests.hop, rate: HarmonicSourceTests.rate)
        var curve = [Float](repeating: 0, count: HarmonicSourceTests.hop + 8)
        var phases = curve
        let start = 0.625
        glide.fill(&curve, &phases, from: Float(start))
        var turns = start
        for index in 0..<HarmonicSourceTests.hop {
            let place = (Double(index) + 0.5) / Double(HarmonicSourceTests.hop) - 0.5
            let other = place < 0 ? before : after
            let hertz = Double(here) + (Double(other) - Double(here)) * abs(place)
            turns += hertz / Double(HarmonicSourceTests.rate)
            #expect(abs(Double(curve[index]) - hertz) < 1e-3)
            // Phases meet at 0 and 1.
            let apart = Double(phases[index]) - turns
            #expect(abs(apart - apart.rounded()) < 3e-6)
            #expect(phases[index] >= 0 && phases[index] <= 1)
        }
        #expect(abs(glide.turns - (turns - start)) < 1e-9)
    }

    @Test("the pulses of a level pitch come once a period, also from frame to frame")
    func pulses() {
        // 240 Hz: a hundred samples a period, three periods a frame.
        let pitch = [Float](repeating: 240, count: 6)
        var samples = [Float](repeating: 0, count: 6 * HarmonicSourceTests.hop)
        samples.withUnsafeMutableBufferPointer { samples in
            pitch.withUnsafeBufferPointer { pitch in
                HarmonicSource.fill(
                    pitch, hop: HarmonicSourceTests.hop, sampleRateHz: HarmonicSourceTests.rate,
                    into: samples.baseAddress!)
            }
        }
        let highest = samples.max() ?? 0
        let places = samples.indices.filter { samples[$0] > highest * 0.9 }
        #expect(places == Array(stride(from: 99, to: samples.count, by: 100)))
    }
}
