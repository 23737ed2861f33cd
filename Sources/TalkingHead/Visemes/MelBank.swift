import EngineAPI
import Glibc
import Media

/// Triangles over the bins of a `PowerSpectrum`: one band from each edge to the next but one.
struct MelBank: Sendable {
    /// Per band: its first bin and weights.
    private let rows: [(first: Int, weights: [Float])]

    /// - edges: Hz, ascending, two more than bands.
    /// - gain: what a band is multiplied by, given its ends in Hz.
    init(edges: [Double], rateHz: Int, gain: (Double, Double) -> Double) {
        let perBin = Double(rateHz) / Double(PowerSpectrum.size)
        rows = (0..<edges.count - 2).map { band in
            let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
            let first = Int(bounded: (left / perBin).rounded(.up))
            let last = min(Int(bounded: (right / perBin).rounded(.down)), PowerSpectrum.bins - 1)
            let weights = (first...max(first, last)).map { bin in
                let at = Double(bin) * perBin
                let height = min((at - left) / (centre - left), (right - at) / (right - centre))
                return Float(max(height, 0) * gain(left, right))
            }
            return (first, weights)
        }
    }

    /// Calls `body` with each band's power, lowest first.
    func eachBand(of powers: [Float], _ body: (Float) -> Void) {
        for (first, weights) in rows {
            var sum: Float = 0
            for (index, weight) in weights.enumerated() { sum += powers[first + index] * weight }
            body(sum)
        }
    }
}
