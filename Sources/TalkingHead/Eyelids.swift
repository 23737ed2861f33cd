import EngineAPI

/// What a blink leaves to be painted: the eyeball stays while the lids move over it, the upper lid
/// lies over the lower one, and lashes meet.
struct Eyelids: Sendable {
    private let mesh: RigMesh
    private let eyes: [Paint]

    /// An eye and the colour of its lashes.
    private struct Paint: Sendable {
        let eye: Landmark.Eye
        let lash: Point3
    }

    /// - points: of the landmarks in the picture.
    init(mesh: RigMesh, picture: Picture, points: [Point2]) {
        self.mesh = mesh
        eyes = [Landmark.leftEye, Landmark.rightEye].map { eye in
            let rim = eye.upper.map { picture.nearest(points[$0]) }
                .sorted { $0.luminance < $1.luminance }
            return Paint(eye: eye, lash: rim[rim.count / 5] * 0.85)
        }
    }

    func draw(_ blink: Float, _ placed: RigMesh.Placed, on canvas: Canvas, _ sampler: Sampler) {
        guard blink > 0.01 else { return }
        for paint in eyes {
            drawEyeball(paint.eye, blink, placed, on: canvas, sampler)
            let edge = drawLid(paint.eye, blink, placed, on: canvas, sampler)
            let alpha = 0.8 * min(max((blink - 0.55) / 0.4, 0), 1)
            guard alpha > 0 else { continue }
            canvas.stroke(
                Array(edge.dropFirst().dropLast()), width: max(1.2, 0.13 * mesh.rig.pose.scale),
                paint.lash, alpha: alpha)
        }
    }

    /// The eyeball as the portrait has it, between lids that have moved.
    private func drawEyeball(
        _ eye: Landmark.Eye, _ blink: Float, _ placed: RigMesh.Placed, on canvas: Canvas,
        _ sampler: Sampler
    ) {
        let rig = mesh.rig
        let upper = eye.upper.map { placed.points[$0] }
        let lower = eye.lower.map { placed.points[$0] }
        let outline = upper + lower.reversed().dropFirst().dropLast()
        var mask = Coverage(around: outline, margin: 4, width: canvas.width, height: canvas.height)
        mask.fill(outline)
        mask.blur(0.7)
        let rim = eye.upper + eye.lower
        let turned = rim.map { rig.project(rig.turned(rig.rest[$0], placed.turn, placed.head)) }
        let toPortrait = Affine2.fit(turned, onto: rim.map { mesh.source[$0] })
        for y in mask.rows {
            for x in mask.columns where mask[x, y] > 0.004 {
                let at = toPortrait.apply(Point2(Float(x), Float(y)))
                // In the lid's shade.
                canvas.blend(x, y, sampler.colour(at) * (1 - 0.25 * blink), mask[x, y])
            }
        }
    }

    /// Draws the upper lid over everything, at last a little beyond the lower lid's landmarks:
    /// large painted eyes reach further down than those. Returns its edge.
    private func drawLid(
        _ eye: Landmark.Eye, _ blink: Float, _ placed: RigMesh.Placed, on canvas: Canvas,
        _ sampler: Sampler
    ) -> [Point2] {
        let rig = mesh.rig
        let way = blink * (0.88 + 0.26 * blink)
        let edge = eye.upper.indices.map { index in
            let upper = rig.rest[eye.upper[index]]
            let point = upper + (rig.rest[eye.lower[index]] - upper) * way
            return rig.project(rig.turned(point, placed.turn, placed.head))
        }
        let fold = eye.upperFold.map { placed.points[$0] }
        let above = eye.upperFold.map { mesh.source[$0] }
        // The more it closes, the less of the lashes and the painted outline is stretched with it.
        let skin = 1 - 0.5 * smoothStep(0, 0.9, blink)
        let rim = zip(above, eye.upper).map { $0 + (mesh.source[$1] - $0) * skin }
        for index in 1..<edge.count {
            let last = index - 1
            canvas.draw(
                (fold[last], fold[index], edge[last]),
                from: (above[last], above[index], rim[last]), sampler)
            canvas.draw(
                (fold[index], edge[index], edge[last]),
                from: (above[index], rim[index], rim[last]), sampler)
        }
        return edge
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
