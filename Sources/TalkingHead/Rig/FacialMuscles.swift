import Glibc

/// What moves in a face beside the jaw and the lips: how far each landmark goes, centimetres, when
/// a group of muscles pulls in full. Groups and their pull follow the action units of the Facial
/// Action Coding System (Ekman and Friesen, 1978).
struct FacialMuscles: Sendable {
    /// Corners of the mouth up and apart (unit 12).
    private let corners: [Point3]
    /// Cheeks up and forward (unit 6).
    private let cheeks: [Point3]
    /// Lower lids up (unit 7).
    private let lowerLids: [Point3]
    /// Inner ends of the brows down and together (unit 4).
    private let innerBrows: [Point3]
    /// Brows up (units 1 and 2).
    private let brows: [Point3]
    /// Upper lids up (unit 5).
    private let upperLids: [Point3]

    /// A mouth that is drawn apart lifts the cheeks and the lower lids by so much of a smile's way.
    private static let cheekOfStretch: Float = 0.30
    private static let lidOfStretch: Float = 0.25
    /// Of a serious face: corners go down by this part of a smile's way up, brows by this of
    /// surprise's.
    private static let seriousCorners: Float = -0.30
    private static let seriousBrows: Float = -0.14

    /// - weights: of the mouth's movements: where a lip's point lies along the mouth.
    init(rest: [Point3], weights: RigWeights, mouthHalfWidth: Float) {
        let corner = Landmark.mouthCorners
        // A mouth that smiles already has less way left.
        let mean = MeanFace.points
        let meanWidth = (mean[corner.right].x - mean[corner.left].x) / 2
        let room = 1 - 0.75 * smoothStep(1.05, 1.3, mouthHalfWidth / meanWidth)
        /// The sum of what both sides pull, less and less away from a side's middle.
        func pull(_ left: [Int], _ right: [Int], reach: Float, _ way: Point3) -> [Point3] {
            let middles = [(left, Float(-1)), (right, Float(1))].map { side, sign in
                (
                    middle: side.reduce(Point2()) { $0 + rest[$1].plane } / Float(side.count),
                    way: Point3(way.x * sign, way.y, way.z)
                )
            }
            return rest.map { point in
                middles.reduce(Point3()) { sum, side in
                    let away = (point.plane - side.middle).length / reach
                    return sum + side.way * expf(-away * away)
                }
            }
        }
        let smile = Point3(0.26, -0.30, 0.12) * room
        var corners = pull([corner.left], [corner.right], reach: 1.15, smile)
        for lip in Landmark.upperLip + Landmark.lowerLip {
            for (column, landmark) in lip.enumerated() {
                let part = smoothStep(0.30, 1.05, weights[landmark].side)
                let sign: Float = column < 5 ? -1 : column > 5 ? 1 : 0
                corners[landmark] = Point3(smile.x * sign, smile.y, smile.z) * part
            }
        }
        self.corners = corners
        cheeks = pull([50], [280], reach: 1.7, Point3(0.05, -0.20, -0.12))
        innerBrows = pull([55, 107], [285, 336], reach: 1, Point3(-0.10, 0.17, 0))
        brows = pull([52, 105], [282, 334], reach: 1.6, Point3(0, -0.42, 0))
        func lids(_ curves: [(landmarks: [Int], way: Float)]) -> [Point3] {
            var made = [Point3](repeating: Point3(), count: rest.count)
            for (landmarks, way) in curves {
                for (place, landmark) in landmarks.enumerated() {
                    let along = Float(place) / Float(landmarks.count - 1)
                    made[landmark].y = way * sinf(.pi * along)
                }
            }
            return made
        }
        let (left, right) = (Landmark.leftEye, Landmark.rightEye)
        lowerLids = lids([
            (left.lowerFold, -0.06), (right.lowerFold, -0.06), (left.lower, -0.08),
            (right.lower, -0.08),
        ])
        upperLids = lids([
            (left.upperFold, -0.04), (right.upperFold, -0.04), (left.upper, -0.07),
            (right.upper, -0.07),
        ])
    }

    /// Moves the landmarks of a face whose mouth and jaw are at rest.
    func move(_ feeling: Feeling, mouth: MouthShape, _ points: inout [Point3]) {
        let (smile, serious) = (feeling.smile, feeling.serious)
        let corner = smile + Self.seriousCorners * serious
        let cheek = max(smile, Self.cheekOfStretch * mouth.stretch)
        let lid = max(smile, Self.lidOfStretch * mouth.stretch)
        let brow = feeling.surprise + Self.seriousBrows * serious
        guard corner != 0 || cheek != 0 || lid != 0 || brow != 0 || serious != 0 else { return }
        for index in points.indices {
            var way = corners[index] * corner + cheeks[index] * cheek + lowerLids[index] * lid
            way += innerBrows[index] * serious + brows[index] * brow
            points[index] += way + upperLids[index] * feeling.surprise
        }
    }
}
