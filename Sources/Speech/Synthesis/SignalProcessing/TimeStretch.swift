import EngineAPI
import SignalProcessing

/// Makes audio longer or shorter without moving its pitch: windows of 25 ms are laid at half their
/// width, each taken from where it goes on best from the last (waveform similarity overlap-add).
/// Source: Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA)
/// for high quality time-scale modification of speech", ICASSP 1993.
struct TimeStretch: Sendable {
    /// Half a window: 12.5 ms, a period of 80 Hz.
    private let hop: Int
    /// Samples to both sides within which a window is looked for: a period of 50 Hz in all.
    private let reach: Int
    /// The rising half of a Hann window; with its mirror image it sums to 1.
    private let rise: [Float]

    /// Every fourth place is tried first, then those beside the best.
    private static let stride = 4

    init(sampleRateHz: Int) {
        hop = max(16, sampleRateHz / 80 / 8 * 8)
        reach = max(16, sampleRateHz / 100)
        let count = Float(hop)
        rise = (0..<hop).map { index in
            // sin² by its double angle, from the same polynomial as the rest of the signal chain.
            let turns = Lanes(repeating: (Float(index) + 0.5) / count * 0.5)
            return 0.5 - 0.5 * SIMDMath.sineCosine(turns: turns).cosine[0]
        }
    }

    /// `count` samples that say what `audio` says. Time grows with the longer of both.
    func stretched(_ audio: [Float], to count: Int) -> [Float] {
        guard count > 0, !audio.isEmpty, count != audio.count else {
            return count > 0 && !audio.isEmpty ? audio : [Float](repeating: 0, count: max(0, count))
        }
        let ratio = Double(audio.count) / Double(count)
        // Window k is centred on sample k · hop of the result; silence lies around the audio.
        let front = hop + reach
        var source = [Float](repeating: 0, count: front + audio.count + 2 * hop + 2 * reach + 8)
        source.replaceSubrange(front..<front + audio.count, with: audio)
        var out = [Float](repeating: 0, count: count + 2 * hop)
        source.withUnsafeBufferPointer { source in
            out.withUnsafeMutableBufferPointer { out in
                var last: Int?
                for at in Swift.stride(from: 0, through: count + hop - 1, by: hop) {
                    let middle = min(Double(at) * ratio, Double(audio.count))
                    let wanted = front - hop + Int(bounded: middle.rounded())
                    let start = last.map { best(source, near: wanted, like: $0 + hop) } ?? wanted
                    lay(source, start, into: out, at)
                    last = start
                }
            }
        }
        return Array(out[hop..<hop + count])
    }

    private typealias Samples = UnsafeBufferPointer<Float>

    /// Adds the window that begins at `start`; `out` begins a hop before the result.
    private func lay(
        _ source: Samples, _ start: Int, into out: UnsafeMutableBufferPointer<Float>, _ at: Int
    ) {
        let isSecondInside = at + 2 * hop <= out.count
        for index in 0..<hop where at + index < out.count {
            out[at + index] += source[start + index] * rise[index]
        }
        guard isSecondInside else { return }
        for index in 0..<hop {
            out[at + hop + index] += source[start + hop + index] * rise[hop - 1 - index]
        }
    }

    /// The place near `wanted` whose samples are most like those at `model`.
    private func best(_ source: Samples, near wanted: Int, like model: Int) -> Int {
        let low = max(0, wanted - reach)
        let high = min(source.count - 2 * hop, wanted + reach)
        let model = min(max(model, 0), source.count - hop)
        guard low < high, likeness(source, model, model) > 1e-6 else {
            return min(max(wanted, 0), source.count - 2 * hop)
        }
        var (found, most) = (min(max(wanted, low), high), -Float.infinity)
        func consider(_ place: Int) {
            let energy = likeness(source, place, place)
            let value = likeness(source, place, model) / (energy + 1e-6).squareRoot()
            if value > most { (found, most) = (place, value) }
        }
        for place in Swift.stride(from: low, through: high, by: TimeStretch.stride) {
            consider(place)
        }
        let middle = found
        for place in max(low, middle - 3)...min(high, middle + 3) where place != middle {
            consider(place)
        }
        return found
    }

    /// Sum of products of two stretches of a hop.
    @inline(__always)
    private func likeness(_ source: Samples, _ first: Int, _ second: Int) -> Float {
        let base = UnsafeRawPointer(source.baseAddress!)
        let (a, b) = (base + 4 * first, base + 4 * second)
        var (even, odd) = (Lanes(), Lanes())
        for byte in Swift.stride(from: 0, to: 4 * hop, by: 64) {
            even +=
                a.loadUnaligned(fromByteOffset: byte, as: Lanes.self)
                * b.loadUnaligned(fromByteOffset: byte, as: Lanes.self)
            guard byte + 32 < 4 * hop else { break }
            odd +=
                a.loadUnaligned(fromByteOffset: byte + 32, as: Lanes.self)
                * b.loadUnaligned(fromByteOffset: byte + 32, as: Lanes.self)
        }
        return (even + odd).sum()
    }
}
