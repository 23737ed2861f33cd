import Glibc

/// Paints what is seen between the lips, in the frame of the skull: cavity, tongue, lower teeth on
/// the jaw, upper teeth on the skull. A portrait that shows its teeth lends them.
struct MouthInterior: Sendable {
    /// Lips that far apart (centimetres) show teeth.
    static let toothyGap: Float = 0.28

    private let mesh: RigMesh
    private let colours: FaceColours
    private var rig: Rig { mesh.rig }
    private var isToothy: Bool { rig.restGap > Self.toothyGap }

    init(mesh: RigMesh, colours: FaceColours) {
        self.mesh = mesh
        self.colours = colours
    }

    func draw(
        _ expression: Expression, _ placed: RigMesh.Placed, on canvas: Canvas, _ sampler: Sampler
    ) {
        let shape = expression.mouth
        let upper = Landmark.upperLip[0].map { placed.points[$0] }
        let lower = Landmark.lowerLip[0].map { placed.points[$0] }
        let gap = (upper[5] - lower[5]).length
        if isToothy { drawSeam(upper, lower, gap, on: canvas) }
        // At rest the portrait keeps its own mouth, to the pixel.
        let activity = smoothStep(0, 0.12, max(shape.channels.max(), expression.ease))
        let opacity = min(max((gap - 0.6) / 1.2, 0), 1) * activity
        guard opacity > 0.004 else { return }
        let outline = upper + lower.reversed().dropFirst().dropLast()
        var mask = AlphaMask(around: outline, margin: 4, width: canvas.width, height: canvas.height)
        guard !mask.isEmpty else { return }
        mask.fill(outline)
        mask.blur(max(0.6, 0.012 * rig.pose.scale * rig.mouthHalfWidth))
        let frame = SkullFrame(rig, placed, upper, lower)
        let shader = InteriorShader(
            rig: rig, colours: colours, shape: shape, frame: frame,
            lowerTeeth: lowerTeethHeight(shape, placed))
        let photograph = isToothy ? PhotographedTeeth(mesh, placed, mask) : nil
        for y in mask.rows {
            for x in mask.columns where mask[x, y] > 0.004 {
                let at = Point2(Float(x), Float(y))
                let colour = shader.colour(frame.local(at), photograph?.sample(at, x, y, sampler))
                canvas.blend(x, y, colour, mask[x, y] * opacity)
            }
        }
    }

    /// A toothy portrait has no dark line between its lips to be reused: one is painted while they
    /// meet.
    private func drawSeam(_ upper: [Point2], _ lower: [Point2], _ gap: Float, on canvas: Canvas) {
        let alpha = min(max((1.6 - gap) / 1.2, 0), 1)
        guard alpha > 0 else { return }
        let line = zip(upper, lower).map { ($0 + $1) * 0.5 }.dropFirst().dropLast()
        canvas.stroke(
            Array(line), width: max(1.1, 0.09 * rig.pose.scale), colours.seam, alpha: 0.75 * alpha)
    }

    /// Upper edge of the lower teeth below the upper inner lip at rest, centimetres.
    private func lowerTeethHeight(_ shape: MouthShape, _ placed: RigMesh.Placed) -> Float {
        let edge = Landmark.lowerLipEdge
        let tucked = -0.34 * shape.tuck * rig.weights[edge].lowerLip
        let dropped = placed.deformed[edge].y - rig.rest[edge].y - tucked
        let lips = Landmark.innerLips
        return rig.rest[lips.lower].y - rig.rest[lips.upper].y + dropped - 0.08
    }
}

/// Pixels → centimetres around where the upper lip's middle lies on the skull, and the lips there.
struct SkullFrame {
    private let origin: Point2
    private let toLocal: Affine2
    /// The inner lips in this frame: x rises.
    private let upperX: [Float]
    private let upperY: [Float]
    private let lowerX: [Float]
    private let lowerY: [Float]
    let middle: Float
    let halfWidth: Float

    init(_ rig: Rig, _ placed: RigMesh.Placed, _ upper: [Point2], _ lower: [Point2]) {
        let anchor = rig.rest[Landmark.innerLips.upper]
        origin = rig.project(rig.turned(anchor, placed.turn, placed.head))
        let turn = rig.pose.rotation * placed.turn
        toLocal =
            Affine2(
                x: turn.columns.0.plane * rig.pose.scale,
                y: turn.columns.1.plane * rig.pose.scale, shift: Point2()
            ).inverse
        let (map, at) = (toLocal, origin)
        let above = upper.map { map.apply($0 - at) }
        let below = lower.map { map.apply($0 - at) }
        (upperX, upperY) = (above.map(\.x), above.map(\.y))
        (lowerX, lowerY) = (below.map(\.x), below.map(\.y))
        middle = (upperX[0] + upperX[10]) / 2
        halfWidth = max((upperX[10] - upperX[0]) / 2, 0.3)
    }

    func local(_ pixel: Point2) -> Point2 { toLocal.apply(pixel - origin) }
    func upperLip(_ x: Float) -> Float { interpolate(x, upperX, upperY) }
    func lowerLip(_ x: Float) -> Float { interpolate(x, lowerX, lowerY) }
}

/// The teeth of a toothy portrait, fixed to the skull: the map from the frame to the portrait.
private struct PhotographedTeeth {
    private let toPortrait: Affine2
    private var mask: AlphaMask

    init(_ mesh: RigMesh, _ placed: RigMesh.Placed, _ region: AlphaMask) {
        let rig = mesh.rig
        let inner = Landmark.upperLip[0] + Landmark.lowerLip[0].dropFirst().dropLast().reversed()
        let turned = inner.map { rig.project(rig.turned(rig.rest[$0], placed.turn, placed.head)) }
        toPortrait = Affine2.fit(turned, onto: inner.map { mesh.source[$0] })
        mask = region.cleared
        // Half a pixel inside, so that no lip comes along.
        let centre = turned.reduce(Point2(), +) / Float(turned.count)
        mask.fill(
            turned.map { point in
                let inward = centre - point
                return point + inward * min(0.7 / max(inward.length, 0.7), 1)
            })
        mask.blur(0.8)
    }

    func sample(_ at: Point2, _ x: Int, _ y: Int, _ sampler: Sampler) -> (Point3, Float) {
        (sampler.colour(toPortrait.apply(at)), mask[x, y])
    }
}
