import EngineAPI

/// Where one frame is drawn: packed RGB, top row first. Lives as long as the closure that got it.
struct Canvas {
    let pixels: UnsafeMutablePointer<UInt8>
    let width: Int
    let height: Int

    /// Lays a colour (0…255) over a pixel.
    @inline(__always)
    func blend(_ x: Int, _ y: Int, _ colour: Point3, _ alpha: Float) {
        let at = pixels + (y * width + x) * 3
        for channel in 0..<3 {
            let old = Float(at[channel])
            let new = old + (colour[channel] - old) * alpha
            at[channel] = UInt8(bounded: min(max(new + 0.5, 0), 255))
        }
    }

    /// Draws a triangle of the source where it has moved to: source coordinates are linear over it.
    /// A pixel belongs to the triangle that its centre lies in; one on an edge to exactly one of
    /// the two that share it, so a mesh leaves no gap and paints nothing twice.
    /// - plate: packed RGB of the canvas's size, what shows where the source covers little; nil
    ///   where it covers all.
    func draw(
        _ to: (Point2, Point2, Point2), from: (Point2, Point2, Point2), _ source: Sampler,
        over plate: UnsafePointer<UInt8>? = nil
    ) {
        guard let map = SourceMap(to, from) else { return }
        var (a, b, c) = to
        if b.y < a.y { swap(&a, &b) }
        if c.y < b.y { swap(&b, &c) }
        if b.y < a.y { swap(&a, &b) }
        let (first, last) = (ceiling(a.y, below: height), ceiling(c.y, below: height))
        guard first < last else { return }
        let (long, upper, lower) = (Edge(a, c), Edge(a, b), Edge(b, c))
        for y in first..<last {
            let row = Float(y)
            let (one, other) = (long.at(row), row < b.y ? upper.at(row) : lower.at(row))
            drawRow(y, min(one, other), max(one, other), map, source, over: plate)
        }
    }

    /// Draws a cell: two triangles, or one piece where both have the same map of the source but for
    /// what nobody sees. Its sides are those of its neighbours either way.
    /// - to: upper left, upper right, lower left, lower right.
    func draw(
        cell to: (Point2, Point2, Point2, Point2), from: (Point2, Point2, Point2, Point2),
        _ source: Sampler, over plate: UnsafePointer<UInt8>? = nil
    ) {
        let (a, b, c, d) = to
        let bend = (a - b) + (d - c)
        let isOnePiece =
            abs(bend.x) < Self.leastBend && abs(bend.y) < Self.leastBend
            && a.x < b.x && c.x < d.x && a.y < c.y && b.y < d.y
        guard isOnePiece, let map = SourceMap((a, b, c), (from.0, from.1, from.2)) else {
            draw((a, b, c), from: (from.0, from.1, from.2), source, over: plate)
            return draw((b, d, c), from: (from.1, from.3, from.2), source, over: plate)
        }
        let (top, bottom) = (min(a.y, b.y), max(c.y, d.y))
        let (first, last) = (ceiling(top, below: height), ceiling(bottom, below: height))
        guard first < last else { return }
        let (left, right) = (Edge(a, c), Edge(b, d))
        let upper = a.y < b.y ? Edge(a, b) : Edge(b, a)
        let lower = c.y < d.y ? Edge(c, d) : Edge(d, c)
        for y in first..<last {
            let row = Float(y)
            // Above a side's upper end and below its lower one, the next side bounds the row.
            let begin = row < a.y ? upper.at(row) : row < c.y ? left.at(row) : lower.at(row)
            let end = row < b.y ? upper.at(row) : row < d.y ? right.at(row) : lower.at(row)
            drawRow(y, begin, end, map, source, over: plate)
        }
    }

    /// Pixels that a fourth corner may lie off the plane of the three others.
    private static let leastBend: Float = 1.0 / 16

    @inline(__always)
    private func drawRow(
        _ y: Int, _ begin: Float, _ end: Float, _ map: SourceMap, _ source: Sampler,
        over plate: UnsafePointer<UInt8>?
    ) {
        let left = ceiling(begin, below: width)
        let right = ceiling(end, below: width)
        guard left < right else { return }
        let line = SourceLine(map, x: left, y: y, count: right - left, source)
        if let plate {
            drawSpan(y, left, right, line, source, over: plate)
        } else {
            drawSpan(y, left, right, line, source)
        }
    }

    @inline(__always)
    private func drawSpan(
        _ y: Int, _ left: Int, _ right: Int, _ line: SourceLine, _ source: Sampler
    ) {
        var into = UnsafeMutableRawPointer(pixels + (y * width + left) * 3)
        var line = line
        var x = left
        // Two pixels in eight bytes: the next two overwrite the last two of them.
        while x + 2 < right {
            let pair = line.nextPair(source).bytes
            let packed = pair & 0xFF_FFFF | pair >> 8 & 0xFFFF_FF00_0000
            into.storeBytes(of: packed, as: UInt64.self)
            into += 6
            x += 2
        }
        // Four bytes at once: the next pixel overwrites the fourth.
        if x + 1 < right {
            into.storeBytes(of: line.next(source).bytes, as: UInt32.self)
            into += 3
        }
        let last = line.next(source).bytes
        into.storeBytes(of: UInt16(truncatingIfNeeded: last), as: UInt16.self)
        into.storeBytes(
            of: UInt8(truncatingIfNeeded: last >> 16), toByteOffset: 2, as: UInt8.self)
    }

    @inline(__always)
    private func drawSpan(
        _ y: Int, _ left: Int, _ right: Int, _ line: SourceLine, _ source: Sampler,
        over plate: UnsafePointer<UInt8>
    ) {
        let at = (y * width + left) * 3
        var (into, behind) = (
            UnsafeMutableRawPointer(pixels + at), UnsafeRawPointer(plate + at)
        )
        var line = line
        var x = left
        // Two pixels in eight bytes, of which the last two are the next pixels'.
        while x + 2 < right {
            let mixed = line.nextPair(source)
            let bytes = behind.loadUnaligned(as: UInt64.self)
            let apart = bytes & 0xFF_FFFF | bytes << 8 & 0xFF_FFFF_0000_0000
            let alpha = SIMD8(
                lowHalf: SIMD4(repeating: mixed[3]), highHalf: SIMD4(repeating: mixed[7]))
            let over = Self.laid(mixed, over: apart.lanes, alpha).bytes
            let packed = over & 0xFF_FFFF | over >> 8 & 0xFFFF_FF00_0000
            into.storeBytes(of: packed, as: UInt64.self)
            into += 6
            behind += 6
            x += 2
        }
        while x < right {
            let mixed = line.next(source)
            let plain = SIMD4<UInt16>(
                UInt16(behind.load(as: UInt8.self)),
                UInt16(behind.load(fromByteOffset: 1, as: UInt8.self)),
                UInt16(behind.load(fromByteOffset: 2, as: UInt8.self)), 0)
            let over = Self.laid(mixed, over: plain, SIMD4(repeating: mixed.w))
            for channel in 0..<3 {
                into.storeBytes(
                    of: UInt8(truncatingIfNeeded: over[channel]), toByteOffset: channel,
                    as: UInt8.self)
            }
            into += 3
            behind += 3
            x += 1
        }
    }

    /// One colour over another, both 0…255; all fits sixteen bits.
    @inline(__always)
    private static func laid<V: SIMD>(_ colour: V, over other: V, _ alpha: V) -> V
    where V.Scalar == UInt16 {
        // Rounded division by 255.
        let sum = colour &* alpha &+ other &* (255 &- alpha) &+ 128
        return (sum &+ (sum &>> 8)) &>> 8
    }
}

extension UInt64 {
    /// Its bytes, the lowest one first.
    @inline(__always)
    fileprivate var lanes: SIMD8<UInt16> {
        SIMD8(truncatingIfNeeded: unsafeBitCast(self, to: SIMD8<UInt8>.self))
    }
}

extension SIMD8 where Scalar == UInt16 {
    /// Its lower bytes, the first one lowest.
    @inline(__always)
    fileprivate var bytes: UInt64 {
        unsafeBitCast(SIMD8<UInt8>(truncatingIfNeeded: self), to: UInt64.self)
    }
}

extension SIMD4 where Scalar == UInt16 {
    /// Its lower bytes, the first one lowest.
    @inline(__always)
    fileprivate var bytes: UInt32 {
        unsafeBitCast(SIMD4<UInt8>(truncatingIfNeeded: self), to: UInt32.self)
    }
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

/// A side of a triangle, upper end first: two that share it find the same places on it.
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

/// Source coordinates over one triangle, in 2⁻³² pixels: whole numbers, so that a row's beginning
/// is found by two products.
private struct SourceMap {
    /// Half of what the wider ones overflow at: coordinates beyond are clamped anyway.
    private static let most: Double = 0x1p46
    let xStep: (u: Int, v: Int)
    let yStep: (u: Int, v: Int)
    let origin: (u: Int, v: Int)

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
}

/// A walk through the source along one row of the canvas, in 1/65536 pixels.
private struct SourceLine {
    private var u: Int
    private var v: Int
    private let du: Int
    private let dv: Int
    private let isInside: Bool

    @inline(__always)
    init(_ map: SourceMap, x: Int, y: Int, count: Int, _ source: Sampler) {
        u = (map.origin.u &+ map.xStep.u &* x &+ map.yStep.u &* y) >> 16
        v = (map.origin.v &+ map.xStep.v &* x &+ map.yStep.v &* y) >> 16
        du = map.xStep.u >> 16
        dv = map.xStep.v >> 16
        let (endU, endV) = (u &+ du &* (count - 1), v &+ dv &* (count - 1))
        isInside =
            min(u, endU) >= 0 && max(u, endU) <= source.right && min(v, endV) >= 0
            && max(v, endV) <= source.bottom
    }

    /// The colours of two pixels, and two steps on.
    @inline(__always)
    mutating func nextPair(_ source: Sampler) -> SIMD8<UInt16> {
        guard isInside else {
            return SIMD8(lowHalf: next(source), highHalf: next(source))
        }
        let pair = source.blend(u, v, and: u &+ du, v &+ dv)
        u &+= du &* 2
        v &+= dv &* 2
        return pair
    }

    /// The colour there, and a step on.
    @inline(__always)
    mutating func next(_ source: Sampler) -> SIMD4<UInt16> {
        let x = isInside ? u : min(max(u, 0), source.right)
        let y = isInside ? v : min(max(v, 0), source.bottom)
        u &+= du
        v &+= dv
        return source.blend(x, y)
    }
}
