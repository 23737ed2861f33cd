import EngineAPI

/// The portrait as the inner loops want it: four bytes a pixel, so that two neighbours are one
/// load. One more column and row repeat the border, so that the right and lower neighbours always
/// exist.
struct SourceImage: Sendable {
    let width: Int
    let height: Int
    private var pixels: [UInt32]

    /// - pixels: of an image of that size, four bytes each: red, green, blue, coverage.
    init(_ whole: [UInt32], width: Int, height: Int) {
        self.width = width
        self.height = height
        var pixels: [UInt32] = []
        pixels.reserveCapacity((width + 1) * (height + 1))
        for y in 0...height {
            let row = min(y, height - 1) * width
            pixels += whole[row..<row + width]
            pixels.append(whole[row + width - 1])
        }
        self.pixels = pixels
    }

    init(_ image: Image) {
        width = image.width
        height = image.height
        var pixels: [UInt32] = []
        pixels.reserveCapacity((width + 1) * (height + 1))
        for y in 0...height {
            for x in 0...width {
                let at = (min(y, height - 1) * width + min(x, width - 1)) * 3
                let (r, g, b) = (image.rgb[at], image.rgb[at + 1], image.rgb[at + 2])
                pixels.append(UInt32(r) | UInt32(g) << 8 | UInt32(b) << 16)
            }
        }
        self.pixels = pixels
    }

    /// Lends the pixels of a box for writing, and repeats the border again where it was reached.
    mutating func withPixels(
        of box: PixelBox, _ body: (UnsafeMutablePointer<UInt32>, _ rowStride: Int) -> Void
    ) {
        precondition(box.left + box.width <= width && box.top + box.height <= height)
        let stride = width + 1
        pixels.withUnsafeMutableBufferPointer { pixels in
            let first = pixels.baseAddress!
            body(first + box.top * stride + box.left, stride)
            if box.left + box.width == width {
                for y in box.top..<box.top + box.height {
                    first[y * stride + width] = first[y * stride + width - 1]
                }
            }
            if box.top + box.height == height {
                (first + height * stride).update(
                    from: first + (height - 1) * stride, count: stride)
            }
        }
    }

    /// Lends the pixels for the length of one frame.
    func withSampler<Result>(_ body: (Sampler) -> Result) -> Result {
        pixels.withUnsafeBytes {
            body(Sampler(pixels: $0.baseAddress!, width: width, height: height))
        }
    }
}

/// Bilinear reading of a `SourceImage`; lives as long as the closure that got it.
struct Sampler {
    private let pixels: UnsafeRawPointer
    private let rowBytes: Int
    let width: Int
    let height: Int

    /// Whole pixels of a coordinate are its upper bits, 16 bits are the fraction.
    static let one: Float = 65536

    fileprivate init(pixels: UnsafeRawPointer, width: Int, height: Int) {
        self.pixels = pixels
        self.width = width
        self.height = height
        rowBytes = (width + 1) * 4
    }

    /// Largest coordinates that may be asked for, in 1/65536 pixels.
    var right: Int { (width - 1) << 16 }
    var bottom: Int { (height - 1) << 16 }

    /// The blend of four pixels: red, green, blue, nothing. Weights are eight bits: a weight times
    /// 255 fits sixteen, and whole coordinates give the pixel as it is.
    @inline(__always)
    func blend(_ u: Int, _ v: Int) -> SIMD4<UInt16> {
        let (pair, weight) = column(u, v)
        return (pair.lowHalf &* (256 &- weight) &+ pair.highHalf &* weight &+ 128) &>> 8
    }

    /// Two blends at once.
    @inline(__always)
    func blend(_ u: Int, _ v: Int, and otherU: Int, _ otherV: Int) -> SIMD8<UInt16> {
        let (one, other) = (column(u, v), column(otherU, otherV))
        let near = SIMD8(lowHalf: one.pair.lowHalf, highHalf: other.pair.lowHalf)
        let far = SIMD8(lowHalf: one.pair.highHalf, highHalf: other.pair.highHalf)
        let weights = SIMD8(
            lowHalf: SIMD4(repeating: one.weight), highHalf: SIMD4(repeating: other.weight))
        return (near &* (256 &- weights) &+ far &* weights &+ 128) &>> 8
    }

    /// Two neighbours, each blended with the one below it, and the weight of the right one.
    @inline(__always)
    private func column(_ u: Int, _ v: Int) -> (pair: SIMD8<UInt16>, weight: UInt16) {
        // Half of a weight's unit: what float arithmetic left under a whole coordinate is on it.
        let (u, v) = (u &+ 128, v &+ 128)
        let at = pixels + ((v >> 16) * rowBytes + (u >> 16) * 4)
        let (fx, fy) = (
            UInt16(truncatingIfNeeded: u >> 8 & 255), UInt16(truncatingIfNeeded: v >> 8 & 255)
        )
        let above = SIMD8<UInt16>(truncatingIfNeeded: at.loadUnaligned(as: SIMD8<UInt8>.self))
        let below = SIMD8<UInt16>(
            truncatingIfNeeded: (at + rowBytes).loadUnaligned(as: SIMD8<UInt8>.self))
        return ((above &* (256 &- fy) &+ below &* fy &+ 128) &>> 8, fx)
    }

    /// The colour at a point, 0…255; outside, the border's.
    @inline(__always)
    func colour(_ at: Point2) -> Point3 {
        let u = min(max(Int(bounded: at.x * Self.one), 0), right)
        let v = min(max(Int(bounded: at.y * Self.one), 0), bottom)
        let mixed = blend(u, v)
        return Point3(Float(mixed.x), Float(mixed.y), Float(mixed.z))
    }
}
