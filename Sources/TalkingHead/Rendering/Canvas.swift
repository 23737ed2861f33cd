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
    func draw(_ to: (Point2, Point2, Point2), from: (Point2, Point2, Point2), _ source: Sampler) {
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
            drawSpan(y, left, right, start, perX, source)
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
        var u = Int(bounded: start.x * Sampler.one)
        var v = Int(bounded: start.y * Sampler.one)
        let du = Int(bounded: step.x * Sampler.one)
        let dv = Int(bounded: step.y * Sampler.one)
        var into = pixels + (y * width + left) * 3
        let steps = right - left - 1
        let (endU, endV) = (u + du * steps, v + dv * steps)
        let isInside =
            min(u, endU) >= 0 && max(u, endU) <= source.right && min(v, endV) >= 0
            && max(v, endV) <= source.bottom
        for _ in left..<right {
            let x = isInside ? u : min(max(u, 0), source.right)
            let y = isInside ? v : min(max(v, 0), source.bottom)
            let mixed = source.blend(x, y)
            into[0] = UInt8(truncatingIfNeeded: mixed.x)
            into[1] = UInt8(truncatingIfNeeded: mixed.y)
            into[2] = UInt8(truncatingIfNeeded: mixed.z)
            into += 3
            u += du
            v += dv
        }
    }
}

extension Canvas {
    /// Draws a soft line.
    func stroke(_ line: [Point2], width lineWidth: Float, _ colour: Point3, alpha: Float) {
        var mask = AlphaMask(around: line, margin: lineWidth + 3, width: width, height: height)
        mask.stroke(line, width: lineWidth)
        mask.blur(0.6)
        for y in mask.rows {
            for x in mask.columns where mask[x, y] > 0.004 {
                blend(x, y, colour, mask[x, y] * alpha)
            }
        }
    }
}
