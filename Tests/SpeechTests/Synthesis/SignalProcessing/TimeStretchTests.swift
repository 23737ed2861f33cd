import Glibc
import Testing

@testable import Speech

/// Sound made longer and shorter.
@Suite struct TimeStretchTests {
    private static let rate = 24_000

    /// A voice-like sound: a pulse of overtones, gliding a little.
    private static func tone(_ hertz: Double, seconds: Double) -> [Float] {
        var phase = 0.0
        return (0..<Int(seconds * Double(rate))).map { index in
            phase += hertz * (1 + 0.05 * sin(Double(index) / 9000)) / Double(rate)
            return (1...6).reduce(Float(0)) {
                $0 + Float(sin(2 * .pi * phase * Double($1)) / Double($1) * 0.2)
            }
        }
    }

    /// Periods a second, by upward crossings of the smoothed signal.
    private static func pitch(_ samples: ArraySlice<Float>) -> Double {
        var (count, low, last) = (0, Float(0), Float(0))
        for sample in samples {
            low += (sample - low) * 0.05
            if last <= 0, low > 0 { count += 1 }
            last = low
        }
        return Double(count) * Double(rate) / Double(samples.count)
    }

    @Test(
        "the length is what was asked for and the pitch stays",
        arguments: [0.25, 0.5, 0.83, 1.01, 1.3, 2, 4], [90, 130, 220, 340])
    func pitched(_ ratio: Double, _ hertz: Double) {
        let audio = TimeStretchTests.tone(hertz, seconds: 1)
        let count = Int(Double(audio.count) * ratio)
        let made = TimeStretch(sampleRateHz: TimeStretchTests.rate).stretched(audio, to: count)
        #expect(made.count == count)
        // Without the edges, where the sound comes out of silence.
        let middle = made[count / 10..<count * 9 / 10]
        let own = TimeStretchTests.pitch(audio[audio.count / 10..<audio.count * 9 / 10])
        #expect(abs(TimeStretchTests.pitch(middle) / own - 1) < 0.05)
        let level = Level(middle).meanSquareRoot / Level(audio).meanSquareRoot
        #expect(level > 0.9 && level < 1.1)
        #expect(Level.step(Array(middle)) < 1.1 * Level.step(audio))
    }

    @Test("time runs evenly: a gap stays where it is due", arguments: [0.4, 0.7, 1.5, 3])
    func even(_ ratio: Double) {
        var audio = TimeStretchTests.tone(120, seconds: 2)
        for index in 24_000..<28_800 { audio[index] = 0 }
        let count = Int(Double(audio.count) * ratio)
        let made = TimeStretch(sampleRateHz: TimeStretchTests.rate).stretched(audio, to: count)
        let from = Int(24_000 * ratio) + 600
        let to = Int(28_800 * ratio) - 600
        if from < to { #expect(Level(made[from..<to]).peak < 1e-3) }
        #expect(Level(made[from - 3000..<from - 1500]).peak > 0.1)
    }

    @Test("nothing, silence and a few samples have their lengths too", arguments: [0, 1, 7, 5000])
    func short(_ length: Int) {
        let stretch = TimeStretch(sampleRateHz: 22_050)
        for count in [0, 1, 9, 700, 30_000] {
            let made = stretch.stretched([Float](repeating: 0, count: length), to: count)
            #expect(made.count == count)
            #expect(made.allSatisfy { $0 == 0 })
        }
        #expect(stretch.stretched([0.5, 0.25], to: 2) == [0.5, 0.25])
    }
}
