import EngineAPI
import Glibc

/// Brings a clause of one voice to the rate of the speech that it is part of.
enum Resampler {
    /// Zero crossings of the filter to each side.
    private static let crossings = 16
    /// Filters between two samples; a place is taken to the nearest.
    private static let phases = 256

    /// A windowed sinc (Hann), cut below half of the lower rate.
    static func resampled(_ samples: [Float], from: Int, to: Int) -> [Float] {
        guard from != to, from > 0, to > 0, !samples.isEmpty else { return samples }
        let ratio = Double(from) / Double(to)
        let cutoff = min(1, 1 / ratio)
        let half = Int(bounded: (Double(crossings) / cutoff).rounded(.up))
        let taps = 2 * half
        var table = [Float](repeating: 0, count: (phases + 1) * taps)
        for phase in 0...phases {
            let offset = Double(phase) / Double(phases)
            for tap in 0..<taps {
                let x = Double(tap - half + 1) - offset
                let window = 0.5 + 0.5 * cos(.pi * max(-1, min(1, x / Double(half))))
                let angle = .pi * x * cutoff
                let sinc = abs(angle) < 1e-9 ? 1 : sin(angle) / angle
                table[phase * taps + tap] = Float(cutoff * sinc * window)
            }
        }
        let count = Int(bounded: (Double(samples.count) / ratio).rounded())
        return (0..<count).map { index in
            let place = Double(index) * ratio
            let whole = Int(bounded: place.rounded(.down))
            let phase = Int(bounded: ((place - Double(whole)) * Double(phases)).rounded())
            var sum: Float = 0
            let first = whole - half + 1
            for tap in max(0, -first)..<max(max(0, -first), min(taps, samples.count - first)) {
                sum += samples[first + tap] * table[phase * taps + tap]
            }
            return sum
        }
    }
}
