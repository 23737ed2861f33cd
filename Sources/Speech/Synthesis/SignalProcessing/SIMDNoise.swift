import EngineAPI
import SignalProcessing

/// Complex Gaussian noise from a seed: eight xoshiro128++ generators side by side (Blackman and
/// Vigna, 2018), seeded by `SeededGenerator`. The same seed gives the same noise on every machine.
struct SIMDNoise {
    private var a = SIMD8<UInt32>()
    private var b = SIMD8<UInt32>()
    private var c = SIMD8<UInt32>()
    private var d = SIMD8<UInt32>()
    // Variables on purpose: a rotation by a constant becomes an instruction that only the newest
    // processors have, and is taken apart into eight scalar ones for all others.
    private var seven: (left: UInt32, right: UInt32) = (7, 25)
    private var eleven: (left: UInt32, right: UInt32) = (11, 21)

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func next() -> UInt32 { UInt32(truncatingIfNeeded: generator.next() >> 16) }
        for lane in 0..<8 {
            (a[lane], b[lane], c[lane], d[lane]) = (next() | 1, next(), next(), next())
        }
    }

    @inline(__always)
    private static func rotated(
        _ x: SIMD8<UInt32>, _ by: (left: UInt32, right: UInt32)
    ) -> SIMD8<UInt32> {
        (x &<< by.left) | (x &>> by.right)
    }

    @inline(__always)
    private mutating func bits() -> SIMD8<UInt32> {
        let out = SIMDNoise.rotated(a &+ d, seven) &+ a
        let t = b &<< 9
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= t
        d = SIMDNoise.rotated(d, eleven)
        return out
    }

    /// 0 ≤ x < 1 in steps of 2^−23.
    @inline(__always)
    private mutating func fraction() -> Lanes {
        unsafeBitCast((bits() &>> 9) | 0x3F80_0000, to: Lanes.self) - 1
    }

    /// Real and imaginary part, each of variance 1 (Box and Muller).
    @inline(__always)
    mutating func next() -> (re: Lanes, im: Lanes) {
        let size = SIMDMath.roughRoot(SIMDMath.roughLog2(1 - fraction()) * -1.386_294_36)
        let (sine, cosine) = SIMDMath.sineCosine(turns: fraction())
        return (size * cosine, size * sine)
    }
}
