import Glibc

/// The colour of the mouth's inside at a point of the skull's frame (centimetres).
struct InteriorShader {
    private let shape: MouthShape
    private let frame: SkullFrame
    private let colours: FaceColours
    /// Brightness of the face's light, .35…1.05.
    private let light: Float
    private let softness: Float
    private let lowerTeeth: Float
    private let tongueTop: Float
    private let isToothy: Bool

    /// Borders between teeth from the middle outwards, centimetres.
    private static let borders: [Float] = [0, 0.86, 1.52, 2.26, 2.9]

    init(
        rig: Rig, colours: FaceColours, shape: MouthShape, frame: SkullFrame, lowerTeeth: Float
    ) {
        self.shape = shape
        self.frame = frame
        self.colours = colours
        self.lowerTeeth = lowerTeeth
        light = min(max(0.38 + 0.78 * colours.skin.luminance / 255, 0.35), 1.05)
        softness = max(1.2 / rig.pose.scale, 0.05)
        tongueTop = frame.lowerLip(0) + 0.55 - 0.55 * shape.tongue - 0.1 * shape.jaw
        isToothy = rig.restGap > MouthInterior.toothyGap
    }

    /// - photograph: the portrait's own teeth here, and how much of them.
    func colour(_ at: Point2, _ photograph: (Point3, Float)?) -> Point3 {
        let u = (at.x - frame.middle) / frame.halfWidth
        let (above, below) = (frame.upperLip(at.x), frame.lowerLip(at.x))
        let depth = min(max((at.y - above) / max(below - above, 0.05), 0), 1)
        var colour = cavity(u, depth)
        let (tongue, tongueAlpha) = tongue(at)
        colour += (tongue - colour) * tongueAlpha
        let jawLine = lowerTeeth + 0.1 * u * u
        let (low, lowAlpha) = tooth(at, u, edge: jawLine, isUpper: false)
        colour += (low - colour) * (lowAlpha * smoothStep(1.25, 0.9, abs(u)) * 0.9)
        if let (teeth, alpha) = photograph {
            colour += (teeth - colour) * alpha
        } else {
            // A wide jaw draws the lip up, and more of the teeth is seen.
            let bared = 0.1 * smoothStep(0.35, 0.9, shape.jaw)
            let (high, highAlpha) = tooth(
                at, u, edge: 0.3 + bared - 0.14 * u * u, isUpper: true)
            colour += (high - colour) * (highAlpha * smoothStep(1.3, 0.85, abs(u)))
        }
        var shade = 1 - 0.45 * expf(-max(at.y - above, 0) / 0.09)
        shade *= 1 - 0.35 * expf(-max(below - at.y, 0) / 0.12)
        shade *= 1 - 0.55 * smoothStep(0.55, 1.05, abs(u))
        // The photograph has its own shadows already.
        if isToothy {
            shade = 0.5 + 0.5 * shade
        }
        // A narrow gap lets little light in.
        else {
            shade *= 0.6 + 0.4 * smoothStep(0.05, 0.7, below - above)
        }
        // Light that reaches the depth of a mouth has met its red walls.
        let warmth = Point3(1, 0.86 + 0.14 * shade, 0.82 + 0.18 * shade)
        return colours.tinted(colour * warmth * shade)
    }

    private func cavity(_ u: Float, _ depth: Float) -> Point3 {
        let (side, top) = (u * u, 1 - depth)
        let colour = Point3(62, 20, 20) - Point3(34, 10, 9) * side - Point3(16, 5, 5) * top
        return pointwiseMax(colour, Point3()) * light
    }

    private func tongue(_ at: Point2) -> (Point3, Float) {
        let x = (at.x - frame.middle) / (frame.halfWidth * 0.78)
        let y = (at.y - tongueTop) / (0.62 + 0.25 * shape.jaw)
        let alpha = smoothStep(1.15, 0.75, x * x + y * y) * 0.85
        let shade = 0.78 + 0.22 * smoothStep(-0.5, 0.5, tongueTop - at.y)
        let colour = Point3(168, 82, 80) * (shade * light * (0.62 + 0.2 * shape.tongue))
        return (colour, alpha)
    }

    /// A row of teeth with its biting edge at a height.
    private func tooth(
        _ at: Point2, _ u: Float, edge: Float, isUpper: Bool
    ) -> (Point3, Float) {
        let scale: Float = isUpper ? 0.98 : 0.72
        let down: Float = isUpper ? 1 : -1
        let x = abs(at.x - frame.middle) / scale
        let borders = Self.borders
        var index = 1
        while index < 4, borders[index] < x { index += 1 }
        let middle = (borders[index] + borders[index - 1]) / 2
        let half = (borders[index] - borders[index - 1]) / 2
        let toBorder = min(abs(x - borders[index]), abs(x - borders[index - 1])) * scale
        let corner = min(abs(x - middle) / half, 1.5)
        // Side incisors and the back are a little shorter.
        let shorter: Float = index == 2 ? 0.05 : index == 4 ? 0.1 : 0
        let biting = edge - down * (0.05 * corner * corner * corner + shorter * scale)
        let alpha = smoothStep(softness, -softness, (at.y - biting) * down)
        var shade = 1 - 0.16 * expf(-(toBorder / 0.05) * (toBorder / 0.05))
        shade *= 1 - 0.42 * powf(min(abs(u), 1.2), 2.2)
        let brightness = isUpper ? 0.92 : 0.6 - 0.1 * shape.jaw
        let enamel = pointwiseMin(Point3(246, 238, 224) * light, colours.white)
        return (enamel * (shade * brightness), alpha)
    }
}
