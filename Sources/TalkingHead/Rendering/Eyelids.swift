import EngineAPI

/// What a blink leaves to be painted: the eyeball stays while the lids move over it, the upper lid
/// lies over the lower one, and lashes meet.
struct Eyelids: Sendable {
    private let mesh: RigMesh
    private let eyes: [Paint]

    /// An eye and its lid as a plain surface.
    private struct Paint: Sendable {
        let eye: Landmark.Eye
        let lid: LidSurface
        let gaze: GazeShift
    }

    /// - points: of the landmarks in the image.
    init(mesh: RigMesh, image: Image, points: [Point2]) {
        self.mesh = mesh
        eyes = [Landmark.leftEye, Landmark.rightEye].map {
            Paint(
                eye: $0, lid: LidSurface($0, image: image, points: points),
                gaze: GazeShift($0, points: points))
        }
    }

    func draw(
        _ expression: Expression, _ placed: RigMesh.Placed, on canvas: Canvas, _ sampler: Sampler
    ) {
        let blink = expression.blink
        let gaze = expression.gaze * mesh.rig.pose.scale
        for paint in eyes {
            let isTurned = paint.gaze.reaches(gaze)
            guard blink > 0.01 || isTurned else { continue }
            drawEyeball(paint, blink, gaze, placed, on: canvas, sampler)
            guard blink > 0.01 else { continue }
            let edge = drawLid(paint, blink, placed, on: canvas, sampler)
            let alpha = 0.85 * smoothStep(0.08, 0.5, blink)
            guard alpha > 0 else { continue }
            canvas.stroke(
                Array(edge.dropFirst().dropLast()), width: max(1.2, 0.13 * mesh.rig.pose.scale),
                paint.lid.lash, alpha: alpha)
        }
    }

    /// The eyeball as the portrait has it, its iris turned, between lids that have moved.
    private func drawEyeball(
        _ paint: Paint, _ blink: Float, _ gaze: Float, _ placed: RigMesh.Placed,
        on canvas: Canvas, _ sampler: Sampler
    ) {
        let (rig, eye) = (mesh.rig, paint.eye)
        let upper = eye.upper.map { placed.points[$0] }
        let lower = eye.lower.map { placed.points[$0] }
        let outline = upper + lower.reversed().dropFirst().dropLast()
        var mask = AlphaMask(around: outline, margin: 4, width: canvas.width, height: canvas.height)
        mask.fill(outline)
        mask.blur(0.7)
        let rim = eye.upper + eye.lower
        let turned = rim.map { rig.project(rig.turned(rig.rest[$0], placed.turn, placed.head)) }
        let toPortrait = Affine2.fit(turned, onto: rim.map { mesh.source[$0] })
        for y in mask.rows {
            for x in mask.columns where mask[x, y] > 0.004 {
                let at = paint.gaze.source(toPortrait.apply(Point2(Float(x), Float(y))), gaze)
                // In the lid's shade.
                canvas.blend(x, y, sampler.colour(at) * (1 - 0.25 * blink), mask[x, y])
            }
        }
    }

    /// Draws the upper lid over everything, at last beyond the lower lid's landmarks: large painted
    /// eyes reach further down than those. Returns its edge.
    private func drawLid(
        _ paint: Paint, _ blink: Float, _ placed: RigMesh.Placed, on canvas: Canvas,
        _ sampler: Sampler
    ) -> [Point2] {
        let (rig, eye, lid) = (mesh.rig, paint.eye, paint.lid)
        var edge = eye.upper.indices.map { index in
            let upper = rig.rest[eye.upper[index]]
            let way = blink * (0.88 + 0.16 * blink)
            let point = upper + (rig.rest[eye.lower[index]] - upper) * way
            return rig.project(rig.turned(point, placed.turn, placed.head))
                + lid.largestGap * (lid.reach[index] * blink * blink)
        }
        // The white shows a little beyond the landmarks of the corners, too.
        let beyond = (edge[edge.count - 1] - edge[0]) * (0.05 * blink)
        (edge[0], edge[edge.count - 1]) = (edge[0] - beyond, edge[edge.count - 1] + beyond)
        let fold = eye.upperFold.map { placed.points[$0] }
        let above = eye.upperFold.map { mesh.source[$0] }
        // The more it closes, the less of the lashes and the painted outline is stretched with it.
        let skin = 1 - 0.5 * smoothStep(0, 0.9, blink)
        let rim = zip(above, eye.upper).map { $0 + (mesh.source[$1] - $0) * skin }
        let plainness = smoothStep(0.1, 0.6, blink)
        for index in 1..<edge.count {
            let last = index - 1
            let (a, b) = (lid.colours[last], lid.colours[index])
            canvas.drawLid(
                (fold[last], fold[index], edge[last]), from: (above[last], above[index], rim[last]),
                (a, b, a * LidSurface.edgeShade), down: Point3(0, 0, 1), plainness, sampler)
            canvas.drawLid(
                (fold[index], edge[index], edge[last]), from: (above[index], rim[index], rim[last]),
                (b, b * LidSurface.edgeShade, a * LidSurface.edgeShade), down: Point3(0, 1, 1),
                plainness, sampler)
        }
        return edge
    }
}

extension Canvas {
    /// Draws a soft line.
    func stroke(_ line: [Point2], width lineWidth: Float, _ colour: Point3, alpha: Float) {
        var mask = AlphaMask(around: line, margin: lineWidth + 3, width: width, height: height)
        mask.stroke(line, width: lineWidth)
        mask.blur(0.6)
        for y in mask.rows {
            for x in mask.columns where mask[x, y] > 0.004 {
                blend(x, y, colour, mask[x, y] * alpha)
            }
        }
    }
}
