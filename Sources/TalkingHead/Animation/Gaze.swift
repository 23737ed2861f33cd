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

    /// The way that keeps most of the look on the viewer while the head turns.
    static func held(against yaw: Float) -> Float { 0.7 * radius * sinf(yaw) }
}

/// One eye's iris and the white beside it, which gives way when the iris moves. Pixels of the
/// portrait.
struct GazeShift: Sendable {
    private let iris: Point2
    /// From the left corner of the eye to the right one, one pixel long.
    private let axis: Point2
    private let irisRadius: Float
    /// White between the iris and each corner.
    private let roomLeft: Float
    private let roomRight: Float

    /// - points: 478 landmarks; without the irises' the eye never turns.
    init(_ eye: Landmark.Eye, points: [Point2]) {
        let ends = [points[eye.upper[0]], points[eye.upper[eye.upper.count - 1]]]
            .sorted { $0.x < $1.x }
        let across = ends[1] - ends[0]
        axis = across / max(across.length, 1)
        let marks =
            eye.upper[0] == Landmark.leftEye.upper[0]
            ? AttentionMeshOutputs.leftIris : AttentionMeshOutputs.rightIris
        guard points.count >= Landmark.countWithIrises else {
            (iris, irisRadius, roomLeft, roomRight) = (ends[0], 0, 0, 0)
            return
        }
        let centre = points[marks[0]]
        let radius = marks.dropFirst().reduce(0) { $0 + (points[$1] - centre).length } / 4
        iris = centre
        irisRadius = radius
        let (left, right) = (((centre - ends[0]) * axis).sum(), ((ends[1] - centre) * axis).sum())
        roomLeft = left - radius
        roomRight = right - radius
    }

    /// What of a way is possible: the white must neither fold nor vanish.
    private func bounded(_ way: Float) -> Float {
        let most = 0.5 * max(min(roomLeft, roomRight), 0)
        return min(max(way, -most), most)
    }

    /// Whether a way of so many pixels is to be seen.
    func reaches(_ way: Float) -> Bool { abs(bounded(way)) > 0.05 }

    /// Where a place's colour comes from when the iris has gone `way` pixels to the right.
    func source(_ at: Point2, _ way: Float) -> Point2 {
        let way = bounded(way)
        guard way != 0 else { return at }
        let from = ((at - iris) * axis).sum()
        let room = from < 0 ? roomLeft : roomRight
        return at - axis * (way * (1 - smoothStep(0, room, abs(from) - irisRadius)))
    }
}
