import EngineAPI
import Glibc

/// Audio at another rate, as it comes, by a windowed sinc of 16 zero crossings a side. What comes
/// out depends on what came in, never on how it was cut.
struct Resampler {
    /// Outputs and inputs that come out even: `up` outputs last as long as `down` inputs.
    private let up: Int
    private let down: Int
    /// Weights a row, a multiple of eight; a row's first weight stands `reach` samples before the
    /// output's place.
    private let taps: Int
    private let reach: Int
    /// One row of weights for each place between two samples that an output can fall on.
    private let rows: [Float]
    /// Samples from `start` on; those before the audio's first are silence.
    private var samples: [Float]
    private var start: Int
    private var made = 0

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
        samples = [Float](repeating: 0, count: reach)
        start = -reach
        guard from != to else {
            rows = []
            return
        }
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

    /// Adds samples; returns those that are now known.
    mutating func add(_ new: [Float]) -> [Float] {
        if rows.isEmpty { return new }
        samples += new
        // The first output whose last weight has no sample yet.
        let places = start + samples.count + reach - taps
        return places < 0 ? [] : make(until: (places * up + up - 1) / down + 1)
    }

    /// No more comes: returns the rest.
    mutating func finish() -> [Float] {
        if rows.isEmpty { return [] }
        let count = ((start + samples.count) * up + down / 2) / down
        samples += [Float](repeating: 0, count: reach + taps)
        return make(until: count)
    }

    private mutating func make(until end: Int) -> [Float] {
        guard end > made else { return [] }
        var out = [Float](repeating: 0, count: end - made)
        let first = start + reach
        samples.withUnsafeBytes { from in
            rows.withUnsafeBytes { weights in
                for index in made..<end {
                    let (place, phase) = (index * down / up - first, index * down % up)
                    var sums = SIMD8<Float>()
                    for tap in stride(from: 0, to: taps, by: 8) {
                        let a = from.loadUnaligned(
                            fromByteOffset: (place + tap) * 4, as: SIMD8<Float>.self)
                        let b = weights.loadUnaligned(
                            fromByteOffset: (phase * taps + tap) * 4, as: SIMD8<Float>.self)
                        sums += a * b
                    }
                    out[index - made] = sums.sum()
                }
            }
        }
        made = end
        let used = min(end * down / up - first, samples.count)
        samples.removeFirst(used)
        start += used
        return out
    }
}
