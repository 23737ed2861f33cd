import EngineAPI
import Glibc

extension AudioClip {
    /// The clip at another rate, by a windowed sinc of 16 zero crossings a side.
    func resampled(to rateHz: Int) -> AudioClip {
        guard rateHz != sampleRateHz, !samples.isEmpty else {
            return AudioClip(samples: samples, sampleRateHz: rateHz)
        }
        let step = Double(sampleRateHz) / Double(rateHz)
        // Pass below the lower of the two Nyquist rates, with room for the filter's slope.
        let cutoff = min(1, 1 / step) * 0.95
        let reach = 16 / cutoff
        let count = Int((Double(samples.count) / step).rounded())
        // The kernel, 512 steps a sample, linear between.
        let table = (0...Int(reach.rounded(.up) + 1) * 512).map { index -> Float in
            let x = Double(index) / 512
            guard x < reach else { return 0 }
            let angle = Double.pi * x * cutoff
            let window = 0.5 + 0.5 * cos(Double.pi * x / reach)
            return Float((x == 0 ? 1 : sin(angle) / angle) * cutoff * window)
        }
        var made = [Float](repeating: 0, count: count)
        samples.withUnsafeBufferPointer { from in
            for index in 0..<count {
                let centre = Double(index) * step
                let first = max(Int((centre - reach).rounded(.up)), 0)
                let last = min(Int(centre + reach), from.count - 1)
                var sum: Float = 0
                for at in first...max(first, last) where at < from.count {
                    let place = Float(abs(Double(at) - centre) * 512)
                    let low = Int(place)
                    let weight = table[low] + (table[low + 1] - table[low]) * (place - Float(low))
                    sum += from[at] * weight
                }
                made[index] = sum
            }
        }
        return AudioClip(samples: made, sampleRateHz: rateHz)
    }
}
