import EngineAPI
import Glibc

/// The tone that stands in place of a word that is not to be heard.
enum Bleep {
    /// As broadcasters have it: 1 kHz, some 6 dB below the voice's peaks.
    private static let hertz = 1000.0
    private static let amplitude: Float = 0.15
    private static let rampSeconds = 0.01

    /// Silences each stretch and lays the tone over it; a stretch grows by the ramps, so that
    /// nothing of the word is left at its edges.
    static func apply(_ stretches: [Range<Double>], to samples: inout [Float], sampleRateHz: Int) {
        let rate = Double(sampleRateHz)
        for stretch in stretches {
            let start = min(
                max(0, Int(bounded: (stretch.lowerBound - rampSeconds) * rate)), samples.count)
            let end = min(
                max(start, Int(bounded: (stretch.upperBound + rampSeconds) * rate)), samples.count)
            let ramp = Float(rampSeconds * rate)
            for index in start..<end {
                let edge = min(Float(min(index - start, end - 1 - index)) / ramp, 1)
                let tone = Float(sin(2 * .pi * hertz * Double(index - start) / rate))
                samples[index] = samples[index] * (1 - edge) + tone * amplitude * edge
            }
        }
    }
}
