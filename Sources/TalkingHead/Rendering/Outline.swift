import EngineAPI

/// The edge of a shape on a canvas: where each of its rows begins and ends.
protocol Outline {
    /// Corners' smallest and greatest coordinates, pixels.
    var low: Point2 { get }
    var high: Point2 { get }
    /// Where a row crosses the edge, pixels.
    func span(_ row: Float) -> (begin: Float, end: Float)
}

/// Whole pixels that a shape can touch; right and bottom are the first ones outside.
struct OutlineBox {
    let left: Int
    let right: Int
    let top: Int
    let bottom: Int
}

extension Outline {
    /// As much as lies on the canvas. Its rows are those that the shape covers; a pixel more on
    /// each side is room for how crossings are rounded.
    @inline(__always)
    func box(width: Int, height: Int) -> OutlineBox {
        OutlineBox(
            left: max(ceiling(low.x, below: width) &- 1, 0),
            right: min(ceiling(high.x, below: width) &+ 1, width),
            top: ceiling(low.y, below: height), bottom: ceiling(high.y, below: height))
    }

    /// The pixels of a row, never outside the box.
    @inline(__always)
    func columns(ofRow y: Int, in box: OutlineBox) -> (left: Int, right: Int) {
        let (begin, end) = span(Float(y))
        return (
            max(ceiling(begin, below: box.right), box.left), ceiling(end, below: box.right)
        )
    }
}

/// A triangle.
struct TriangleOutline: Outline {
    let low: Point2
    let high: Point2
    private let middle: Float
    private let long: Edge
    private let upper: Edge
    private let lower: Edge

    @inline(__always)
    init(_ corners: (Point2, Point2, Point2)) {
        var (a, b, c) = corners
        low = pointwiseMin(pointwiseMin(a, b), c)
        high = pointwiseMax(pointwiseMax(a, b), c)
        if b.y < a.y { swap(&a, &b) }
        if c.y < b.y { swap(&b, &c) }
        if b.y < a.y { swap(&a, &b) }
        middle = b.y
        (long, upper, lower) = (Edge(a, c), Edge(a, b), Edge(b, c))
    }

    @inline(__always)
    func span(_ row: Float) -> (begin: Float, end: Float) {
        let (one, other) = (long.at(row), row < middle ? upper.at(row) : lower.at(row))
        return (min(one, other), max(one, other))
    }
}

/// Four corners: the left ones lie left of the right ones, the upper ones above the lower ones.
struct CellOutline: Outline {
    let low: Point2
    let high: Point2
    /// Where the sides begin and end: above and below, the upper and the lower edge bound a row.
    private let leftTop: Float
    private let leftBottom: Float
    private let rightTop: Float
    private let rightBottom: Float
    private let left: Edge
    private let right: Edge
    private let upper: Edge
    private let lower: Edge

    /// - corners: upper left, upper right, lower left, lower right.
    @inline(__always)
    init(_ corners: (Point2, Point2, Point2, Point2)) {
        let (a, b, c, d) = corners
        low = Point2(min(a.x, c.x), min(a.y, b.y))
        high = Point2(max(b.x, d.x), max(c.y, d.y))
        (leftTop, leftBottom, rightTop, rightBottom) = (a.y, c.y, b.y, d.y)
        (left, right) = (Edge(a, c), Edge(b, d))
        upper = a.y < b.y ? Edge(a, b) : Edge(b, a)
        lower = c.y < d.y ? Edge(c, d) : Edge(d, c)
    }

    @inline(__always)
    func span(_ row: Float) -> (begin: Float, end: Float) {
        let begin =
            row < leftTop ? upper.at(row) : row < leftBottom ? left.at(row) : lower.at(row)
        let end =
            row < rightTop ? upper.at(row) : row < rightBottom ? right.at(row) : lower.at(row)
        return (begin, end)
    }
}

/// A side of a shape, upper end first: two that share it find the same places on it.
private struct Edge {
    private let start: Point2
    private let slope: Float

    @inline(__always)
    init(_ a: Point2, _ b: Point2) {
        start = a
        slope = b.y > a.y ? (b.x - a.x) / (b.y - a.y) : 0
    }

    /// Where it crosses a row.
    @inline(__always)
    func at(_ row: Float) -> Float { start.x + (row - start.y) * slope }
}

/// The first whole number that is not less, within 0…limit; 0 for what is no number. A call of
/// `ceil` costs more than a short span: x86-64 has no instruction for it.
@inline(__always)
private func ceiling(_ value: Float, below limit: Int) -> Int {
    guard value > 0 else { return 0 }
    guard value < Float(limit) else { return limit }
    // The nearest whole number is in the lowest bits of the sum, which has no fraction left.
    let shift: Float = 0x1.8p23
    let nearest = Int(
        Int32(bitPattern: (value + shift).bitPattern) &- Int32(bitPattern: shift.bitPattern))
    return Float(nearest) < value ? nearest + 1 : nearest
}
