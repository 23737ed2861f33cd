import Glibc

/// How loud a voice is, 100 times a second: 0 is 35 dB under its own loud parts, 1 is those.
enum Loudness {
    static let rangeDecibels: Float = 35

    /// - samples: 16 000 Hz.
    static func curve(_ samples: [Float]) -> [Float] {
        var meter = Meter()
        meter.hear(samples)
        return meter.curve
    }

    /// Levels of audio as it comes.
    struct Meter {
        /// Decibels of each hop.
        private var levels: [Float] = []
        /// Fewer than a hop's.
        private var rest: [Float] = []

        mutating func hear(_ samples: [Float]) {
            let hop = LogMelFrontend.hop
            let all = rest + samples
            for frame in 0..<all.count / hop {
                let block = all[frame * hop..<(frame + 1) * hop]
                let power = block.reduce(Float(0)) { $0 + $1 * $1 } / Float(hop)
                levels.append(20 * log10f(power.squareRoot() + 1e-5))
            }
            rest = Array(all.suffix(all.count % hop))
        }

        /// Of all that was heard.
        var curve: [Float] {
            guard !levels.isEmpty else { return [] }
            let loud = levels.sorted()[min(levels.count * 95 / 100, levels.count - 1)]
            // Under −60 dB there is no voice: noise is not blown up into one.
            let reference = max(loud, -60)
            return levels.map { min(max(($0 - reference + rangeDecibels) / rangeDecibels, 0), 1) }
        }
    }
}
