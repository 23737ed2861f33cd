/// A portrait's face as a mesh that can speak. Lengths are centimetres of the mean face, in the
/// frame of the head: x to the image's right, y down, z away.
struct Rig: Sendable {
    /// From the head's frame to the image: landmark ≈ scale · rotation · point + shift.
    let pose: Similarity
    /// The 468 landmarks at rest.
    private(set) var rest: [Point3]
    let weights: RigWeights
    private let muscles: FacialMuscles
    /// Middle of the mouth and half of its width.
    let mouth: Point3
    let mouthHalfWidth: Float
    /// How far the portrait's own lips are apart.
    let restGap: Float
    /// How the portrait's mouth shuts.
    private(set) var sealed = SealedMouth()
    /// Spectacles before the eyes, and how much of each landmark's own movement is seen: what lies
    /// before it must not bend.
    private(set) var spectacles: Spectacles?
    private var looseness: [Float]?
    /// Where the jaw turns, and where the head turns.
    let hinge: Point3
    let pivot: Point3

    /// - landmarks: 468 or more, in pixels of the image that will be drawn from.
    /// - teethPart: how much of the gap between the portrait's lips shows upper teeth, 0…1.
    init(landmarks: [Point3], teethPart: Float = 0) {
        let rigid = Landmark.rigid
        pose = Procrustes.fit(
            rigid.map { MeanFace.points[$0] }, onto: rigid.map { landmarks[$0] })
        rest = Rig.unfolded(Array(landmarks.prefix(Landmark.count))).map(pose.undo)
        let lips = Landmark.innerLips
        mouth = (rest[lips.upper] + rest[lips.lower]) * 0.5
        let corners = Landmark.mouthCorners
        mouthHalfWidth = max(abs(rest[corners.right].x - rest[corners.left].x) / 2, 0.5)
        restGap = (rest[lips.upper] - rest[lips.lower]).length
        // Where the unfolded face has its ears: the jaw's angles were chosen for that lever.
        let sides = (rest[Landmark.ears.left] + rest[Landmark.ears.right]) * 0.5
        hinge = Point3(0, sides.y + 0.6, sides.z - 0.6)
        // About the neck, a little behind the ears.
        pivot = Point3(0, rest[Landmark.chin].y + 1.5, sides.z + 0.6)
        weights = RigWeights(rest: rest, mouth: mouth, mouthHalfWidth: mouthHalfWidth)
        muscles = FacialMuscles(rest: rest, weights: weights, mouthHalfWidth: mouthHalfWidth)
        sealed = sealing(teethPart: teethPart)
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

    /// The mesh with mouth, cheeks and brows in place, the head still. Blinking is no business of
    /// the mesh.
    func deformed(_ expression: Expression) -> [Point3] {
        var points = rest
        muscles.move(expression.feeling, mouth: expression.mouth, &points)
        moveJawAndLips(expression.mouth, ease: expression.ease, &points)
        if expression.brow != 0 {
            for landmark in Landmark.brows { points[landmark].y -= 0.35 * expression.brow }
        }
        if let looseness {
            for landmark in points.indices where looseness[landmark] < 1 {
                let way = points[landmark] - rest[landmark]
                points[landmark] = rest[landmark] + way * looseness[landmark]
            }
        }
        return points
    }

    /// Spectacles are stiff and nearly flat: with them, what lies around the eyes moves with the
    /// head alone, and as a plane. On the face's own relief they would bend when it turns.
    mutating func holdSpectacles() {
        let spectacles = Spectacles(before: rest)
        let loose = rest.map { spectacles.looseness(at: $0.plane) }
        for landmark in rest.indices where loose[landmark] < 1 {
            let flat = spectacles.depth(at: rest[landmark].plane)
            rest[landmark].z += (flat - rest[landmark].z) * (1 - loose[landmark])
        }
        (self.spectacles, looseness) = (spectacles, loose)
    }
}
