import EngineAPI
import Glibc

/// How far a portrait's head may turn without showing what the portrait does not.
struct HeadLimits: Sendable, Equatable {
    /// Radians, towards the image's left and right.
    var left = front
    var right = front
    /// Of all motion, 0…1.
    var share: Float = 1
    /// No face is turned further down or up, or leans more.
    static let pitch: Float = 6 * .pi / 180
    static let roll: Float = 6 * .pi / 180

    /// A face that looks at the viewer.
    private static let front: Float = 9 * .pi / 180
    /// Of a face that looks aside less is seen to change by as much of a turn: between these it
    /// turns more and more, but less towards the viewer, who does not see one of its cheeks.
    private static let aside: (from: Float, to: Float) = (8 * .pi / 180, 40 * .pi / 180)
    private static let away: Float = 14 * .pi / 180
    private static let back: Float = 13 * .pi / 180
    /// From here on the far cheek and the far corner of the mouth are hidden.
    private static let farAside: Float = 42 * .pi / 180
    /// Where nobody knows what is head and what is background.
    private static let undividedShare: Float = 0.4

    init() {}

    /// - isDivided: whether the person is told from the background.
    /// - calm: of all motion, where something is before the face.
    init(_ rig: Rig, isDivided: Bool, calm: Float = 1) {
        let turn = Self.turn(of: rig)
        let part = smoothStep(Self.aside.from, Self.aside.to, abs(turn))
        let away = Self.front + (Self.away - Self.front) * part
        let back = Self.front + (Self.back - Self.front) * part
        (left, right) = turn > 0 ? (away, back) : (back, away)
        share = calm
        if !isDivided { share *= Self.undividedShare }
    }

    /// Radians by which the portrait's face looks to the image's left or right.
    private static func turn(of rig: Rig) -> Float {
        let axis = rig.pose.rotation.columns.2
        return atan2f(axis.x, axis.z)
    }

    /// Whether half of the portrait's face is hardly seen.
    static func isFarAside(_ rig: Rig) -> Bool { abs(turn(of: rig)) > farAside }

    /// How much wider than a face that looks at the viewer this one turns.
    var wider: Float { (left + right) / (2 * Self.front) }

    /// Bends a turn towards its limit, late: most of what is safe is used.
    func bounded(yaw: Float) -> Float {
        let part = yaw / (yaw > 0 ? left : right)
        let square = part * part
        return yaw / (1 + square * square).squareRoot().squareRoot()
    }

    /// Turns a head as a path says, as far as it may turn.
    func follow(_ path: AnimationOptions.HeadPath, at place: Double, _ head: inout HeadTurn) {
        if let yaw = Self.turn(path.yaw, at: place) {
            head.yaw = min(max(yaw, -right * share), left * share)
        }
        if let pitch = Self.turn(path.pitch, at: place) {
            head.pitch = min(max(pitch, -Self.pitch * share), Self.pitch * share)
        }
        if let roll = Self.turn(path.roll, at: place) {
            head.roll = min(max(roll, -Self.roll * share), Self.roll * share)
        }
    }

    /// Turns a head as a video's is turned, bent softly towards where it may not turn further.
    /// - weight: how much of it, 0…1.
    func follow(
        _ motion: ReferenceMotion, at seconds: Double, weight: Float, _ head: inout HeadTurn
    ) {
        func radians(_ column: Int) -> Float {
            Float(motion.swaying(at: seconds, column: column)) * .pi / 180
        }
        head = HeadTurn(
            yaw: bounded(yaw: radians(0)) * weight, pitch: soft(radians(1), Self.pitch) * weight,
            roll: soft(radians(2), Self.roll) * weight)
    }

    /// Whether a video's head goes further than this one may turn.
    func cuts(_ motion: ReferenceMotion) -> Bool {
        (0..<motion.rows).contains { row in
            func radians(_ column: Int) -> Float { Float(motion[row, column]) * .pi / 180 }
            return radians(0) > left || radians(0) < -right || abs(radians(1)) > Self.pitch
                || abs(radians(2)) > Self.roll
        }
    }

    /// Whether a path goes further than the head may turn.
    func cuts(_ path: AnimationOptions.HeadPath) -> Bool {
        func radians(_ turns: [Double]) -> [Float] { turns.map { Float($0) * .pi / 180 } }
        return radians(path.yaw).contains { $0 > left * share || $0 < -right * share }
            || radians(path.pitch).contains { abs($0) > Self.pitch * share }
            || radians(path.roll).contains { abs($0) > Self.roll * share }
    }

    /// Radians at a place between the first turn and the last; nil without any.
    private static func turn(_ degrees: [Double], at place: Double) -> Float? {
        guard let last = degrees.last else { return nil }
        let at = place * Double(degrees.count - 1)
        let index = Int(bounded: at)
        guard index + 1 < degrees.count else { return Float(last) * .pi / 180 }
        let part = at - Double(index)
        return Float(degrees[index] * (1 - part) + degrees[index + 1] * part) * .pi / 180
    }
}
