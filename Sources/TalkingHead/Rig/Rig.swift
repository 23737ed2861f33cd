import Glibc

/// A portrait's face as a mesh that can speak. Lengths are centimetres of the mean face, in the
/// frame of the head: x to the image's right, y down, z away.
struct Rig: Sendable {
    /// Full opening of the jaw, radians.
    static let jawOpenMax: Float = 13 * .pi / 180

    /// What of the portrait's gap between its lips is gone while it speaks, and of a smile's width.
    private static let easedGap: Float = 0.82
    private static let easedWidth: Float = 0.12

    /// From the head's frame to the image: landmark ≈ scale · rotation · point + shift.
    let pose: Similarity
    /// The 468 landmarks at rest.
    let rest: [Point3]
    let weights: RigWeights
    /// Middle of the mouth and half of its width.
    let mouth: Point3
    let mouthHalfWidth: Float
    /// How far the portrait's own lips are apart.
    let restGap: Float
    /// Where the jaw turns, and where the head turns.
    private let hinge: Point3
    private let pivot: Point3

    /// - landmarks: 468 or more, in pixels of the image that will be drawn from.
    init(landmarks: [Point3]) {
        let rigid = Landmark.rigid
        pose = Procrustes.fit(
            rigid.map { MeanFace.points[$0] }, onto: rigid.map { landmarks[$0] })
        rest = Rig.unfolded(Array(landmarks.prefix(Landmark.count))).map(pose.undo)
        let lips = Landmark.innerLips
        mouth = (rest[lips.upper] + rest[lips.lower]) * 0.5
        let corners = Landmark.mouthCorners
        mouthHalfWidth = max(abs(rest[corners.right].x - rest[corners.left].x) / 2, 0.5)
        restGap = (rest[lips.upper] - rest[lips.lower]).length
        let ears =
            (pose.undo(landmarks[Landmark.ears.left])
                + pose.undo(landmarks[Landmark.ears.right])) * 0.5
        hinge = Point3(0, ears.y + 0.6, ears.z - 0.6)
        // About the neck in the plane of the ears, so that hair and ears stay still under yaw.
        pivot = Point3(0, rest[Landmark.chin].y + 1.5, ears.z)
        weights = RigWeights(rest: rest, mouth: mouth, mouthHalfWidth: mouthHalfWidth)
    }

    /// Depths so that nothing lies steeply behind its neighbours in the image. A face that looks
    /// aside folds over its own outline; when it turned, what is behind would slide along what is
    /// in front and tear the outline. Places in the image stay as they are.
    private static func unfolded(_ landmarks: [Point3]) -> [Point3] {
        landmarks.map { point in
            let depth = landmarks.reduce(point.z) { depth, other in
                min(depth, other.z + Rig.steepest * (point.plane - other.plane).length)
            }
            return Point3(point.x, point.y, depth)
        }
    }

    /// Depth by distance in the image: the side of a nose is about 1.5.
    private static let steepest: Float = 1.6

    /// From the head's frame to the image's plane.
    func project(_ point: Point3) -> Point2 { pose.apply(point).plane }

    /// A point of the head after it has turned.
    func turned(_ point: Point3, _ turn: Matrix3, _ head: HeadTurn) -> Point3 {
        turn * (point - pivot) + pivot + Point3(head.right, head.down, 0)
    }

    /// The mesh with mouth and brows in place, the head still. Lids are no business of the mesh.
    func deformed(_ expression: Expression) -> [Point3] {
        var points = rest
        moveJawAndLips(expression.mouth, ease: expression.ease, &points)
        if expression.brow != 0 {
            for landmark in Landmark.brows { points[landmark].y -= 0.35 * expression.brow }
        }
        return points
    }

    /// Nobody speaks with the lips of a broad smile: what the jaw does would be lost in their gap.
    private func moveJawAndLips(_ shape: MouthShape, ease: Float, _ points: inout [Point3]) {
        let angle = shape.jaw * Self.jawOpenMax
        let close = max(shape.close, Self.easedGap * ease)
        let narrower = Self.easedWidth * ease * smoothStep(0.3, 1, restGap)
        for index in points.indices {
            let w = weights[index]
            guard w.isMoved else { continue }
            var point = points[index]
            // Closing first: it takes the portrait's own gap away.
            point.y += close * w.close
            let (turn, from) = (angle * w.jaw, point - hinge)
            if turn != 0 {
                let (c, s) = (cosf(turn), sinf(turn))
                point.y = hinge.y + from.y * c - from.z * s
                point.z = hinge.z + from.y * s + from.z * c
            }
            let near = w.nearMouth
            let offset = rest[index] - mouth
            let outward =
                -0.36 * shape.round + 0.16 * shape.stretch * (1 - 0.5 * shape.jaw)
                - narrower
            point.x += offset.x * near * outward
            point.z += near * (-0.55 * shape.round + 0.25 * shape.stretch)
            point.y += near * offset.y * (0.07 * shape.round - 0.06 * shape.stretch)
            point.y -= 0.12 * shape.stretch * abs(offset.x) / mouthHalfWidth * near
            point.y -= 0.30 * shape.upper * w.upperLip
            point.y += (0.32 * shape.lower - 0.34 * shape.tuck) * w.lowerLip
            point.z += 0.3 * shape.tuck * w.lowerLip
            points[index] = point
        }
    }
}
