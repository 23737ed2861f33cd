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
        let (p, q) = (to.1 - to.0, to.2 - to.0)
        let area = p.x * q.y - q.x * p.y
        guard abs(area) > 1e-6 else { return }
        let (s, t) = (from.1 - from.0, from.2 - from.0)
        let perX = (s * q.y - t * p.y) / area
        let perY = (t * p.x - s * q.x) / area
        var (a, b, c) = to
        if b.y < a.y { swap(&a, &b) }
        if c.y < b.y { swap(&b, &c) }
        if b.y < a.y { swap(&a, &b) }
        let first = max(Int(bounded: a.y.rounded(.up)), 0)
        let last = min(Int(bounded: c.y.rounded(.up)), height)
        guard first < last else { return }
        for y in first..<last {
            let row = Float(y)
            let long = Self.crossing(a, c, row)
            let short = row < b.y ? Self.crossing(a, b, row) : Self.crossing(b, c, row)
            let left = max(Int(bounded: min(long, short).rounded(.up)), 0)
            let right = min(Int(bounded: max(long, short).rounded(.up)), width)
            guard left < right else { continue }
            let start =
                from.0 + perX * (Float(left) - to.0.x) + perY * (row - to.0.y)
            if let plate {
                drawSpan(y, left, right, start, perX, source, over: plate)
            } else {
                drawSpan(y, left, right, start, perX, source)
            }
        }
    }

    /// Where an edge (upper end first) crosses a row.
    @inline(__always)
    private static func crossing(_ a: Point2, _ b: Point2, _ row: Float) -> Float {
        let height = b.y - a.y
        return height > 0 ? a.x + (row - a.y) / height * (b.x - a.x) : a.x
    }

    @inline(__always)
    private func drawSpan(
        _ y: Int, _ left: Int, _ right: Int, _ start: Point2, _ step: Point2, _ source: Sampler
    ) {
        var into = UnsafeMutableRawPointer(pixels + (y * width + left) * 3)
        var line = SourceLine(start, step, count: right - left, source)
        // Four bytes at once: the next pixel overwrites the fourth.
        for _ in left..<right - 1 {
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
        _ y: Int, _ left: Int, _ right: Int, _ start: Point2, _ step: Point2, _ source: Sampler,
        over plate: UnsafePointer<UInt8>
    ) {
        var at = (y * width + left) * 3
        var line = SourceLine(start, step, count: right - left, source)
        for _ in left..<right {
            let mixed = line.next(source)
            let behind = SIMD4<UInt16>(
                UInt16(plate[at]), UInt16(plate[at + 1]), UInt16(plate[at + 2]), 0)
            let alpha = mixed.w
            // Rounded division by 255; all fits sixteen bits.
            let sum = mixed &* alpha &+ behind &* (255 &- alpha) &+ 128
            let over = (sum &+ (sum &>> 8)) &>> 8
            pixels[at] = UInt8(truncatingIfNeeded: over.x)
            pixels[at + 1] = UInt8(truncatingIfNeeded: over.y)
            pixels[at + 2] = UInt8(truncatingIfNeeded: over.z)
            at += 3
        }
    }
}

extension SIMD4 where Scalar == UInt16 {
    /// Its lower bytes, the first one lowest.
    @inline(__always)
    fileprivate var bytes: UInt32 {
        unsafeBitCast(SIMD4<UInt8>(truncatingIfNeeded: self), to: UInt32.self)
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
    init(_ start: Point2, _ step: Point2, count: Int, _ source: Sampler) {
        u = Int(bounded: start.x * Sampler.one)
        v = Int(bounded: start.y * Sampler.one)
        du = Int(bounded: step.x * Sampler.one)
        dv = Int(bounded: step.y * Sampler.one)
        let (endU, endV) = (u + du * (count - 1), v + dv * (count - 1))
        isInside =
            min(u, endU) >= 0 && max(u, endU) <= source.right && min(v, endV) >= 0
            && max(v, endV) <= source.bottom
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
