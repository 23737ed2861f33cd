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

    /// Half of a weight's unit, on top of every coordinate that is read: what float arithmetic left
    /// under a whole one is on it.
    static let half = 128

    /// Two blends of four pixels each: red, green, blue and coverage. Weights are eight bits: a
    /// weight times 255 fits sixteen, and whole coordinates give the pixel as it is.
    /// - u, v: of the upper left pixel, and of the other one's, 1/65536 pixels.
    /// - right, lower: weights of the right and the lower pixels, 0…255, four times each.
    @inline(__always)
    func blend(
        _ u: Int, _ v: Int, and otherU: Int, _ otherV: Int, _ right: SIMD8<UInt16>,
        _ lower: SIMD8<UInt16>
    ) -> SIMD8<UInt16> {
        let one = pixels + ((v >> 16) &* rowBytes &+ (u >> 16) &* 4)
        let other = pixels + ((otherV >> 16) &* rowBytes &+ (otherU >> 16) &* 4)
        let above = neighbours(one, other)
        let below = neighbours(one + rowBytes, other + rowBytes)
        return mixed(
            mixed(above.near, below.near, lower), mixed(above.far, below.far, lower), right)
    }

    /// A pixel of each place, and its right neighbours.
    @inline(__always)
    private func neighbours(
        _ one: UnsafeRawPointer, _ other: UnsafeRawPointer
    ) -> (near: SIMD8<UInt16>, far: SIMD8<UInt16>) {
        let a = unsafeBitCast(one.loadUnaligned(as: UInt64.self), to: SIMD2<UInt32>.self)
        let b = unsafeBitCast(other.loadUnaligned(as: UInt64.self), to: SIMD2<UInt32>.self)
        let all = unsafeBitCast(SIMD4(a.x, b.x, a.y, b.y), to: SIMD16<UInt8>.self)
        return (
            SIMD8(truncatingIfNeeded: all.lowHalf), SIMD8(truncatingIfNeeded: all.highHalf)
        )
    }

    /// The colour at a point, 0…255; outside, the border's.
    @inline(__always)
    func colour(_ at: Point2) -> Point3 {
        let u = min(max(Int(bounded: at.x * Self.one), 0), right)
        let v = min(max(Int(bounded: at.y * Self.one), 0), bottom)
        let (x, y) = (u &+ Self.half, v &+ Self.half)
        let mixed = blend(
            x, y, and: x, y, SIMD8(repeating: UInt16(truncatingIfNeeded: x >> 8 & 255)),
            SIMD8(repeating: UInt16(truncatingIfNeeded: y >> 8 & 255)))
        return Point3(Float(mixed[0]), Float(mixed[1]), Float(mixed[2]))
    }
}

/// From one to the other, 0…255, by a weight of 256: modulo 2¹⁶ nothing is lost, for the sum fits.
@inline(__always)
private func mixed(
    _ one: SIMD8<UInt16>, _ other: SIMD8<UInt16>, _ weight: SIMD8<UInt16>
) -> SIMD8<UInt16> {
    ((one &<< 8) &+ (other &- one) &* weight &+ 128) &>> 8
}
