import Glibc

/// Spectacles before a face: a plane in the head's frame, as far around the eyes as frames reach.
struct Spectacles: Sendable {
    /// How far from the middle of an eye its frame reaches, aside and up or down, centimetres.
    private static let reach = Point2(3.4, 2.8)

    private let eyes: [Point2]
    /// The plane: a point of it, and how its depth grows aside and down.
    private let middle: Point3
    private let slope: Point2

    /// - rest: the face's landmarks, the head's frame.
    init(before rest: [Point3]) {
        eyes = [Landmark.leftEye, Landmark.rightEye].map { eye in
            (rest[eye.upper[0]] + rest[eye.upper[8]]).plane * 0.5
        }
        let eyes = eyes
        let held = rest.filter { Self.looseness(at: $0.plane, eyes) < 0.1 }
        (middle, slope) = Self.plane(through: held)
    }

    /// 0 where the frame is stiff, 1 where the face moves as ever.
    func looseness(at place: Point2) -> Float { Self.looseness(at: place, eyes) }

    private static func looseness(at place: Point2, _ eyes: [Point2]) -> Float {
        let away = eyes.map { eye in
            let from = (place - eye) / reach
            return (from * from).sum().squareRoot()
        }
        return smoothStep(1, 1.45, away.min() ?? 2)
    }

    /// The plane's depth at a place of the head.
    func depth(at place: Point2) -> Float {
        middle.z + ((place - middle.plane) * slope).sum()
    }

    /// Where the line through two points meets the plane: the part of the way from the first to the
    /// second, which may lie beyond both; nil where it hardly does.
    func meeting(_ from: Point3, _ to: Point3) -> Float? {
        let before = from.z - depth(at: from.plane)
        let after = to.z - depth(at: to.plane)
        guard abs(before - after) > 1e-3 else { return nil }
        return before / (before - after)
    }

    /// The plane that is nearest to some points; a level one where they say nothing of its slope.
    private static func plane(through points: [Point3]) -> (middle: Point3, slope: Point2) {
        let middle = points.reduce(Point3(), +) / Float(max(points.count, 1))
        var (xx, xy, yy, xz, yz): (Float, Float, Float, Float, Float) = (0, 0, 0, 0, 0)
        for point in points {
            let d = point - middle
            (xx, xy, yy) = (xx + d.x * d.x, xy + d.x * d.y, yy + d.y * d.y)
            (xz, yz) = (xz + d.x * d.z, yz + d.y * d.z)
        }
        let determinant = xx * yy - xy * xy
        guard determinant > 1e-3 else { return (middle, Point2()) }
        return (
            middle,
            Point2((xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant)
        )
    }
}
