/// What a blink leaves to be painted: the eyeball stays while the lids move over it, and lashes
/// meet.
struct Eyelids: Sendable {
    private let mesh: RigMesh
    /// Colour of each eye's lashes.
    private let lashes: [Point3]
    private static let eyes = [Landmark.leftEye, Landmark.rightEye]

    init(mesh: RigMesh, lashes: [Point3]) {
        self.mesh = mesh
        self.lashes = lashes
    }

    func draw(_ blink: Float, _ placed: RigMesh.Placed, on canvas: Canvas, _ sampler: Sampler) {
        guard blink > 0.01 else { return }
        let rig = mesh.rig
        for (eye, lash) in zip(Self.eyes, lashes) {
            let upper = eye.upper.map { placed.points[$0] }
            let lower = eye.lower.map { placed.points[$0] }
            let outline = upper + lower.reversed().dropFirst().dropLast()
            var mask = Coverage(
                around: outline, margin: 4, width: canvas.width, height: canvas.height)
            mask.fill(outline)
            mask.blur(0.7)
            let rim = eye.upper + eye.lower
            let turned = rim.map { rig.project(rig.turned(rig.rest[$0], placed.turn, placed.head)) }
            let toPortrait = Affine2.fit(turned, onto: rim.map { mesh.source[$0] })
            for y in mask.rows {
                for x in mask.columns where mask[x, y] > 0.004 {
                    let at = toPortrait.apply(Point2(Float(x), Float(y)))
                    // In the lid's shade.
                    let colour = sampler.colour(at) * (1 - 0.25 * blink)
                    canvas.blend(x, y, colour, mask[x, y])
                }
            }
            let alpha = 0.8 * min(max((blink - 0.55) / 0.4, 0), 1)
            if alpha > 0 {
                let line = zip(upper, lower).map { $0 * 0.4 + $1 * 0.6 }.dropFirst().dropLast()
                canvas.stroke(
                    Array(line), width: max(1.2, 0.13 * rig.pose.scale), lash, alpha: alpha)
            }
        }
    }
}

extension Canvas {
    /// Draws a soft line.
    func stroke(_ line: [Point2], width lineWidth: Float, _ colour: Point3, alpha: Float) {
        var mask = Coverage(around: line, margin: lineWidth + 3, width: width, height: height)
        mask.stroke(line, width: lineWidth)
        mask.blur(0.6)
        for y in mask.rows {
            for x in mask.columns where mask[x, y] > 0.004 {
                blend(x, y, colour, mask[x, y] * alpha)
            }
        }
    }
}
