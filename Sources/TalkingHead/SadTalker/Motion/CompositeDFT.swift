import Glibc

/// Magnitudes of a real signal's spectrum, by one step of Cooley and Tukey: a × b values are b
/// transforms of a values, turned, then a transforms of b. In double precision, and for lengths
/// that are no power of two.
struct CompositeDFT {
    private let (outer, inner): (Int, Int)
    /// cos and −sin of 2πi / count.
    private let (cosines, sines): ([Double], [Double])
    /// Of the turned values, `outer` rows of `inner`.
    private var (real, imaginary): ([Double], [Double])

    var count: Int { outer * inner }
    /// From 0 Hz to half of the rate.
    var bins: Int { count / 2 + 1 }

    init(outer: Int, inner: Int) {
        (self.outer, self.inner) = (outer, inner)
        let count = outer * inner
        let angles = (0..<count).map { 2 * Double.pi * Double($0) / Double(count) }
        cosines = angles.map { cos($0) }
        sines = angles.map { -sin($0) }
        real = Array(repeating: 0, count: count)
        imaginary = real
    }

    /// - values: `count` of them.
    mutating func magnitudes(_ values: [Double]) -> [Double] {
        precondition(values.count == count)
        for row in 0..<outer {
            for column in 0..<inner {
                var (re, im) = (0.0, 0.0)
                for index in 0..<outer {
                    let value = values[index * inner + column]
                    let turn = index * row % outer * inner
                    re += value * cosines[turn]
                    im += value * sines[turn]
                }
                let (c, s) = (cosines[row * column], sines[row * column])
                real[row * inner + column] = re * c - im * s
                imaginary[row * inner + column] = re * s + im * c
            }
        }
        return (0..<bins).map { bin in
            let (row, turns) = (bin % outer, bin / outer)
            var (re, im) = (0.0, 0.0)
            for column in 0..<inner {
                let turn = column * turns % inner * outer
                let (c, s) = (cosines[turn], sines[turn])
                let (a, b) = (real[row * inner + column], imaginary[row * inner + column])
                re += a * c - b * s
                im += a * s + b * c
            }
            return (re * re + im * im).squareRoot()
        }
    }
}
