import EngineAPI

/// The portrait as the inner loops want it: a pixel in 64 bits, red, green and blue in 16 each, so
/// that one multiplication blends three channels. One more column and row repeat the border, so
/// that the right and lower neighbours always exist.
struct SourcePicture: Sendable {
    let width: Int
    let height: Int
    private let pixels: [UInt64]

    init(_ picture: Picture) {
        width = picture.width
        height = picture.height
        var pixels: [UInt64] = []
        pixels.reserveCapacity((width + 1) * (height + 1))
        for y in 0...height {
            for x in 0...width {
                let at = (min(y, height - 1) * width + min(x, width - 1)) * 3
                let (r, g, b) = (picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2])
                pixels.append(UInt64(r) | UInt64(g) << 16 | UInt64(b) << 32)
            }
        }
        self.pixels = pixels
    }

    /// Lends the pixels for the length of one frame.
    func withSampler<Result>(_ body: (Sampler) -> Result) -> Result {
        pixels.withUnsafeBufferPointer {
            body(Sampler(pixels: $0.baseAddress!, width: width, height: height))
        }
    }
}

/// Bilinear reading of a `SourcePicture`; lives as long as the closure that got it.
struct Sampler {
    fileprivate let pixels: UnsafePointer<UInt64>
    let width: Int
    let height: Int

    /// Whole pixels of a coordinate are its upper bits, 16 bits are the fraction.
    static let one: Float = 65536

    /// Largest coordinates that may be asked for, in 1/65536 pixels.
    var right: Int { (width - 1) << 16 }
    var bottom: Int { (height - 1) << 16 }

    /// The blend of four pixels, each channel in the lower 8 of its 16 bits. Weights are eighths of
    /// a byte: a weight times 255 fits 16 bits, and whole coordinates give the pixel as it is.
    @inline(__always)
    func blend(_ u: Int, _ v: Int) -> UInt64 {
        // Half of a weight's unit: what float arithmetic left under a whole coordinate is on it.
        let (u, v) = (u + 128, v + 128)
        let at = pixels + ((v >> 16) * (width + 1) + (u >> 16))
        let (fx, fy) = (UInt64(u >> 8 & 255), UInt64(v >> 8 & 255))
        let half: UInt64 = 0x0080_0080_0080
        let lanes: UInt64 = 0x00ff_00ff_00ff
        let above = (at[0] &* (256 - fx) &+ at[1] &* fx &+ half) >> 8 & lanes
        let below = (at[width + 1] &* (256 - fx) &+ at[width + 2] &* fx &+ half) >> 8 & lanes
        return (above &* (256 - fy) &+ below &* fy &+ half) >> 8 & lanes
    }

    /// The colour at a point, 0…255; outside, the border's.
    @inline(__always)
    func colour(_ at: Point2) -> Point3 {
        let u = min(max(Int(at.x * Self.one), 0), right)
        let v = min(max(Int(at.y * Self.one), 0), bottom)
        let mixed = blend(u, v)
        return Point3(
            Float(mixed & 255), Float(mixed >> 16 & 255), Float(mixed >> 32 & 255))
    }
}
