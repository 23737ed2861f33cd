import Glibc

/// How loud a voice is, 100 times a second: 0 is 35 dB under its own loud parts, 1 is those.
enum Loudness {
    static let rangeDecibels: Float = 35

    /// - samples: 16 000 Hz.
    static func curve(_ samples: [Float]) -> [Float] {
        let hop = MouthEar.hop
        let levels = (0..<samples.count / hop).map { frame in
            let block = samples[frame * hop..<(frame + 1) * hop]
            let power = block.reduce(Float(0)) { $0 + $1 * $1 } / Float(hop)
            return 20 * log10f(power.squareRoot() + 1e-5)
        }
        guard !levels.isEmpty else { return [] }
        let loud = levels.sorted()[min(levels.count * 95 / 100, levels.count - 1)]
        // Under −60 dB there is no voice: noise is not blown up into one.
        let reference = max(loud, -60)
        return levels.map { min(max(($0 - reference + rangeDecibels) / rangeDecibels, 0), 1) }
    }
}
