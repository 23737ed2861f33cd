import Glibc

/// How the portrait's own mouth shuts: a laugh with its jaw first, a smile with its lips alone.
struct SealedMouth: Sendable {
    /// The jaw's way, radians; none or negative.
    var jawAngle: Float = 0
    /// Where the lips meet in the middle.
    var y: Float = 0
    /// The front of the upper teeth.
    var teethDepth: Float = 0
}

/// The mouth's movements, in their order: what shapes the lips, then the jaw of the portrait, its
/// lips, the jaw that speaks, and at last whatever must meet. Closing comes last, so that closed
/// lips are one line whatever came before.
extension Rig {
    /// Full opening of the jaw, radians.
    static let jawOpenMax: Float = 16 * .pi / 180
    /// What of the portrait's gap between its lips is gone while it speaks, and of a smile's width.
    private static let easedGap: Float = 0.88
    private static let easedWidth: Float = 0.10
    /// The joint glides forward as it opens: the lip goes down more than back. Of a pure turn, half
    /// of the opening would be hidden in faces that look up.
    private static let jawDepth: Float = 0.4
    /// Of a closure the upper lip goes this part, the lower one the rest.
    private static let upperShare: Float = 0.42
    /// And of the portrait's own gap: half of a smile's. A mouth that is open wide, more so from
    /// the first of these gaps (centimetres) to the second, is open by its jaw: an upper lip that
    /// came down as far would hide the teeth that the portrait shows.
    private static let (ownUpperShare, wideUpperShare): (Float, Float) = (0.5, 0.25)
    private static let wideGap: (from: Float, to: Float) = (1.5, 2.5)
    /// How much of the upper teeth parted lips show, centimetres.
    private static let (leastTeeth, mostTeeth): (Float, Float) = (0.12, 1.1)
    /// Where a narrow mouth is shut by its jaw, its sides meet first: they may cross by so much
    /// (centimetres), and give way.
    private static let mostCrossed: Float = 0.25
    /// Centimetres of the upper teeth that show over a lower lip at f and v.
    private static let tuckedTeeth: Float = 0.20

    private var portraitUpperShare: Float {
        let wide = smoothStep(Self.wideGap.from, Self.wideGap.to, restGap)
        return Self.ownUpperShare + (Self.wideUpperShare - Self.ownUpperShare) * wide
    }

    /// A lip on its way to a closure does not hold the jaw yet.
    static func closure(_ shape: MouthShape) -> Float { smoothStep(0.15, 1, shape.close) }

    /// How far the portrait's own gap is taken away.
    private static func easing(_ shape: MouthShape, _ ease: Float) -> Float {
        max(closure(shape), easedGap * ease)
    }

    /// Angles of the jaw: from the portrait's own, and from closed.
    func jawAngles(_ shape: MouthShape, ease: Float) -> (own: Float, spoken: Float) {
        (
            sealed.jawAngle * Self.easing(shape, ease),
            shape.jaw * Self.jawOpenMax * (1 - 0.85 * Self.closure(shape))
        )
    }

    func moveJawAndLips(_ shape: MouthShape, ease: Float, _ points: inout [Point3]) {
        guard shape != .rest || ease > 0 else { return }
        let closure = Self.closure(shape)
        let eased = Self.easing(shape, ease)
        let angles = jawAngles(shape, ease: ease)
        shapeLips(shape, ease: ease, &points)
        rotateJaw(angles.own, &points)
        close([Float](repeating: eased, count: 11), upperShare: portraitUpperShare, &points)
        for landmark in points.indices {
            let w = weights[landmark]
            points[landmark].y -= 0.30 * shape.upper * (1 - closure) * w.upperLip
            points[landmark].y += 0.32 * shape.lower * (1 - closure) * w.lowerLip
        }
        rotateJaw(angles.spoken, &points)
        if shape.tuck > 0 { tuckLowerLip(shape.tuck, closure: closure, &points) }
        if closure > 0 {
            close([Float](repeating: closure, count: 11), upperShare: Self.upperShare, &points)
        }
        pointCorners(eased: eased, &points)
    }

    /// Rounding, stretching, and the width of a smile.
    private func shapeLips(_ shape: MouthShape, ease: Float, _ points: inout [Point3]) {
        let narrower = Self.easedWidth * ease * smoothStep(0.3, 1, restGap)
        let (round, stretch) = (shape.round, shape.stretch)
        let outward = -0.36 * round + 0.16 * stretch * (1 - 0.5 * shape.jaw) - narrower
        for landmark in points.indices {
            let near = weights[landmark].nearMouth
            let offset = rest[landmark] - mouth
            points[landmark].x += offset.x * near * outward
            points[landmark].z += near * (-0.55 * round + 0.25 * stretch)
            points[landmark].y +=
                near * offset.y * (0.07 * round - 0.06 * stretch)
                - 0.10 * stretch * abs(offset.x) / mouthHalfWidth * near
        }
    }

    /// Turns the jaw about its hinge.
    func rotateJaw(_ angle: Float, _ points: inout [Point3]) {
        guard angle != 0 else { return }
        for landmark in points.indices where weights[landmark].jaw != 0 {
            let turn = angle * weights[landmark].jaw
            let (c, s) = (cosf(turn), sinf(turn))
            let from = points[landmark] - hinge
            points[landmark].y = hinge.y + from.y * c - from.z * s
            points[landmark].z += Self.jawDepth * (from.y * s + from.z * (c - 1))
        }
    }

    /// Moves both lips towards one line, and what lies around them behind them.
    /// - amounts: by column of the inner lips, of what is between them there; 1 closes, less than 0
    ///   opens. - upperShare: how much of the way is the upper lip's.
    func close(_ amounts: [Float], upperShare: Float, _ points: inout [Point3]) {
        guard amounts.contains(where: { $0 != 0 }) else { return }
        var ways = [Point3](repeating: Point3(), count: 11)
        for column in 1..<10 {
            let (upper, lower) = (Landmark.upperLip[0][column], Landmark.lowerLip[0][column])
            ways[column] = (points[lower] - points[upper]) * amounts[column]
        }
        let mean = ways[2..<9].reduce(Point3(), +) / 7
        for landmark in points.indices where weights[landmark].closing != 0 {
            let w = weights[landmark]
            var way = ways[w.column] + (ways[w.column + 1] - ways[w.column]) * w.columnPart
            way += (mean - way) * w.evenness
            let part = (w.closesUp ? upperShare - 1 : upperShare) * w.closing
            // In depth the lower lip comes to the upper one, all its rings alike, or they fold.
            let deep = w.closesUp ? -min(w.closing / 0.4, 1) : 0
            points[landmark] += way * Point3(part, part, deep)
        }
    }

    /// f and v: the lower lip rises to the upper teeth's edge and turns in under them.
    private func tuckLowerLip(_ tuck: Float, closure: Float, _ points: inout [Point3]) {
        for landmark in points.indices {
            points[landmark].y -= 0.16 * tuck * (1 - closure) * weights[landmark].upperLip
        }
        let gap = points[Landmark.innerLips.lower].y - points[Landmark.innerLips.upper].y
        let part = 1 - Self.tuckedTeeth / max(gap, Self.tuckedTeeth)
        close([Float](repeating: tuck * part, count: 11), upperShare: 0, &points)
        for (ring, thinner) in [Float(0), 0, 0.05, 0.10].enumerated() where thinner > 0 {
            for landmark in Landmark.lowerLip[ring].dropFirst().dropLast() {
                let middle = 1 - smoothStep(0.5, 1, weights[landmark].side)
                points[landmark].y -= tuck * thinner * middle
            }
        }
        for landmark in points.indices {
            points[landmark].z += 0.3 * tuck * weights[landmark].lowerLip
        }
    }

    /// A mouth ends in a point, also where a far corner's landmarks lie on each other: no wall.
    /// - eased: what of the portrait's own gap is gone; what is left of it may stay.
    private func pointCorners(eased: Float, _ points: inout [Point3]) {
        func gap(_ column: Int, _ points: [Point3]) -> Float {
            (points[Landmark.lowerLip[0][column]] - points[Landmark.upperLip[0][column]]).length
        }
        var amounts = [Float](repeating: 0, count: 11)
        for (column, inner, most) in [(2, 3, 0.8), (8, 7, 0.8), (1, 2, 0.5), (9, 8, 0.5)]
            as [(Int, Int, Float)]
        {
            let (mine, next) = (gap(column, points), gap(inner, points) * (1 - amounts[inner]))
            let limit = max(most * next, gap(column, rest) * (1 - eased))
            if mine > limit, limit > 0 { amounts[column] = 1 - limit / mine }
        }
        close(amounts, upperShare: 0.5, &points)
    }

    /// - teethPart: of the gap between the lips, what shows upper teeth: a smile with shut teeth
    ///   keeps its jaw, a laugh shuts it.
    func sealing(teethPart: Float) -> SealedMouth {
        let teeth = min(max(teethPart * restGap, Self.leastTeeth), Self.mostTeeth)
        let gap = restGap > 0.3 ? max(restGap - teeth, 0) : 0
        let lever = rest[Landmark.innerLips.lower] - hinge
        var sealed = SealedMouth()
        sealed.jawAngle = -gap / max((lever * Point3(0, 1, 1)).length, 3)
        // Lips must meet, hardly cross: what is left is theirs.
        for _ in 0..<8 where sealed.jawAngle < -0.01 {
            let points = shut(sealed.jawAngle)
            let least = (2..<9).map {
                points[Landmark.lowerLip[0][$0]].y - points[Landmark.upperLip[0][$0]].y
            }.min()
            if least ?? 0 >= -Self.mostCrossed { break }
            sealed.jawAngle *= 0.9
        }
        var points = shut(sealed.jawAngle)
        close([Float](repeating: 1, count: 11), upperShare: portraitUpperShare, &points)
        let lips = Landmark.innerLips
        sealed.y = (points[lips.upper].y + points[lips.lower].y) / 2
        sealed.teethDepth = rest[lips.upper].z + 0.12
        return sealed
    }

    private func shut(_ angle: Float) -> [Point3] {
        var points = rest
        rotateJaw(angle, &points)
        return points
    }

    /// How far the jaw has come down from where the mouth is shut, centimetres at the lower lip.
    func jawDrop(_ shape: MouthShape, ease: Float) -> Float {
        let angles = jawAngles(shape, ease: ease)
        let edge = Landmark.lowerLipEdge
        let (from, weight) = (rest[edge] - hinge, weights[edge].jaw)
        func height(_ angle: Float) -> Float {
            from.y * cosf(angle * weight) - from.z * sinf(angle * weight)
        }
        return height(angles.own + angles.spoken) - height(sealed.jawAngle)
    }
}
