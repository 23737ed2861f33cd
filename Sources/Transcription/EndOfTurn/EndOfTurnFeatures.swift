import EngineAPI
import Glibc
import SignalProcessing

/// What the net that knows ends of turns hears: Whisper's log-mel spectrogram (80 bands, 100 Hz,
/// windows of 400 samples) of eight seconds brought to mean 0 and variance 1. As Hugging Face's
/// `WhisperFeatureExtractor(chunk_length=8)` with `do_normalize` has it, but in single precision.
/// Used by one thread at a time: it keeps its work space.
final class EndOfTurnFeatures {
    static let rateHz = MelBands.rateHz
    static let bands = 80
    static let frames = 800
    static let samples = frames * MelBands.hop
    private static let powerFloor: Float = 1e-10
    private static let varianceFloor = 1e-7
    /// Nothing is heard that is 80 dB under the loudest.
    private static let rangeDecades: Float = 8

    private let mel = MelBands(bands)

    /// - samples: mono, 16 000 Hz; the last eight seconds count, silence fills what lacks in front.
    /// - Returns: bands × frames, row by row.
    func features(_ samples: [Float]) -> [Float] {
        let padded = Self.padded(samples)
        var made = [Float](repeating: 0, count: Self.bands * Self.frames)
        for first in stride(from: 0, to: Self.frames, by: MelBands.framesPerBlock) {
            addBands(padded, &made, first)
        }
        let loudest = made.max() ?? 0
        for index in made.indices {
            made[index] = (max(made[index], loudest - Self.rangeDecades) + 4) / 4
        }
        return made
    }

    /// Eight seconds of mean 0 and variance 1, half a window mirrored on either side.
    private static func padded(_ samples: [Float]) -> [Float] {
        let tail = samples.suffix(Self.samples)
        var (sum, squares) = (0.0, 0.0)
        for sample in tail {
            sum += Double(sample)
            squares += Double(sample) * Double(sample)
        }
        let mean = sum / Double(Self.samples)
        let variance = max(squares / Double(Self.samples) - mean * mean, 0)
        let gain = 1 / (variance + varianceFloor).squareRoot()
        let half = MelBands.window / 2
        var made = [Float](
            repeating: Float(-mean * gain), count: Self.samples + MelBands.window)
        var at = half + Self.samples - tail.count
        for sample in tail {
            made[at] = Float((Double(sample) - mean) * gain)
            at += 1
        }
        for distance in 1...half {
            made[half - distance] = made[half + distance]
            made[half + Self.samples - 1 + distance] = made[half + Self.samples - 1 - distance]
        }
        return made
    }

    private func addBands(_ padded: [Float], _ made: inout [Float], _ first: Int) {
        padded.withUnsafeBufferPointer { padded in
            mel.block(UnsafeBufferPointer(rebasing: padded[(first * MelBands.hop)...])) {
                band, one, two in
                let row = band * Self.frames + first
                for lane in 0..<8 {
                    made[row + lane] = log10f(max(one[lane], Self.powerFloor))
                    made[row + 8 + lane] = log10f(max(two[lane], Self.powerFloor))
                }
            }
        }
    }
}
