import Glibc
import Testing

@testable import Transcription

struct MelBandsTests {
    /// A chirp that runs over all frequencies many times, above a constant.
    private static let sound: [Float] = (0..<MelBands.blockSamples).map {
        Float(0.2 + 0.1 * sin(Double($0 * $0) * 0.37))
    }

    /// Of the same sound by NumPy in double precision, as Kaldi computes its bands: frame, and the
    /// logarithms of some bands.
    private static let reference: [(frame: Int, logs: [(band: Int, value: Float)])] = [
        (0, [(0, -9.277), (5, -7.114), (14, -2.251), (30, -1.65), (53, 1.39), (79, 3.011)]),
        (9, [(0, -10.722), (5, -6.943), (14, -4.206), (30, -1.63), (53, 1.296), (79, 3.035)]),
        (15, [(0, -9.226), (5, -6), (14, -3.004), (30, -1.187), (53, 1.602), (79, 3.061)]),
    ]

    private static func logs(_ samples: [Float]) -> [[Float]] {
        var made = [[Float]](repeating: [Float](repeating: 0, count: 80), count: 16)
        let bands = MelBands(80, .kaldi)
        samples.withUnsafeBufferPointer { samples in
            bands.block(samples) { band, one, two in
                for lane in 0..<8 {
                    made[lane][band] = logf(one[lane])
                    made[8 + lane][band] = logf(two[lane])
                }
            }
        }
        return made
    }

    @Test func `Kaldi's bands are Kaldi's`() {
        let made = Self.logs(Self.sound)
        for (frame, logs) in Self.reference {
            for (band, value) in logs {
                #expect(abs(made[frame][band] - value) < 0.02, "band \(band), frame \(frame)")
            }
        }
    }

    @Test func `A constant beside a sound makes no difference to Kaldi's`() {
        let (one, other) = (Self.logs(Self.sound), Self.logs(Self.sound.map { $0 + 0.3 }))
        for (frame, moved) in zip(one, other) {
            for band in 5..<80 { #expect(abs(frame[band] - moved[band]) < 0.02) }
        }
    }
}
