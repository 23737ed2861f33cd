import SignalProcessing

/// Elementary functions over eight lanes, made of additions, multiplications and bit patterns
/// only: the baseline processor has no vector rounding.
enum SIMDMath {
    typealias Bits = SIMD8<UInt32>

    /// 1.5 · 2^23: adding it leaves the nearest whole number in the low bits.
    private static let shifter = Lanes(repeating: 12_582_912)

    @inline(__always)
    static func rounded(_ x: Lanes) -> Lanes { (x + shifter) - shifter }

    // The library's pointwiseMax is a call that spills every register.

    @inline(__always)
    static func max(_ x: Lanes, _ y: Lanes) -> Lanes { x.replacing(with: y, where: y .> x) }

    @inline(__always)
    static func min(_ x: Lanes, _ y: Lanes) -> Lanes { x.replacing(with: y, where: y .< x) }

    /// e^x for x ≤ 80, relative error 2e-7; 0 below −87.
    @inline(__always)
    static func exp(_ x: Lanes) -> Lanes {
        let y = max(x, Lanes(repeating: -87)) * 1.442_695_04
        let shifted = y + shifter
        let f = y - (shifted - shifter)
        // Taylor's series of 2^f, |f| ≤ 1/2: the coefficients are ln2^n / n!.
        var p = f * 0.000_154_035_3 + 0.001_333_355_8
        p = p * f + 0.009_618_129_1
        p = p * f + 0.055_504_108_7
        p = p * f + 0.240_226_507
        p = p * f + 0.693_147_18
        p = p * f + 1
        let power =
            (unsafeBitCast(shifted, to: Bits.self) &<< 23) &+ unsafeBitCast(p, to: Bits.self)
        return unsafeBitCast(power, to: Lanes.self)
    }

    /// sin(2π·t) for −1/4 ≤ t ≤ 1/4, absolute error 1e-8.
    /// Hastings, "Approximations for Digital Computers" (1955), sheet 16.
    @inline(__always)
    private static func quarterSine(_ t: Lanes) -> Lanes {
        let x = t * 4
        let s = x * x
        var p = s * 0.000_151_484_19 - 0.004_673_765_57
        p = p * s + 0.079_689_679_28
        p = p * s - 0.645_963_711_06
        p = p * s + 1.570_796_318_47
        return p * x
    }

    /// Sine and cosine of an angle in turns, |turns| < 2^21.
    @inline(__always)
    static func sineCosine(turns: Lanes) -> (sine: Lanes, cosine: Lanes) {
        let r = turns - rounded(turns)
        let bits = unsafeBitCast(r, to: Bits.self)
        let sign = bits & 0x8000_0000
        let size = unsafeBitCast(bits & 0x7FFF_FFFF, to: Lanes.self)
        let fromQuarter = 0.25 - size
        let distance = unsafeBitCast(
            unsafeBitCast(fromQuarter, to: Bits.self) & 0x7FFF_FFFF, to: Lanes.self)
        let sine = quarterSine(0.25 - distance)
        let signed = unsafeBitCast(sine, to: Bits.self) ^ sign
        return (unsafeBitCast(signed, to: Lanes.self), quarterSine(fromQuarter))
    }

    /// tanh x, absolute error 3e-7.
    @inline(__always)
    static func tanh(_ x: Lanes) -> Lanes {
        1 - 2 / (exp(min(x, Lanes(repeating: 40)) * 2) + 1)
    }

    /// √x, relative error 5e-6, 0 at 0: two of Newton's steps from a guess in the exponent. The
    /// library's squareRoot is eight calls.
    @inline(__always)
    static func roughRoot(_ x: Lanes) -> Lanes {
        let guess = 0x5F37_59DF &- (unsafeBitCast(x, to: Bits.self) &>> 1)
        var y = unsafeBitCast(guess, to: Lanes.self)
        let half = x * 0.5
        y = y * (1.5 - half * y * y)
        y = y * (1.5 - half * y * y)
        return x * y
    }

    /// log2 x for normal x > 0, absolute error 1e-5: good enough for noise.
    @inline(__always)
    static func roughLog2(_ x: Lanes) -> Lanes {
        let bits = unsafeBitCast(x, to: Bits.self)
        // A whole number below 2^23 in the low bits of 2^23.
        let power = unsafeBitCast((bits &>> 23) | 0x4B00_0000, to: Lanes.self) - 8_388_735
        let m = unsafeBitCast((bits & 0x007F_FFFF) | 0x3F80_0000, to: Lanes.self)
        let s = (m - 1) / (m + 1)
        let s2 = s * s
        let series = ((s2 * 0.142_857_14 + 0.2) * s2 + 0.333_333_33) * s2 + 1
        return power + s * series * 2.885_390_08
    }
}
