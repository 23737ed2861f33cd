import EngineAPI
import Glibc

extension AudioClip {
    /// The clip at another rate, by a windowed sinc of 16 zero crossings a side.
    func resampled(to rateHz: Int) -> AudioClip {
        guard rateHz != sampleRateHz, !samples.isEmpty else {
            return AudioClip(samples: samples, sampleRateHz: rateHz)
        }
        let filter = PolyphaseFilter(from: sampleRateHz, to: rateHz)
        return AudioClip(samples: filter.apply(samples), sampleRateHz: rateHz)
    }
}

/// One row of weights for each place between two samples that an output can fall on.
private struct PolyphaseFilter {
    /// Outputs and inputs that come out even: `up` outputs last as long as `down` inputs.
    private let up: Int
    private let down: Int
    /// Weights a row, a multiple of eight; a row's first weight stands `reach` samples before the
    /// output's place.
    private let taps: Int
    private let reach: Int
    private let rows: [Float]

    init(from: Int, to: Int) {
        var (a, b) = (from, to)
        while b != 0 { (a, b) = (b, a % b) }
        up = to / a
        down = from / a
        // Pass below the lower of the two Nyquist rates, with room for the filter's slope.
        let cutoff = min(1, Double(to) / Double(from)) * 0.95
        let width = 16 / cutoff
        reach = Int(bounded: width.rounded(.up))
        taps = (2 * reach + 8) / 8 * 8
        var rows: [Float] = []
        rows.reserveCapacity(up * taps)
        for phase in 0..<up {
            let part = Double(phase) / Double(up)
            for tap in 0..<taps {
                let x = Double(tap - reach) - part
                let angle = Double.pi * x * cutoff
                let window = abs(x) < width ? 0.5 + 0.5 * cos(Double.pi * x / width) : 0
                rows.append(Float((angle == 0 ? 1 : sin(angle) / angle) * cutoff * window))
            }
        }
        self.rows = rows
    }

    func apply(_ samples: [Float]) -> [Float] {
        let count = (samples.count * up + down / 2) / down
        let hush = [Float](repeating: 0, count: reach + taps)
        let padded = hush.prefix(reach) + samples + hush
        var made = [Float](repeating: 0, count: count)
        padded.withUnsafeBytes { from in
            rows.withUnsafeBytes { weights in
                for index in 0..<count {
                    let (place, phase) = (index * down / up, index * down % up)
                    var sums = SIMD8<Float>()
                    for tap in stride(from: 0, to: taps, by: 8) {
                        let a = from.loadUnaligned(
                            fromByteOffset: (place + tap) * 4, as: SIMD8<Float>.self)
                        let b = weights.loadUnaligned(
                            fromByteOffset: (phase * taps + tap) * 4, as: SIMD8<Float>.self)
                        sums += a * b
                    }
                    made[index] = sums.sum()
                }
            }
        }
        return made
    }
}
