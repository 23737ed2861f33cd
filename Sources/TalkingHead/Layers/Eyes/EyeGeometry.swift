import EngineAPI
import Glibc

/// Where an eye lies in the portrait: a box around it, and for each of its pixels how far it is
/// along the eye (`u`, from the left corner to the right one) and across it (`v`, downwards), and
/// where the lids, the folds beside them and the brow are in its column. Lengths are pixels.
struct EyeGeometry: Sendable {
    let box: PixelBox
    /// Left corner, in the box.
    let corner: Point2
    /// From the left corner to the right one, and across; one pixel long.
    let axis: Point2
    let down: Point2
    let width: Float
    /// Unit of what should not shrink with an eye that is seen from aside.
    let unit: Float
    /// Between the lids where they are farthest apart.
    let gap: Float
    /// Whether the outer corner is the right one.
    let isOuterRight: Bool
    let iris: Iris?
    /// Places of skin between the lower lid's fold and the cheekbone, in the box.
    let skin: [Point2]
    let u: [Float]
    let v: [Float]
    let upper: [Float]
    let lower: [Float]
    let fold: [Float]
    let underFold: [Float]
    let brow: [Float]
    /// How much of each pixel is face: the far eye of a face that looks aside ends at its outline.
    let face: FloatImage
    let upperCurve: MonotoneCurve
    let lowerCurve: MonotoneCurve

    /// An iris in the eye's own frame.
    struct Iris: Sendable {
        let centre: Point2
        let radius: Float
    }

    var count: Int { u.count }
    var openness: Float { gap / unit }
    /// Its width in that of an eye seen from the front.
    let widthPart: Float
    /// Of the outer corner, along the eye.
    var outerCorner: Float { isOuterRight ? width : 0 }

    /// How far the box reaches beyond the corners, widths, and above and below them, units.
    private static let (aside, above, below): (Float, Float, Float) = (0.55, 1, 1.1)
    /// An eye's width seen from the front, centimetres, and the least part of it that counts.
    private static let nominalWidth: Float = 2.7
    private static let leastPart: Float = 0.7

    /// Nothing where too little of the eye lies in the image.
    /// - points: landmarks in pixels. - scale: pixels a centimetre.
    init?(_ eye: Landmark.Eye, points: [Point2], scale: Float, imageSize: (Int, Int)) {
        let outer = points[eye.upper[0]]
        let inner = points[eye.upper[eye.upper.count - 1]]
        isOuterRight = outer.x > inner.x
        let (a, b) = isOuterRight ? (inner, outer) : (outer, inner)
        let width = max((b - a).length, 4)
        guard width.isFinite, scale.isFinite else { return nil }
        let axis = (b - a) / width
        let down = Point2(-axis.y, axis.x)
        let unit = max(width, Self.leastPart * Self.nominalWidth * scale)
        let across = [-Self.aside * width, (1 + Self.aside) * width]
        let reach = across.flatMap { u in
            [-Self.above * unit, Self.below * unit].map { a + axis * u + down * $0 }
        }
        let box = PixelBox(around: reach, width: imageSize.0, height: imageSize.1)
        guard box.width > 8, box.height > 8 else { return nil }
        (self.width, self.axis, self.down, self.unit, self.box) = (width, axis, down, unit, box)
        widthPart = width / max(Self.nominalWidth * scale, 1)
        let boxCorner = Point2(Float(box.left), Float(box.top))
        corner = a - boxCorner
        skin = eye.skin.map { points[$0] - boxCorner }
        func local(_ landmark: Int) -> Point2 {
            let from = points[landmark] - a
            return Point2((from * axis).sum(), (from * down).sum())
        }
        iris = Self.iris(eye, points.count, local)
        let range = -0.6 * width...1.6 * width
        let curves = [eye.upper, eye.lower, eye.upperFold, eye.lowerFold, eye.browEdge].map {
            MonotoneCurve($0.map(local), over: range)
        }
        (upperCurve, lowerCurve) = (curves[0], curves[1])
        gap = Self.columns.reduce(0) { max($0, curves[1]($1 * width) - curves[0]($1 * width)) }
        face = Self.face(Landmark.oval.map { points[$0] }, box, imageSize, unit: unit)
        let origin = corner
        var (u, v) = ([Float](), [Float]())
        u.reserveCapacity(box.width * box.height)
        v.reserveCapacity(box.width * box.height)
        for y in 0..<box.height {
            for x in 0..<box.width {
                let from = Point2(Float(x), Float(y)) - origin
                u.append((from * axis).sum())
                v.append((from * down).sum())
            }
        }
        (self.u, self.v) = (u, v)
        let lines = curves.map { curve in u.map { curve($0) } }
        (upper, lower, fold, underFold, brow) = (lines[0], lines[1], lines[2], lines[3], lines[4])
    }

    private static func face(
        _ outline: [Point2], _ box: PixelBox, _ imageSize: (Int, Int), unit: Float
    ) -> FloatImage {
        var oval = AlphaMask(
            around: outline, margin: 1, width: imageSize.0, height: imageSize.1)
        oval.fill(outline)
        var made = FloatImage(width: box.width, height: box.height)
        for y in oval.rows.clamped(to: box.top..<box.top + box.height) {
            for x in oval.columns.clamped(to: box.left..<box.left + box.width) {
                made.values[(y - box.top) * box.width + x - box.left] = oval[x, y]
            }
        }
        // Landmarks of the far outline lie a little inside it.
        return made.dilated(.disc(max(Int(bounded: 0.08 * unit), 1))).blurred(0.04 * unit)
    }

    private static func iris(
        _ eye: Landmark.Eye, _ count: Int, _ local: (Int) -> Point2
    ) -> Iris? {
        guard count >= Landmark.countWithIrises else { return nil }
        let marks = eye.iris.map(local)
        let radius = marks.dropFirst().reduce(0) { $0 + ($1 - marks[0]).length } / 4
        return radius > 0.5 ? Iris(centre: marks[0], radius: radius) : nil
    }

    /// Places along an eye at which its lids are looked at, in widths.
    static let columns = (0..<49).map { 0.02 + 0.96 * Float($0) / 48 }

    /// A place of the eye's own frame, in the box.
    func place(_ u: Float, _ v: Float) -> Point2 { corner + axis * u + down * v }

    /// A mask of the box, from what holds of each pixel.
    func mask(_ holds: (Int) -> Bool) -> [Bool] { (0..<count).map(holds) }

    /// A plane of the box.
    func plane(_ value: (Int) -> Float) -> FloatImage {
        FloatImage((0..<count).map(value), width: box.width, height: box.height)
    }

    /// A mask as a plane of ones and noughts.
    func plane(_ mask: [Bool]) -> FloatImage {
        FloatImage(mask.map { $0 ? 1 : 0 }, width: box.width, height: box.height)
    }
}
