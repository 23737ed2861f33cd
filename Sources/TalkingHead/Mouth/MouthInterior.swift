import Glibc

/// Paints what is seen between the lips, and the line where they meet.
struct MouthInterior: Sendable {
    private let rig: Rig
    private let colours: FaceColours
    private let inside: InteriorColours
    private let teeth: TeethRows
    private let grain: Grain
    private let seam: Point3
    /// Lips that were apart have no dark line between them.
    private let needsSeam: Bool
    /// Whether the portrait shows what is behind its lips.
    private let showsInside: Bool

    /// Width of the line between lips, centimetres, and how dark it is at most.
    private static let (seamWidth, seamAlpha): (Float, Float) = (0.085, 0.86)

    private static let deepTint = Point3(1.1, 0.88, 0.88)

    /// Pixels between lips from which on what is behind them is seen, and seen wholly.
    private static let seenGap: (from: Float, to: Float) = (0.35, 2)
    /// A mouth that is open is so up to its corners: there, this part of its widest gap counts.
    private static let shareOfWidest: Float = 0.3

    init(
        rig: Rig, colours: FaceColours, mouth: PortraitMouth, points: [Point2], grain: Grain
    ) {
        (self.rig, self.colours, self.grain) = (rig, colours, grain)
        inside = InteriorColours(colours, mouth)
        teeth = TeethRows(mouth, colours, inside, rig)
        (needsSeam, showsInside) = (mouth.isParted, mouth.showsInside)
        let plain = mouth.lip * 0.42
        guard !mouth.showsInside else {
            // A drawing's mouth is a line: it keeps its colour.
            let part: Float = colours.isGrey || colours.isFlat ? 1 : 0.5
            seam = mouth.darkColour.map { plain + ($0 - plain) * part } ?? plain
            return
        }
        let line = (2..<9).map { column in
            let upper = points[Landmark.upperLip[0][column]]
            let lower = points[Landmark.lowerLip[0][column]]
            return mouth.nearest((upper + lower) * 0.5)
        }
        // Light that comes out of the depth between lips has met them often: it is red.
        let deep = colours.isGrey ? plain : plain * Self.deepTint
        seam = pointwiseMin(FaceColours.median(line), deep)
    }

    func draw(_ expression: Expression, _ placed: RigMesh.Placed, on canvas: Canvas) {
        // At rest the portrait keeps its own mouth, to the pixel.
        let activity = Self.activity(expression)
        guard activity > 0 else { return }
        let upper = Landmark.upperLip[0].map { placed.points[$0] }
        let lower = Landmark.lowerLip[0].map { placed.points[$0] }
        let gap = (2..<9).map { (upper[$0] - lower[$0]).length }.max() ?? 0
        if needsSeam {
            let scale = rig.pose.scale
            let alpha = Self.seamAlpha * activity * smoothStep(0.11, 0.02, gap / scale)
            let line = smoothLine(zip(upper, lower).map { ($0 + $1) * 0.5 }, pieces: 3)
            canvas.drawSeam(
                line, width: Self.seamWidth * scale, blur: max(0.7, 0.3 + colours.blur), seam,
                alpha: alpha)
        }
        let painted = presence(expression)
        let opacity = painted * smoothStep(Self.seenGap.from, Self.seenGap.to, gap)
        guard opacity > 0.004 else { return }
        let down = (rig.pose.rotation * placed.turn).columns.1.plane
        let lips = evened(
            uncrossed(smoothLine(upper, pieces: 6), smoothLine(lower, pieces: 6), down))
        let outline = lips.0 + lips.1.reversed()
        var mask = AlphaMask(around: outline, margin: 4, width: canvas.width, height: canvas.height)
        guard !mask.isEmpty else { return }
        mask.fill(outline)
        mask.blur(max(0.45, 0.8 * colours.blur))
        let frame = MouthFrame(rig, placed, upper: lips.0, lower: lips.1)
        let shader = InteriorShader(
            rig: rig, colours: inside, isGrey: colours.isGrey, teeth: teeth, frame: frame,
            expression: expression)
        let blur = 0.85 * colours.blur
        let inside = shader.painted(mask, margin: Int(bounded: (3 * blur).rounded(.up)) + 1)
            .blurred(blur)
        blend(inside, mask, painted, frame, on: canvas)
    }

    private func blend(
        _ painted: FloatImage, _ mask: AlphaMask, _ presence: Float, _ frame: MouthFrame,
        on canvas: Canvas
    ) {
        let (origin, scale) = (frame.origin, rig.pose.scale)
        let widest = frame.opening * Self.shareOfWidest
        // The noise goes along with the head.
        let (shiftX, shiftY) = (Int(bounded: origin.x.rounded()), Int(bounded: origin.y.rounded()))
        for y in mask.rows {
            for x in mask.columns {
                let cover = min(mask[x, y], 1)
                guard cover > 0.004 else { continue }
                let lips = frame.lips(frame.local(Point2(Float(x), Float(y))).x)
                let gap = max(lips.lower - lips.upper, widest) * scale
                let alpha = cover * presence * smoothStep(Self.seenGap.from, Self.seenGap.to, gap)
                guard alpha > 0.004 else { continue }
                let colour = painted.colour((y - mask.top) * mask.width + x - mask.left)
                canvas.blend(x, y, colour * (1 + grain.at(x - shiftX, y - shiftY)), alpha)
            }
        }
    }

    /// How much of what is seen between the lips is painted, 0…1: the rest is the portrait's own,
    /// squeezed as its lips come together. It gives way while they are nearly shut: on open lips
    /// two mouths would be seen, one through the other.
    func presence(_ expression: Expression) -> Float {
        guard showsInside else { return Self.activity(expression) }
        return max(
            smoothStep(Self.ownGone.from, Self.ownGone.to, expression.ease),
            Rig.closure(expression.mouth))
    }
    private static let ownGone: (from: Float, to: Float) = (0.6, 0.95)

    /// How far a mouth does anything at all, 0…1.
    static func activity(_ expression: Expression) -> Float {
        smoothStep(0, 0.12, max(expression.mouth.channels.max(), expression.ease))
    }
}

extension Canvas {
    /// Draws a soft line that thins towards both ends.
    /// - blur: standard deviation of its edges, pixels.
    func drawSeam(
        _ line: [Point2], width lineWidth: Float, blur: Float, _ colour: Point3, alpha: Float
    ) {
        guard alpha > 0.01, line.count > 1 else { return }
        let box = AlphaMask(
            around: line, margin: lineWidth + 3 * blur + 1, width: width, height: height)
        let last = Float(line.count - 1)
        for y in box.rows {
            for x in box.columns {
                let at = Point2(Float(x), Float(y))
                var (nearest, place) = (Float.infinity, Float(0))
                for index in 0..<line.count - 1 {
                    let along = line[index + 1] - line[index]
                    let from = at - line[index]
                    let size = max((along * along).sum(), 1e-9)
                    let part = min(max((from * along).sum() / size, 0), 1)
                    let way = from - along * part
                    let square = (way * way).sum()
                    if square < nearest { (nearest, place) = (square, Float(index) + part) }
                }
                // A stripe under a Gaussian, as wide as both together.
                let stripe = lineWidth * (0.45 + 0.55 * sinf(.pi * place / last))
                let spread = blur * blur + stripe * stripe / 12
                let cover = stripe / (2 * .pi * spread).squareRoot() * expf(-nearest / 2 / spread)
                guard cover > 0.004 else { continue }
                blend(x, y, colour, min(cover, 1) * alpha)
            }
        }
    }
}

/// Lips that nearly meet: between their points smooth lines may cross, and a hole that is inside
/// out would show as a row of dark beads. There both become one line.
func uncrossed(
    _ upper: [Point2], _ lower: [Point2], _ down: Point2
) -> (upper: [Point2], lower: [Point2]) {
    var (above, below) = (upper, lower)
    for index in above.indices where ((below[index] - above[index]) * down).sum() < 0 {
        above[index] = (above[index] + below[index]) * 0.5
        below[index] = above[index]
    }
    return (above, below)
}

/// Lips that nearly meet: a gap that is here a fraction of a pixel and there one more would show as
/// a row of dashes. There each point's gap is the mean of those around it.
func evened(_ lips: (upper: [Point2], lower: [Point2])) -> (upper: [Point2], lower: [Point2]) {
    // Pixels between lips that count as nearly shut, wholly and hardly; points to either side.
    let (shut, open): (Float, Float) = (1.5, 3)
    let reach = 9
    let gaps = zip(lips.upper, lips.lower).map { $1 - $0 }
    var (above, below) = lips
    for index in gaps.indices {
        let around = gaps[max(index - reach, 0)...min(index + reach, gaps.count - 1)]
        let mean = around.reduce(Point2(), +) / Float(around.count)
        let part = smoothStep(open, shut, max(mean.length, gaps[index].length))
        guard part > 0 else { continue }
        let change = (mean - gaps[index]) * (0.5 * part)
        above[index] -= change
        below[index] += change
    }
    return (above, below)
}

/// A smooth line through points, so many pieces from each to the next. Catmull and Rom (1974).
func smoothLine(_ points: [Point2], pieces: Int) -> [Point2] {
    guard points.count > 1 else { return points }
    let last = points.count - 1
    func point(_ index: Int) -> Point2 {
        if index < 0 { return points[0] * 2 - points[1] }
        if index > last { return points[last] * 2 - points[last - 1] }
        return points[index]
    }
    var line: [Point2] = []
    for index in 0..<last {
        let (a, b) = (point(index - 1), point(index))
        let (c, d) = (point(index + 1), point(index + 2))
        let square = a * 2 - b * 5 + c * 4 - d
        let cube = b * 3 - a - c * 3 + d
        for piece in 0..<pieces {
            let t = Float(piece) / Float(pieces)
            line.append((b * 2 + (c - a) * t + square * (t * t) + cube * (t * t * t)) * 0.5)
        }
    }
    return line + [points[last]]
}
