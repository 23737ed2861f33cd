import Glibc

/// Makes quiet speech as loud as the detector and Whisper know it.
///
/// Both were made for recordings at a usual level: the detector finds nobody in speech 50 dB below
/// full scale, and Whisper's spectrogram has a floor in which it drowns. What is loud enough stays
/// as it is, sample for sample. The gain follows the loudest of the last seconds, half a second at
/// a time, from the beginning of the clip on, so that it is the same however the audio comes.
struct LevelControl: Sendable {
    /// Samples that get one gain: 16 frames of the detector.
    static let stepSamples = 16 * VoiceActivityDetector.frameSamples
    /// Speech whose loudest frames are under this is made louder, up to it.
    static let wanted: Float = -28
    /// Over this the step is made quieter, so that no peak is beyond full scale.
    private static let peakMax: Float = 1
    /// More than this is no recording of speech any more: the noise of 16 bits is at -98 dB.
    private static let gainMax: Float = 56
    /// Decibels that the level is let down by in a step in which it is quieter: a pause of some
    /// seconds changes little, a far speaker after a near one is heard after a few.
    private static let release: Float = 1
    /// Steps after the loudest before that begins: 3 s.
    private static let heldSteps = 6

    private var level: Float = -.infinity
    private var steps = 0
    /// In silence the most: what comes out of it is never louder than it should be, and not later.
    private var gain = gainMax

    /// Changes samples in place; whole steps but at the end.
    mutating func apply(to samples: inout [Float]) {
        samples.withUnsafeMutableBufferPointer { all in
            for start in stride(from: 0, to: all.count, by: Self.stepSamples) {
                let end = min(start + Self.stepSamples, all.count)
                step(UnsafeMutableBufferPointer(rebasing: all[start..<end]))
            }
        }
    }

    private mutating func step(_ samples: UnsafeMutableBufferPointer<Float>) {
        let (loudest, peak) = Self.loudest(UnsafeBufferPointer(samples))
        follow(10 * log10f(loudest))
        let before = gain
        gain = level.isFinite ? min(Self.gainMax, max(0, Self.wanted - level)) : Self.gainMax
        // No sample of a quiet step is beyond full scale: a click stays one.
        let last = factor(gain, peak)
        let first = gain > before ? factor(before, peak) : last
        guard first != 1 || last != 1 else { return }
        let slope = (last - first) / Float(samples.count)
        for index in samples.indices { samples[index] *= first + slope * Float(index) }
    }

    private func factor(_ decibels: Float, _ peak: Float) -> Float {
        min(powf(10, decibels / 20), peak > 0 ? Self.peakMax / peak : 1)
    }

    private mutating func follow(_ decibels: Float) {
        if decibels >= level {
            (level, steps) = (decibels, 0)
        } else {
            steps += 1
            if steps > Self.heldSteps { level = max(decibels, level - Self.release) }
        }
    }

    /// The mean square of the fourth loudest frame, so that no click counts as speech; and the
    /// highest sample.
    private static func loudest(_ samples: UnsafeBufferPointer<Float>) -> (Float, Float) {
        var peak: Float = 0
        var squares: [Float] = []
        for start in stride(
            from: 0, to: samples.count, by: VoiceActivityDetector.frameSamples)
        {
            let end = min(start + VoiceActivityDetector.frameSamples, samples.count)
            // In lanes, so that it becomes vectors.
            var (sums, peaks) = (SIMD8<Float>(), SIMD8<Float>())
            var index = start
            while index + 8 <= end {
                let lanes = UnsafeRawPointer(samples.baseAddress! + index)
                    .loadUnaligned(as: SIMD8<Float>.self)
                sums += lanes * lanes
                peaks.replace(with: lanes, where: lanes .> peaks)
                peaks.replace(with: -lanes, where: -lanes .> peaks)
                index += 8
            }
            var sum = sums.sum()
            peak = max(peak, peaks.max())
            while index < end {
                sum += samples[index] * samples[index]
                peak = max(peak, samples[index].magnitude)
                index += 1
            }
            squares.append(sum / Float(VoiceActivityDetector.frameSamples))
        }
        squares.sort()
        return (squares.dropLast(min(3, squares.count / 4)).last ?? 0, peak)
    }
}
