import EngineAPI
import Glibc

/// The draws of a video: its blinks first, then 64 normal numbers for each stretch of the head's
/// motion, so that a seed gives the same video.
struct MotionNoise {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// 0…1, without 1.
    private mutating func unit() -> Double { Double(generator.next() >> 11) / 0x1p53 }

    private mutating func below(_ bound: Int) -> Int { Int(bounded: unit() * Double(bound)) }

    /// Box and Muller's, in pairs.
    mutating func normals(_ count: Int) -> [Float] {
        var made: [Float] = []
        while made.count < count {
            let radius = (-2 * log(1 - unit())).squareRoot()
            let turn = 2 * Double.pi * unit()
            made += [Float(radius * cos(turn)), Float(radius * sin(turn))]
        }
        return Array(made.prefix(count))
    }

    private static let blink: [Float] = [0.5, 0.9, 1, 0.9, 0.5]
    /// Frames between two blinks. A video that is hardly longer than one has none.
    private static let pauseMin = 10
    private static let pauseMax = 70
    private static let framesMin = 20

    /// How far the eyes are shut in each frame, 0…1.
    mutating func blinks(frames: Int) -> [Float] {
        var track = [Float](repeating: 0, count: frames)
        let longest = min(frames / 2, Self.pauseMax)
        guard frames > Self.framesMin, longest > Self.pauseMin else { return track }
        var at = Self.pauseMin + below(longest - Self.pauseMin)
        while at + Self.blink.count <= frames - 1 {
            track.replaceSubrange(at..<at + Self.blink.count, with: Self.blink)
            at += Self.blink.count + Self.pauseMin + below(longest - Self.pauseMin)
        }
        return track
    }
}
