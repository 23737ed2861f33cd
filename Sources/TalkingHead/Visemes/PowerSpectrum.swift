import Glibc

/// Power spectra of 512 real samples, two at a time: one as the real, one as the imaginary part of
/// a complex transform (radix 2, decimation in time).
struct PowerSpectrum: Sendable {
    static let size = 512
    /// Bins from 0 Hz to half of the sampling rate.
    static let bins = size / 2 + 1

    private let cosines: [Float]
    private let sines: [Float]
    private let reversed: [Int]

    init() {
        let size = Self.size
        let angles = (0..<size / 2).map { 2 * Double.pi * Double($0) / Double(size) }
        cosines = angles.map { Float(cos($0)) }
        sines = angles.map { Float(-sin($0)) }
        let bits = size.trailingZeroBitCount
        reversed = (0..<size).map { index in
            (0..<bits).reduce(0) { $0 | (index >> $1 & 1) << (bits - 1 - $1) }
        }
    }

    /// - real, imaginary: `size` samples each; overwritten.
    /// - Returns: the powers of both, `bins` each.
    func powers(_ real: inout [Float], _ imaginary: inout [Float]) -> ([Float], [Float]) {
        transform(&real, &imaginary)
        var first = [Float](repeating: 0, count: Self.bins)
        var second = first
        for bin in 0..<Self.bins {
            let mirror = (Self.size - bin) & (Self.size - 1)
            // The even and odd parts of the spectrum belong to the two signals.
            let (a, b) = (real[bin] + real[mirror], imaginary[bin] - imaginary[mirror])
            let (c, d) = (imaginary[bin] + imaginary[mirror], real[mirror] - real[bin])
            first[bin] = (a * a + b * b) / 4
            second[bin] = (c * c + d * d) / 4
        }
        return (first, second)
    }

    private func transform(_ real: inout [Float], _ imaginary: inout [Float]) {
        for (index, other) in reversed.enumerated() where index < other {
            real.swapAt(index, other)
            imaginary.swapAt(index, other)
        }
        real.withUnsafeMutableBufferPointer { re in
            imaginary.withUnsafeMutableBufferPointer { im in
                var half = 1
                while half < Self.size {
                    let step = Self.size / (2 * half)
                    for start in stride(from: 0, to: Self.size, by: 2 * half) {
                        for k in 0..<half {
                            let (c, s) = (cosines[k * step], sines[k * step])
                            let (a, b) = (start + k, start + k + half)
                            let (x, y) = (re[b] * c - im[b] * s, re[b] * s + im[b] * c)
                            (re[b], im[b]) = (re[a] - x, im[a] - y)
                            (re[a], im[a]) = (re[a] + x, im[a] + y)
                        }
                    }
                    half *= 2
                }
            }
        }
    }
}
