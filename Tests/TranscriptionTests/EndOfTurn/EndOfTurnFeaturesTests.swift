import Glibc
import Testing

@testable import Transcription

struct EndOfTurnFeaturesTests {
    /// Three seconds: a swelling buzz over a saw of noise.
    private static let sound: [Float] = (0..<48_000).map { index in
        let n = Double(index)
        let buzz = 0.3 * sin(n * 0.05 + 3 * sin(n / 4_000)) * (1 + sin(n / 3_000)) / 2
        let noise = (Double(index * 7_919 % 1_000) / 1_000 - 0.5) * 0.02
        return Float(buzz) + Float(noise)
    }

    /// Of the same sound by NumPy in double precision, as smart-turn's own front end computes it:
    /// band, frame, value.
    private static let reference: [(Int, Int, Float)] = [
        (0, 0, -0.14847), (0, 499, 0.60602), (0, 500, 1.42278), (5, 510, 1.08885),
        (10, 600, 0.30267), (20, 650, 0.34069), (30, 700, 0.20656), (40, 720, 0.50278),
        (60, 750, 0.28589), (79, 799, 0.44612), (3, 799, 1.59974), (12, 500, 0.80167),
    ]

    @Test func `Features are Whisper's`() {
        let made = EndOfTurnFeatures().features(Self.sound)
        #expect(made.count == 80 * 800)
        for (band, frame, value) in Self.reference {
            #expect(abs(made[band * 800 + frame] - value) < 2e-3, "band \(band), frame \(frame)")
        }
        let mean = made.reduce(0, +) / Float(made.count)
        #expect(abs(mean - 0.04908) < 1e-3)
    }

    @Test func `The last eight seconds count`() {
        let features = EndOfTurnFeatures()
        let long = [Float](repeating: 0.9, count: 100_000) + Self.sound + Self.sound + Self.sound
        #expect(features.features(long) == features.features(Array(long.suffix(128_000))))
    }

    @Test func `Nothing and silence are finite and the same`() {
        let features = EndOfTurnFeatures()
        let none = features.features([])
        #expect(none.allSatisfy { $0.isFinite })
        #expect(none == features.features([Float](repeating: 0, count: 128_000)))
    }
}
