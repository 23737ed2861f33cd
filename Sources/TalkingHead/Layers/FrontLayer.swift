import EngineAPI
import Glibc

/// Hands before a face, and what they hold: they stay where they are, drawn over the head that
/// moves behind them.
struct FrontLayer: Sendable {
    /// The portrait without them: what is behind is filled in.
    let behind: Image
    /// Of all motion of the head, 0…1: the more of the face is covered, the less it moves.
    let calm: Float
    private let box: PixelBox
    /// How much of each pixel of the box is in front, 0…256, and its colour, packed RGB.
    private let alpha: [Int32]
    private let colours: [UInt8]

    /// A hand is so much wider than the polygon of its joints, parts of the palm's length.
    private static let flesh: Float = 0.1
    /// How far from a hand a thing that it holds may reach, in the hand's size.
    private static let heldReach: Float = 0.35

    /// Nothing where no hand reaches the face.
    /// - hands: the 21 joints of each, pixels. - coverage: of the person, where it is known.
    init?(_ portrait: Image, hands: [[Point2]], points: [Point2], coverage: FloatImage?) {
        guard !hands.isEmpty else { return nil }
        let outlines = hands.map(Self.outline)
        let oval = Landmark.oval.map { points[$0] }
        let reach = outlines.flatMap { hand in
            let size = Self.size(hand)
            return hand.flatMap { [$0 - size * Self.heldReach, $0 + size * Self.heldReach] }
        }
        let size = (portrait.width, portrait.height)
        let box = PixelBox(around: reach, width: size.0, height: size.1)
        guard box.width > 4, box.height > 4 else { return nil }
        let source = FloatImage(portrait, box)
        let hull = outlines.reduce(FloatImage(width: box.width, height: box.height)) { made, hand in
            var made = made
            let one = FloatImage(covered: hand, in: box, of: size)
            for index in made.values.indices {
                made.values[index] = max(made.values[index], one.values[index])
            }
            return made
        }
        let face = FloatImage(covered: oval, in: box, of: size)
        let both = Self.front(
            source, hull, face: face, points: points, box: box, outlines: outlines,
            skin: FaceColours.median(Landmark.cheeks.map { portrait.nearest(points[$0]) }),
            imageSize: size)
        let light = FloatImage(
            source.plane(3).values.map { $0 / 255 }, width: box.width, height: box.height)
        let rough = both.dilated(.square(1))
        let front = rough.guided(by: light, radius: 4, epsilon: 1e-4)
            .mapped { smoothStep(0.15, 0.85, $0) }
        let faceArea = polygonArea(oval)
        let shared = zip(front.values, face.values).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        guard shared > 0.002 * faceArea else { return nil }
        calm = 1 - 0.3 * smoothStep(0.01, 0.12, shared / max(faceArea, 1))
        behind = Self.behind(portrait, source, front, rough, box, coverage)
        self.box = box
        alpha = front.values.map { Int32(bounded: ($0 * 256).rounded()) }
        colours = (0..<source.width * source.height).flatMap { index in
            (0..<3).map { UInt8(bounded: source.values[index * 4 + $0]) }
        }
    }

    /// The part of some points that a hand covers.
    static func share(of points: [Point2], under hands: [[Point2]]) -> Float {
        let outlines = hands.map(outline)
        let covered = points.count { point in outlines.contains { contains($0, point) } }
        return Float(covered) / Float(max(points.count, 1))
    }

    /// The convex hull of a hand's joints, as much wider as a hand is.
    private static func outline(_ joints: [Point2]) -> [Point2] {
        let hull = convexHull(joints)
        let middle = hull.reduce(Point2(), +) / Float(max(hull.count, 1))
        let palm = joints.count > 9 ? (joints[0] - joints[9]).length : 0
        return hull.map { point in
            let away = point - middle
            return point + away / max(away.length, 1) * (flesh * palm)
        }
    }

    private static func size(_ outline: [Point2]) -> Float {
        let low = outline.reduce(Point2(repeating: .infinity), pointwiseMin)
        let high = outline.reduce(Point2(repeating: -.infinity), pointwiseMax)
        return (high - low).length
    }

    /// The hands and what hangs together with them: unlike skin, by a hand, below the mouth.
    private static func front(
        _ source: FloatImage, _ hull: FloatImage, face: FloatImage, points: [Point2],
        box: PixelBox, outlines: [[Point2]], skin: Point3, imageSize: (Int, Int)
    ) -> FloatImage {
        let (left, right) = (Landmark.eyeCorners.left, Landmark.eyeCorners.right)
        // Outer corners of the eyes are 9 cm apart.
        let scale = (points[left] - points[right]).length / 9
        let reach = (outlines.map(size).max() ?? 0) * heldReach
        let near = hull.dilated(.disc(min(Int(bounded: reach), 96)))
        let around = face.dilated(.square(min(Int(bounded: 1.2 * scale), 96)))
        let lips = Landmark.upperLip[3] + Landmark.lowerLip[3].dropFirst().dropLast().reversed()
        let mouth = FloatImage(covered: lips.map { points[$0] }, in: box, of: imageSize)
            .dilated(.disc(Int(bounded: 0.25 * scale)))
        let chin = points[Landmark.lowerLipEdge].y - Float(box.top)
        let tone = skin / max(skin.luminance, 6)
        let isFront = hull.values.indices.map { index in
            if hull.values[index] > 0.5 { return true }
            guard near.values[index] > 0.5, around.values[index] > 0.5,
                mouth.values[index] < 0.1, Float(index / box.width) > chin
            else { return false }
            let light = source.values[index * 4 + 3]
            let unlike = (source.colour(index) / max(light, 6) - tone).largest
            return unlike > 0.16 || light < 0.3 * skin.luminance
        }
        let parts = ConnectedComponents(
            isFront, width: box.width, height: box.height, joinsCorners: true)
        let held = parts.touching(hull.values.map { $0 > 0.5 })
        return FloatImage(held.map { $0 ? 1 : 0 }, width: box.width, height: box.height)
            .closed(.disc(4))
    }

    private static func behind(
        _ portrait: Image, _ source: FloatImage, _ front: FloatImage, _ rough: FloatImage,
        _ box: PixelBox, _ coverage: FloatImage?
    ) -> Image {
        var known = rough.dilated(.square(2)).mapped { 1 - $0 }
        if let coverage {
            for index in known.values.indices {
                let (x, y) = (box.left + index % box.width, box.top + index / box.width)
                if coverage.values[y * coverage.width + x] <= 0.9 { known.values[index] = 0 }
            }
        }
        let filled = source.filled(known)
        var rgb = portrait.rgb
        for index in front.values.indices where front.values[index] > 0 {
            let (x, y) = (box.left + index % box.width, box.top + index / box.width)
            let colour =
                source.colour(index)
                + (filled.colour(index) - source.colour(index)) * front.values[index]
            for channel in 0..<3 {
                rgb[(y * portrait.width + x) * 3 + channel] = UInt8(
                    bounded: min(max(colour[channel].rounded(), 0), 255))
            }
        }
        return Image(width: portrait.width, height: portrait.height, rgb: rgb)
    }

    /// Lays what is in front over a frame.
    func draw(on canvas: Canvas) {
        alpha.withUnsafeBufferPointer { alpha in
            colours.withUnsafeBufferPointer { colours in
                for y in 0..<box.height {
                    let row = canvas.pixels + ((box.top + y) * canvas.width + box.left) * 3
                    for x in 0..<box.width {
                        let at = y * box.width + x
                        let part = alpha[at]
                        guard part > 0 else { continue }
                        for channel in 0..<3 {
                            let below = Int32(row[x * 3 + channel])
                            let own = Int32(colours[at * 3 + channel])
                            row[x * 3 + channel] = UInt8(
                                truncatingIfNeeded: below + ((own - below) * part + 128) >> 8)
                        }
                    }
                }
            }
        }
    }
}
