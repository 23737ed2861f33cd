import EngineAPI
import Glibc

/// How loud a voice is, 100 times a second, as it comes: 0 is 35 dB under its own loud parts so
/// far, 1 is those. What comes later changes nothing of what was told before.
struct LoudnessMeter {
    private static let rangeDecibels: Float = 35
    /// Under this there is no voice: noise is not blown up into one.
    private static let floorDecibels: Float = -60
    /// The share of frames with a voice that are not its loud parts.
    private static let quietShare: Float = 0.95
    /// Loud parts fade from memory within half a minute, 100 frames a second.
    private static let keep = expf(-1 / 3_000)
    /// Before a voice was heard: as many frames as half a second's are outweighed by, and about as
    /// loud as a quiet recording's.
    private static let priorFrames: Float = 3
    private static let priorDecibels = -30

    /// Frames of one decibel each, from the floor up.
    private var frames = [Float](repeating: 0, count: 64)
    private var total: Float
    /// Fewer samples than a hop's.
    private var rest: [Float] = []

    init() {
        frames[Self.priorDecibels - Int(bounded: Self.floorDecibels)] = Self.priorFrames
        total = Self.priorFrames
    }

    /// What comes next begins a hop: the rest of one is dropped.
    mutating func beginHop() { rest = [] }

    /// - samples: the next ones, 16 000 Hz.
    /// - Returns: the loudness of each whole hop.
    mutating func add(_ samples: [Float]) -> [Float] {
        let hop = LogMelFrontend.hop
        let all = rest + samples
        let count = all.count / hop
        rest = Array(all.suffix(all.count % hop))
        return (0..<count).map { frame in
            let block = all[frame * hop..<(frame + 1) * hop]
            let power = block.reduce(Float(0)) { $0 + $1 * $1 } / Float(hop)
            return loudness(20 * log10f(power.squareRoot() + 1e-5))
        }
    }

    private mutating func loudness(_ level: Float) -> Float {
        let above = level - Self.floorDecibels
        if above > 0 {
            for bin in frames.indices { frames[bin] *= Self.keep }
            frames[min(Int(bounded: above), frames.count - 1)] += 1
            total = total * Self.keep + 1
        }
        let reference = Self.floorDecibels + loudPart
        return min(max((level - reference + Self.rangeDecibels) / Self.rangeDecibels, 0), 1)
    }

    /// Decibels over the floor that all but the loud parts stay under.
    private var loudPart: Float {
        var left = total * (1 - Self.quietShare)
        for bin in frames.indices.reversed() {
            if frames[bin] > left, frames[bin] > 0 { return Float(bin + 1) - left / frames[bin] }
            left -= frames[bin]
        }
        return 0
    }
}
