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
        fill(TriangleOutline(to), map, source, over: plate)
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
        fill(CellOutline(to), map, source, over: plate)
    }

    /// Pixels that a fourth corner may lie off the plane of the three others.
    private static let leastBend: Float = 1.0 / 16

    @inline(__always)
    private func fill<Shape: Outline>(
        _ shape: Shape, _ map: SourceMap, _ source: Sampler, over plate: UnsafePointer<UInt8>?
    ) {
        let box = shape.box(width: width, height: height)
        guard box.left < box.right, box.top < box.bottom else { return }
        guard map.isInside(box, source) else {
            return drawClampedRows(of: shape, in: box, map, source, over: plate)
        }
        if let plate {
            drawRows(of: shape, in: box, map, source, over: plate)
        } else {
            drawRows(of: shape, in: box, map, source)
        }
    }

    // Functions of their own for whole shapes: inlined into a caller of any size, the optimizer
    // leaves each load and conversion of a pixel a call, which took a third of a film's time.

    /// Where nothing shows through.
    @inline(never)
    private func drawRows<Shape: Outline>(
        of shape: Shape, in box: OutlineBox, _ map: SourceMap, _ source: Sampler
    ) {
        for y in box.top..<box.bottom {
            let (left, right) = shape.columns(ofRow: y, in: box)
            guard left < right else { continue }
            var walk = SourceWalk(map, x: left, y: y, source)
            var into = UnsafeMutableRawPointer(pixels + (y &* width &+ left) &* 3)
            var count = right &- left
            // Two pixels in eight bytes: the next ones overwrite the last two of them.
            while count > 2 {
                into.storeBytes(of: walk.nextPair().packed, as: UInt64.self)
                into += 6
                count &-= 2
            }
            let last = count == 2 ? walk.nextPair() : walk.lastOne()
            store(last.packed, count, into)
        }
    }

    /// Where the plate shows as far as the source covers less.
    @inline(never)
    private func drawRows<Shape: Outline>(
        of shape: Shape, in box: OutlineBox, _ map: SourceMap, _ source: Sampler,
        over plate: UnsafePointer<UInt8>
    ) {
        for y in box.top..<box.bottom {
            let (left, right) = shape.columns(ofRow: y, in: box)
            guard left < right else { continue }
            var walk = SourceWalk(map, x: left, y: y, source)
            let at = (y &* width &+ left) &* 3
            var into = UnsafeMutableRawPointer(pixels + at)
            var behind = UnsafeRawPointer(plate + at)
            var count = right &- left
            while count > 2 {
                let bytes = behind.loadUnaligned(as: UInt64.self)
                into.storeBytes(
                    of: walk.nextPair().laid(over: bytes).packed, as: UInt64.self)
                into += 6
                behind += 6
                count &-= 2
            }
            let last = count == 2 ? walk.nextPair() : walk.lastOne()
            store(last.laid(over: load(behind, count)).packed, count, into)
        }
    }

    /// One or two pixels at a row's end: what follows in the row stays.
    @inline(__always)
    private func store(_ packed: UInt64, _ count: Int, _ into: UnsafeMutableRawPointer) {
        guard count == 2 else {
            into.storeBytes(of: UInt16(truncatingIfNeeded: packed), as: UInt16.self)
            return into.storeBytes(
                of: UInt8(truncatingIfNeeded: packed &>> 16), toByteOffset: 2, as: UInt8.self)
        }
        into.storeBytes(of: UInt32(truncatingIfNeeded: packed), as: UInt32.self)
        into.storeBytes(
            of: UInt16(truncatingIfNeeded: packed &>> 32), toByteOffset: 4, as: UInt16.self)
    }

    /// One or two pixels as they are stored.
    @inline(__always)
    private func load(_ from: UnsafeRawPointer, _ count: Int) -> UInt64 {
        guard count == 2 else {
            return UInt64(from.loadUnaligned(as: UInt16.self))
                | UInt64(from.load(fromByteOffset: 2, as: UInt8.self)) &<< 16
        }
        return UInt64(from.loadUnaligned(as: UInt32.self))
            | UInt64(from.loadUnaligned(fromByteOffset: 4, as: UInt16.self)) &<< 32
    }

    /// Where the source's border is repeated: few shapes, pixel by pixel.
    @inline(never)
    private func drawClampedRows<Shape: Outline>(
        of shape: Shape, in box: OutlineBox, _ map: SourceMap, _ source: Sampler,
        over plate: UnsafePointer<UInt8>?
    ) {
        for y in box.top..<box.bottom {
            let (left, right) = shape.columns(ofRow: y, in: box)
            guard left < right else { continue }
            var walk = SourceWalk(map, x: left, y: y, source)
            for x in left..<right {
                let at = (y &* width &+ x) &* 3
                var mixed = walk.nextClamped()
                if let plate {
                    mixed = mixed.laid(over: load(UnsafeRawPointer(plate + at), 1))
                }
                store(mixed.packed, 1, UnsafeMutableRawPointer(pixels + at))
            }
        }
    }
}
