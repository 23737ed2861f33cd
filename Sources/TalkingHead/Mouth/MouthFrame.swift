import EngineAPI

/// From pixels of a frame to centimetres on the skull about where its lips meet in the middle, at
/// the front of the upper teeth; and the inner lips there.
struct MouthFrame {
    /// That point's pixel.
    let origin: Point2
    let middle: Float
    let halfWidth: Float
    /// The widest that the lips are apart.
    let opening: Float
    private let toLocal: Affine2
    /// How a place shifts that lies a centimetre deeper.
    private let depthShift: Point2
    private let start: Float
    private let perStep: Float
    private let upperLip: [Float]
    private let lowerLip: [Float]

    private static let steps = 128

    /// - upper, lower: the inner lips in pixels, from left to right.
    init(_ rig: Rig, _ placed: RigMesh.Placed, upper: [Point2], lower: [Point2]) {
        let anchor = Point3(rig.mouth.x, rig.sealed.y, rig.sealed.teethDepth)
        origin = rig.project(rig.turned(anchor, placed.turn, placed.head))
        let turn = rig.pose.rotation * placed.turn
        let scale = rig.pose.scale
        toLocal =
            Affine2(
                x: turn.columns.0.plane * scale, y: turn.columns.1.plane * scale, shift: Point2()
            ).inverse
        depthShift = toLocal.apply(turn.columns.2.plane * scale)
        let (map, at) = (toLocal, origin)
        let above = upper.map { map.apply($0 - at) }.sorted { $0.x < $1.x }
        let below = lower.map { map.apply($0 - at) }.sorted { $0.x < $1.x }
        let (first, last) = (above[0].x, above[above.count - 1].x)
        middle = (first + last) / 2
        halfWidth = max((last - first) / 2, 0.3)
        start = middle - halfWidth
        perStep = Float(Self.steps - 1) / (2 * halfWidth)
        let places = (0..<Self.steps).map { [start, perStep] in start + Float($0) / perStep }
        upperLip = Self.heights(above, at: places)
        lowerLip = Self.heights(below, at: places)
        opening = max(zip(upperLip, lowerLip).map { $1 - $0 }.max() ?? 0, 0)
    }

    /// A line's heights at rising places.
    private static func heights(_ line: [Point2], at places: [Float]) -> [Float] {
        var part = 0
        return places.map { x in
            while part + 2 < line.count, line[part + 1].x < x { part += 1 }
            let (a, b) = (line[part], line[part + 1])
            let along = min(max((x - a.x) / max(b.x - a.x, 1e-6), 0), 1)
            return a.y + (b.y - a.y) * along
        }
    }

    /// In the plane of the front teeth.
    @inline(__always)
    func local(_ pixel: Point2) -> Point2 { toLocal.apply(pixel - origin) }

    /// Where a place of that plane lies on the arch, which curves away to both sides.
    @inline(__always)
    func onArch(_ place: Point2) -> Point2 {
        var at = place
        for _ in 0..<3 { at = place - depthShift * (TeethRows.curvature * at.x * at.x) }
        return at
    }

    /// Heights of both lips at a place.
    @inline(__always)
    func lips(_ x: Float) -> (upper: Float, lower: Float) {
        let at = min(max((x - start) * perStep, 0), Float(Self.steps - 1) - 1e-3)
        let index = Int(bounded: at)
        let part = at - Float(index)
        return (
            upperLip[index] + (upperLip[index + 1] - upperLip[index]) * part,
            lowerLip[index] + (lowerLip[index + 1] - lowerLip[index]) * part
        )
    }
}
