import EngineAPI

/// Certainties of mouth shapes and loudness, 100 a second, as they come → curves of all that
/// follows the voice, 100 a second. Each value needs `lag` more of both, and no more.
struct FaceCurves {
    /// One value of every curve.
    struct Point: Sendable {
        /// 0…7: the mouth, in the order of `MouthShape`.
        var mouth = SIMD8<Float>()
        /// How far a smile has given way to a mouth that speaks.
        var ease: Float = 0
        /// The voice rises over its own mean: brows.
        var rise: Float = 0
        /// A stressed syllable against its surroundings, about −1…1: nods.
        var stress: Float = 0

        static func between(_ a: Point, _ b: Point, _ part: Float) -> Point {
            Point(
                mouth: a.mouth + (b.mouth - a.mouth) * part,
                ease: a.ease + (b.ease - a.ease) * part,
                rise: a.rise + (b.rise - a.rise) * part,
                stress: a.stress + (b.stress - a.stress) * part)
        }
    }

    /// How far loudness and then shapes are looked ahead, 10 ms each. Together half a second: a
    /// video that is watched while it is made waits for that.
    private static let loudnessAhead = 34
    private static let shapesAhead = 17
    static let lag = loudnessAhead + shapesAhead

    /// Silence of this length lets the mouth go back to the portrait's own.
    private static let restAfterFrames = 45
    /// Not at once: lips stay closed for a moment around speech.
    private static let closedFrames = 15
    /// A smile comes back when silence has lasted so long.
    private static let smileAfterFrames = 170
    /// It gives way so long before the first word.
    private static let easeAheadFrames = 10

    /// Stress of the mouth, the voice, its syllables and its long mean. The long mean's future is
    /// cut off with the others'.
    private var levels = GaussianSmoother<SIMD4<Float>>(
        [8, 12, 17, 62], back: 186, ahead: loudnessAhead)
    /// The mouth's eight channels: lips close faster than jaws open. Then closed and tucked lips,
    /// rest, ease, rise and two that are smooth already.
    private var shapes = GaussianSmoother<SIMD16<Float>>(
        [4, 5.5, 5, 4, 4, 2.6, 2.8, 3, 2.6, 2.6, 7, 9, 16, 0, 0, 0], back: 48, ahead: shapesAhead)
    private static let table = Viseme.allCases.map(\.mouth)

    private let scale: Float
    private var rows = SlidingWindow<SIMD16<Float>>()
    private var smoothedLevels = SlidingWindow<SIMD4<Float>>()
    /// Where the silence began that the next row is part of. A voice begins out of a long one.
    private var silentSince: Int? = -1_000
    /// The row after the last one that speaks.
    private var speechEnd: Int?
    private var next = 0

    /// - scale: strength of the mouth, 0…2.
    init(scale: Float) { self.scale = scale }

    /// Adds shapes and levels; the two need not come in step. Returns the values that are now
    /// known.
    mutating func add(_ shapes: [SIMD16<Float>], _ loudness: [Float]) -> [Point] {
        rows.append(contentsOf: shapes)
        for level in loudness {
            if let made = levels.add(SIMD4(repeating: level)) { smoothedLevels.append(made) }
        }
        return advance(isLast: false)
    }

    /// Nothing more comes: returns the rest.
    mutating func finish() -> [Point] {
        smoothedLevels.append(contentsOf: levels.finish())
        return advance(isLast: true) + shapes.finish().map(point)
    }

    private mutating func advance(isLast: Bool) -> [Point] {
        var points: [Point] = []
        let known = isLast ? rows.end : rows.end - Self.loudnessAhead
        while next < min(known, smoothedLevels.end) {
            if let made = shapes.add(lanes(next)) { points.append(point(made)) }
            next += 1
        }
        rows.drop(before: next)
        smoothedLevels.drop(before: next)
        return points
    }

    private func isSilent(_ index: Int) -> Bool { rows[index][Int(Viseme.sil.rawValue)] > 0.5 }

    /// What is smoothed next. Stress opens jaw and corners further.
    private mutating func lanes(_ index: Int) -> SIMD16<Float> {
        let (row, level) = (rows[index], smoothedLevels[index])
        if isSilent(index) {
            silentSince = silentSince ?? index
        } else {
            (silentSince, speechEnd) = (nil, index + 1)
        }
        var shape = SIMD8<Float>()
        for (viseme, mouth) in Self.table.enumerated() { shape += mouth * row[viseme] }
        let amount = 0.88 + 0.55 * level[0]
        shape[0] *= amount
        shape[2] *= 0.8 + 0.3 * amount
        var lanes = SIMD16<Float>(lowHalf: shape, highHalf: SIMD8())
        // A model that is half sure of a closure is nearly always right.
        lanes[8] = smoothStep(0.1, 0.5, row[Int(Viseme.PP.rawValue)])
        lanes[9] = smoothStep(0.1, 0.5, row[Int(Viseme.FF.rawValue)])
        let speech = (index..<min(index + Self.loudnessAhead, rows.end)).first { !isSilent($0) }
        lanes[10] = isResting(index, until: speech) ? 1 : 0
        lanes[11] = isEased(index, until: speech) ? 1 : 0
        lanes[12] = max(level[1] - level[3], 0)
        lanes[13] = level[2] - level[3]
        return lanes
    }

    /// In the middle of long silences, where the portrait's own mouth comes back.
    private func isResting(_ index: Int, until speech: Int?) -> Bool {
        guard let since = silentSince, index - since >= Self.closedFrames else { return false }
        // Without an end in sight it is long enough: both parts together are.
        guard let end = speech else { return true }
        return end - index > Self.closedFrames && end - since >= Self.restAfterFrames
    }

    private func isEased(_ index: Int, until speech: Int?) -> Bool {
        if let speech, speech - index <= Self.easeAheadFrames { return true }
        return speechEnd.map { index - $0 < Self.smileAfterFrames } ?? false
    }

    /// Opening and shaping follow the wanted strength; closing does not. That p, b and m close on
    /// a frame, however short they are, is `LipClosures`' business.
    private func point(_ lanes: SIMD16<Float>) -> Point {
        var mouth = lanes.lowHalf
        mouth[5] = max(mouth[5], min(lanes[8], 1))
        mouth[6] = min(lanes[9], 1)
        mouth *= SIMD8(scale, scale, scale, scale, scale, 1, 1, scale) * (1 - lanes[10])
        let most = SIMD8<Float>(1.25, 1.25, 1.25, 1.25, 1.25, 1, 1, 1)
        return Point(
            mouth: mouth.clamped(lowerBound: .zero, upperBound: most), ease: lanes[11],
            rise: lanes[12], stress: lanes[13])
    }
}
