import EngineAPI
import Glibc

/// Where the eyes look: they rest, dart a little aside, come back, and hold on to the viewer while
/// the head turns.
struct Gaze {
    /// Centimetres that an iris goes aside at most: about 5° of an eyeball's turn.
    private static let farthest: Float = 0.1
    /// A saccade of that size takes about 40 ms.
    private static let dartSeconds: Float = 0.04
    /// Radius of an eyeball, centimetres.
    private static let radius: Float = 1.2

    private var generator: SeededGenerator
    private var (from, to): (Float, Float) = (0, 0)
    private var start: Float
    private var next: Float

    init(_ generator: SeededGenerator) {
        self.generator = generator
        start = self.generator.uniform(0.5, 1.5)
        next = start
    }

    /// The irises' way.
    /// - seconds: no less than in the call before.
    mutating func way(at seconds: Float) -> Float {
        // More than one where nobody asked for a while.
        while seconds >= next {
            (from, start) = (to, next)
            let (isBack, aim) = (generator.uniform(0, 1) < 0.5, generator.uniform(-1, 1))
            to = isBack && from != 0 ? 0 : aim * Self.farthest
            next += generator.uniform(0.3, 1.3) + generator.uniform(0.2, 1.3)
        }
        return from + (to - from) * smoothStep(0, Self.dartSeconds, seconds - start)
    }

    /// The way that keeps most of the look on the viewer while the head turns: to the image's right
    /// and down.
    static func held(against head: HeadTurn) -> Point2 {
        0.7 * radius * Point2(sinf(head.yaw), -sinf(head.pitch))
    }
}
