import EngineAPI
import Glibc

/// How loud a clip is, a hundred times a second: where a sound begins and ends is told closer by
/// this than by when words are said.
struct SoundLevels: Sendable {
    /// 10 ms.
    static let hop = 160
    /// Levels are kept in half decibels above the quietest: what 16 bits round away.
    private static let quietest: Float = -100
    /// Sound is within 35 dB of the loudest around it, and 3 dB above the quietest, which noise
    /// that lasts hardly ever is.
    private static let belowLoud = 70
    private static let aboveQuiet = 6
    /// What is around: so many frames on either side.
    private static let loudReach = 350
    private static let quietReach = 750
    /// A pause that is shorter belongs to the sound, a sound that is shorter is none.
    private static let pauseMin = 20
    private static let soundMin = 5
    /// Frames that are judged by the same surroundings.
    private static let blockFrames = 100
    /// A level is that of so many frames, its own in the middle: no click counts.
    private static let smoothFrames = 5

    /// Of each frame from the clip's beginning on.
    private var levels: [UInt8] = []
    /// The power of the last frames, and of the beginning of the next.
    private var recent: [Float] = []
    private var sum: Float = 0
    private var summed = 0

    /// What comes next in the clip.
    mutating func add(_ samples: [Float]) {
        samples.withUnsafeBufferPointer { samples in
            var at = 0
            while at < samples.count {
                let end = min(samples.count, at + Self.hop - summed)
                sum = samples[at..<end].reduce(sum) { $0 + $1 * $1 }
                summed += end - at
                at = end
                if summed == Self.hop { endFrame() }
            }
        }
    }

    private mutating func endFrame() {
        if recent.count == Self.smoothFrames { recent.removeFirst() }
        recent.append(sum / Float(Self.hop))
        (sum, summed) = (0, 0)
        guard recent.count > Self.smoothFrames / 2 else { return }
        levels.append(Self.level(recent.reduce(0, +) / Float(recent.count)))
    }

    private static func level(_ power: Float) -> UInt8 {
        let decibels = 10 * log10f(max(power, 1e-10))
        return UInt8(clamping: Int(bounded: Double(2 * (decibels - quietest))))
    }

    /// Stretches of sound, in frames, in order.
    var sounds: [Range<Int>] {
        var sounds: [Range<Int>] = []
        for block in stride(from: 0, to: levels.count, by: Self.blockFrames) {
            let frames = block..<min(block + Self.blockFrames, levels.count)
            let threshold = threshold(around: frames)
            for frame in frames where Int(levels[frame]) > threshold {
                if let last = sounds.indices.last, frame - sounds[last].upperBound < Self.pauseMin {
                    sounds[last] = sounds[last].lowerBound..<frame + 1
                } else {
                    sounds.append(frame..<frame + 1)
                }
            }
        }
        return sounds.filter { $0.count >= Self.soundMin }
    }

    private func threshold(around frames: Range<Int>) -> Int {
        func around(_ reach: Int) -> ArraySlice<UInt8> {
            levels[max(0, frames.lowerBound - reach)..<min(levels.count, frames.upperBound + reach)]
        }
        return max(
            Self.quantile(around(Self.loudReach), 0.95) - Self.belowLoud,
            Self.quantile(around(Self.quietReach), 0.05) + Self.aboveQuiet)
    }

    /// The level that such a share of them does not exceed.
    private static func quantile(_ levels: ArraySlice<UInt8>, _ share: Double) -> Int {
        var counts = [Int](repeating: 0, count: 256)
        for level in levels { counts[Int(level)] += 1 }
        var rest = Int(bounded: share * Double(levels.count))
        for (level, count) in counts.enumerated() {
            rest -= count
            if rest < 0 { return level }
        }
        return 255
    }

    /// The quietest of some frames, the first of equals; nil where none of them is known.
    func quietest(of frames: Range<Int>) -> Int? {
        frames.clamped(to: levels.indices).min { levels[$0] < levels[$1] }
    }
}
