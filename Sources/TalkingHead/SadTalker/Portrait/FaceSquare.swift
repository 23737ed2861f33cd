import EngineAPI

/// A rectangle of whole pixels.
struct PixelRect: Sendable, Equatable {
    var (left, top, right, bottom): (Int, Int, Int, Int)

    var width: Int { right - left }
    var height: Int { bottom - top }

    static func == (a: PixelRect, b: PixelRect) -> Bool {
        (a.left, a.top, a.right, a.bottom) == (b.left, b.top, b.right, b.bottom)
    }
}

/// What SadTalker cuts a face out by: an upright rectangle around the square that FFHQ's portraits
/// were aligned with.
enum FaceSquare {
    /// Six points of each eye's lids, and the mouth's corners.
    private static let eyes = [
        [33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380],
    ]
    private static let mouth = [[61], [291]]
    /// A cut with fewer pixels a side is none.
    private static let sideMin = 8

    /// - points: 478, in the image's pixels.
    static func around(_ points: [Point2], width: Int, height: Int) -> PixelRect {
        rect((eyes + mouth).map { points.mean(of: $0) }, width: width, height: height)
    }

    /// - points: the eyes and the mouth's corners, left before right.
    static func rect(_ points: [SIMD2<Double>], width: Int, height: Int) -> PixelRect {
        let eyes = (points[0] + points[1]) / 2
        let mouth = (points[2] + points[3]) / 2
        let (across, down) = (points[1] - points[0], mouth - eyes)
        var x = across - SIMD2(-down.y, down.x)
        x *= max(length(across) * 2, length(down) * 1.8) / length(x)
        let y = SIMD2(-x.y, x.x)
        let middle = eyes + down * 0.1
        let corners = [middle - x - y, middle - x + y, middle + x + y, middle + x - y]
        let border = max(Int(bounded: (length(x) * 2 * 0.1).rounded(.toNearestOrEven)), 3)
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        let outer = PixelRect(
            left: max(Int(bounded: low(xs).rounded(.down)) - border, 0),
            top: max(Int(bounded: low(ys).rounded(.down)) - border, 0),
            right: min(Int(bounded: high(xs).rounded(.up)) + border, width),
            bottom: min(Int(bounded: high(ys).rounded(.up)) + border, height))
        let shift = SIMD2(Double(outer.left), Double(outer.top)) - 0.5
        let quad = corners.map { $0 - shift }
        // Its lower edge is bounded by the image's width, as its authors' code has it.
        let inner = PixelRect(
            left: outer.left + Int(bounded: max(min(quad[0].x, quad[1].x), 0)),
            top: outer.top + Int(bounded: max(min(quad[0].y, quad[3].y), 0)),
            right: min(
                outer.left + Int(bounded: min(max(quad[2].x, quad[3].x), Double(width))),
                outer.right),
            bottom: min(
                outer.top + Int(bounded: min(max(quad[1].y, quad[2].y), Double(width))),
                outer.bottom))
        // A face that lies on its side or head has its corners elsewhere.
        if min(inner.width, inner.height) >= sideMin { return inner }
        if min(outer.width, outer.height) >= sideMin { return outer }
        return PixelRect(left: 0, top: 0, right: width, bottom: height)
    }

    private static func length(_ vector: SIMD2<Double>) -> Double {
        (vector * vector).sum().squareRoot()
    }

    private static func low(_ values: [Double]) -> Double { values.reduce(.infinity, min) }
    private static func high(_ values: [Double]) -> Double { values.reduce(-.infinity, max) }
}
