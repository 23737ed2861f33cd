import Glibc

/// How much each landmark follows each movement of the mouth.
struct RigWeights: Sendable {
    struct Weights: Sendable, Equatable {
        /// Part of the jaw's angle.
        var jaw: Float = 0
        /// Falls off around the mouth: rounding and stretching.
        var nearMouth: Float = 0
        var upperLip: Float = 0
        var lowerLip: Float = 0
        /// Part of the inner lips' way to each other, and which lip's.
        var closing: Float = 0
        var closesUp = false
        /// The column of the inner lips whose way that is, and the part towards the next column.
        var column = 0
        var columnPart: Float = 0
        /// How much of the way of all columns together it goes instead: a chin is one piece.
        var evenness: Float = 0
        /// How far beside the mouth's middle, in halves of its width.
        var side: Float = 0
    }

    /// How much of the inner lip's way each ring of a lip goes: lips that a smile stretched get
    /// thicker as they meet. Those of a wide-open mouth are as thick as ever, and go as one.
    private static let ringClosing: [Float] = [1, 0.8, 0.6, 0.42]
    private static let wideRingClosing: [Float] = [1, 0.97, 0.93, 0.88]
    /// The upper lip's skin is short: the nose holds it.
    private static let wideUpperRingClosing: [Float] = [1, 0.92, 0.83, 0.73]
    /// From so many centimetres between the lips on a mouth is open, and wide open.
    private static let wide: (from: Float, to: Float) = (0.8, 2)
    /// What moves as one at its inner edge lets go towards the skin.
    private static let ringLift: [Float] = [1, 0.95, 0.85, 0.7]
    /// Skin beside the lips goes along with them by this, less and less over so many centimetres.
    private static let skinClosing: Float = 0.4
    private static let wideSkinClosing: (above: Float, below: Float) = (0.7, 0.8)
    private static let skinReach: (above: Float, below: Float) = (0.9, 1.1)
    /// Below a mouth that was open wide the way is long: so that the skin there does not fold, as
    /// much of it as this makes room.
    private static let wideReachBelow: Float = 2.2
    /// So far below the lip (centimetres) skin knows no columns, and so far aside of the middle, in
    /// halves of a mouth of usual width, it stays.
    private static let evenBelow: Float = 1.2
    private static let evenAside: (from: Float, to: Float) = (0.5, 1.35)
    private static let usualHalfWidth: Float = 2

    private var weights: [Weights]

    subscript(landmark: Int) -> Weights { weights[landmark] }

    init(rest: [Point3], mouth: Point3, mouthHalfWidth: Float) {
        weights = rest.map { point in
            let (x, y) = (point.x - mouth.x, point.y - mouth.y)
            var made = Weights()
            made.side = abs(x) / mouthHalfWidth
            if y > -2.2 {
                // Beside the mouth the jaw takes the cheek along, softly.
                let beside = smoothStep(-1.4, 1.8, y)
                let below: Float = y > 0 ? 1 : 0
                made.jaw = below + (beside - below) * smoothStep(0.75, 1.25, made.side)
            }
            let spread = x / (1.7 * mouthHalfWidth)
            made.nearMouth = expf(-spread * spread - (y / 2.3) * (y / 2.3))
            let middle = 1 - smoothStep(0.5, 1.1, made.side)
            if y < 0 {
                made.upperLip = 0.55 * expf(-((y + 0.7) / 0.9) * ((y + 0.7) / 0.9)) * middle
            } else if y > 0 {
                made.lowerLip = 0.55 * expf(-((y - 0.9) / 0.9) * ((y - 0.9) / 0.9)) * middle
            }
            return made
        }
        setLips()
        setClosing(rest, mouth, halfWidth: mouthHalfWidth)
    }

    /// Where a lip's point lies along the mouth says the mean face: in a face that looks aside, the
    /// far corner is near the middle, and is a corner all the same.
    private mutating func setLips() {
        let mean = MeanFace.points
        let corners = Landmark.mouthCorners
        let halfWidth = (mean[corners.right].x - mean[corners.left].x) / 2
        func side(_ landmark: Int) -> Float { abs(mean[landmark].x) / halfWidth }
        for (ring, strength) in Self.ringLift.enumerated() {
            for landmark in Landmark.upperLip[ring] {
                let u = side(landmark)
                weights[landmark].side = u
                weights[landmark].jaw = 0.42 * powf(smoothStep(0.55, 1.05, u), 1.5)
                weights[landmark].upperLip = strength * (1 - smoothStep(0.5, 1.02, u))
                weights[landmark].lowerLip = 0
            }
            for landmark in Landmark.lowerLip[ring].dropFirst().dropLast() {
                let u = side(landmark)
                weights[landmark].side = u
                weights[landmark].jaw = 1 - 0.58 * smoothStep(0.35, 1.05, u)
                weights[landmark].lowerLip = strength * (1 - smoothStep(0.5, 1.02, u))
                weights[landmark].upperLip = 0
            }
            for corner in [Landmark.upperLip[ring][0], Landmark.upperLip[ring][10]] {
                weights[corner].jaw = 0.42
            }
        }
    }

    private mutating func setClosing(_ rest: [Point3], _ mouth: Point3, halfWidth: Float) {
        func curve(_ landmarks: [Int]) -> (x: [Float], y: [Float]) {
            let points = landmarks.map { rest[$0] }.sorted { $0.x < $1.x }
            return (points.map(\.x), points.map(\.y))
        }
        let columns = curve(Landmark.upperLip[0]).x
        let places = columns.indices.map(Float.init)
        let gap = (rest[Landmark.innerLips.upper] - rest[Landmark.innerLips.lower]).length
        let wide = smoothStep(Self.wide.from, Self.wide.to, gap)
        let (skinAbove, skinBelow) = (
            Self.skinClosing + (Self.wideSkinClosing.above - Self.skinClosing) * wide,
            Self.skinClosing + (Self.wideSkinClosing.below - Self.skinClosing) * wide
        )
        let reachBelow =
            Self.skinReach.below + (Self.wideReachBelow - Self.skinReach.below) * wide
        let (above, below) = (curve(Landmark.upperLip[3]), curve(Landmark.lowerLip[3]))
        for landmark in weights.indices {
            let point = rest[landmark]
            let column = interpolate(point.x, columns, places)
            setColumn(landmark, column)
            let isUpper = point.y < mouth.y
            weights[landmark].closesUp = !isUpper
            guard columns[0] - 0.6 < point.x, point.x < columns[columns.count - 1] + 0.6 else {
                continue
            }
            let away =
                isUpper
                ? (interpolate(point.x, above.x, above.y) - point.y) / Self.skinReach.above
                : (point.y - interpolate(point.x, below.x, below.y)) / reachBelow
            let reach = max(away, 0)
            weights[landmark].closing = (isUpper ? skinAbove : skinBelow) * expf(-reach * reach)
            guard !isUpper else { continue }
            let evenness = wide * smoothStep(0, Self.evenBelow, reach * reachBelow)
            let side = abs(point.x - mouth.x) / max(halfWidth, Self.usualHalfWidth)
            weights[landmark].evenness = evenness
            weights[landmark].closing *=
                1 - evenness * smoothStep(Self.evenAside.from, Self.evenAside.to, side)
        }
        for (ring, part) in Self.ringClosing.enumerated() {
            for (column, landmark) in Landmark.lowerLip[ring].enumerated() {
                let whole = part + (Self.wideRingClosing[ring] - part) * wide
                setLip(landmark, column, whole, isUpper: false)
            }
            // The corners are the upper lip's.
            for (column, landmark) in Landmark.upperLip[ring].enumerated() {
                let whole = part + (Self.wideUpperRingClosing[ring] - part) * wide
                setLip(landmark, column, whole, isUpper: true)
            }
        }
    }

    private mutating func setLip(_ landmark: Int, _ column: Int, _ part: Float, isUpper: Bool) {
        setColumn(landmark, Float(column))
        weights[landmark].closing = part
        weights[landmark].closesUp = !isUpper
    }

    private mutating func setColumn(_ landmark: Int, _ column: Float) {
        let whole = min(max(column.rounded(.down), 0), 9)
        weights[landmark].column = Int(bounded: whole)
        weights[landmark].columnPart = column - whole
    }
}
