import EngineAPI

/// Source coordinates over one shape, in 2⁻³² pixels: whole numbers, so that a row's beginning
/// is found by two products.
struct SourceMap {
    /// Half of what the wider ones overflow at: coordinates beyond are clamped anyway.
    private static let most: Double = 0x1p46
    fileprivate let xStep: (u: Int, v: Int)
    fileprivate let yStep: (u: Int, v: Int)
    fileprivate let origin: (u: Int, v: Int)

    /// The map that takes a triangle to another; nil for one without an area.
    @inline(__always)
    init?(_ to: (Point2, Point2, Point2), _ from: (Point2, Point2, Point2)) {
        let (p, q) = (to.1 - to.0, to.2 - to.0)
        let area = p.x * q.y - q.x * p.y
        guard abs(area) > 1e-6 else { return nil }
        let (s, t) = (from.1 - from.0, from.2 - from.0)
        let perX = (s * q.y - t * p.y) / area
        let perY = (t * p.x - s * q.x) / area
        @inline(__always)
        func fixed(_ value: Float) -> Int {
            Int(bounded: min(max(Double(value) * 0x1p32, -Self.most), Self.most))
        }
        xStep = (fixed(perX.x), fixed(perX.y))
        yStep = (fixed(perY.x), fixed(perY.y))
        let start = from.0 - perX * to.0.x - perY * to.0.y
        origin = (fixed(start.x), fixed(start.y))
    }

    /// Where a pixel reads the source, in 1/65536 pixels.
    @inline(__always)
    fileprivate func place(_ x: Int, _ y: Int) -> (u: Int, v: Int) {
        (
            (origin.u &+ xStep.u &* x &+ yStep.u &* y) >> 16,
            (origin.v &+ xStep.v &* x &+ yStep.v &* y) >> 16
        )
    }

    /// Whether each pixel of a box reads within the source: the map is linear, its corners tell.
    @inline(__always)
    func isInside(_ box: OutlineBox, _ source: Sampler) -> Bool {
        let (right, bottom) = (box.right &- 1, box.bottom &- 1)
        let (a, b) = (place(box.left, box.top), place(right, box.top))
        let (c, d) = (place(box.left, bottom), place(right, bottom))
        // A walk's steps are rounded down: less than a unit a pixel.
        let slack = box.right &- box.left
        return min(min(a.u, b.u), min(c.u, d.u)) >= slack
            && max(max(a.u, b.u), max(c.u, d.u)) <= source.right
            && min(min(a.v, b.v), min(c.v, d.v)) >= slack
            && max(max(a.v, b.v), max(c.v, d.v)) <= source.bottom
    }
}

/// A walk through the source along one row of the canvas: the colours of two pixels at a time.
struct SourceWalk {
    private let source: Sampler
    /// Of the next pixel, 1/65536 pixels.
    private var u: Int
    private var v: Int
    private let du: Int
    private let dv: Int
    /// What is left of both pixels' coordinates under a whole one: sums that wrap as they do.
    private var rest: (u: SIMD8<UInt16>, v: SIMD8<UInt16>)
    private let step: (u: SIMD8<UInt16>, v: SIMD8<UInt16>)

    @inline(__always)
    init(_ map: SourceMap, x: Int, y: Int, _ source: Sampler) {
        self.source = source
        let start = map.place(x, y)
        (u, v) = (start.u &+ Sampler.half, start.v &+ Sampler.half)
        (du, dv) = (map.xStep.u >> 16, map.xStep.v >> 16)
        rest = (eachFour(u, u &+ du), eachFour(v, v &+ dv))
        step = (eachFour(du &* 2, du &* 2), eachFour(dv &* 2, dv &* 2))
    }

    /// The colours of two pixels, and two steps on.
    @inline(__always)
    mutating func nextPair() -> PixelPair {
        let lanes = source.blend(u, v, and: u &+ du, v &+ dv, rest.u &>> 8, rest.v &>> 8)
        u &+= du &* 2
        v &+= dv &* 2
        rest = (rest.u &+ step.u, rest.v &+ step.v)
        return PixelPair(lanes: lanes)
    }

    /// The colour there alone: one step on may be outside.
    @inline(__always)
    func lastOne() -> PixelPair {
        PixelPair(lanes: source.blend(u, v, and: u, v, rest.u &>> 8, rest.v &>> 8))
    }

    /// The colour there alone, or where it lies outside the border's; and a step on. A walk is
    /// either of these or of pairs.
    @inline(__always)
    mutating func nextClamped() -> PixelPair {
        let x = min(max(u &- Sampler.half, 0), source.right) &+ Sampler.half
        let y = min(max(v &- Sampler.half, 0), source.bottom) &+ Sampler.half
        u &+= du
        v &+= dv
        return PixelPair(
            lanes: source.blend(x, y, and: x, y, eachFour(x, x) &>> 8, eachFour(y, y) &>> 8))
    }
}

/// The lowest bits of two numbers, four times each.
@inline(__always)
private func eachFour(_ one: Int, _ other: Int) -> SIMD8<UInt16> {
    SIMD8(
        lowHalf: SIMD4(repeating: UInt16(truncatingIfNeeded: one)),
        highHalf: SIMD4(repeating: UInt16(truncatingIfNeeded: other)))
}

/// Two pixels: red, green, blue and coverage of each, 0…255.
struct PixelPair {
    fileprivate let lanes: SIMD8<UInt16>

    /// Red, green and blue of both, the first one in the lowest bits.
    @inline(__always)
    var packed: UInt64 {
        let each = unsafeBitCast(lanes, to: SIMD2<UInt64>.self)
        let (low, middle, high) = (
            each & SIMD2(repeating: 0xFF), (each &>> 8) & SIMD2(repeating: 0xFF00),
            (each &>> 16) & SIMD2(repeating: 0xFF_0000)
        )
        let three = low | middle | high
        return three.x | three.y &<< 24
    }

    /// Over two others, as far as they cover; as a division by 255 rounds, all fits sixteen bits.
    /// - bytes: red, green and blue of both.
    @inline(__always)
    func laid(over bytes: UInt64) -> PixelPair {
        let apart = bytes & 0xFF_FFFF | bytes &<< 8 & 0xFF_FFFF_0000_0000
        let behind = SIMD8<UInt16>(
            truncatingIfNeeded: unsafeBitCast(apart, to: SIMD8<UInt8>.self))
        let alpha = SIMD8(
            lowHalf: SIMD4(repeating: lanes[3]), highHalf: SIMD4(repeating: lanes[7]))
        let sum = lanes &* alpha &+ behind &* (255 &- alpha) &+ 128
        return PixelPair(lanes: (sum &+ (sum &>> 8)) &>> 8)
    }
}
