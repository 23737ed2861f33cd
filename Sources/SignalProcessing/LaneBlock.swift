/// Eight vectors of eight lanes, turned so that lanes become vectors: eight frames' samples side by
/// side become eight samples of each frame, which lie beside one another in the signal.
package enum LaneBlock {
    /// Turns the eight vectors at `block` in place.
    @inline(__always)
    package static func transpose(_ block: UnsafeMutablePointer<Lanes>) {
        let (a, b) = (turned(block, 0, low: true), turned(block, 4, low: true))
        let (c, d) = (turned(block, 0, low: false), turned(block, 4, low: false))
        for row in 0..<4 {
            block[row] = Lanes(lowHalf: a[row], highHalf: b[row])
            block[row + 4] = Lanes(lowHalf: c[row], highHalf: d[row])
        }
    }

    /// A quarter of a block: four vectors' lower or upper halves, turned.
    @inline(__always)
    private static func turned(
        _ block: UnsafeMutablePointer<Lanes>, _ first: Int, low: Bool
    ) -> [4 of SIMD4<Float>] {
        @inline(__always)
        func half(_ index: Int) -> SIMD4<Float> {
            low ? block[first + index].lowHalf : block[first + index].highHalf
        }
        let (a, b, c, d) = (half(0), half(1), half(2), half(3))
        let (ab, cd) = (SIMD4(a[0], b[0], a[1], b[1]), SIMD4(c[0], d[0], c[1], d[1]))
        let (upperAB, upperCD) = (SIMD4(a[2], b[2], a[3], b[3]), SIMD4(c[2], d[2], c[3], d[3]))
        return [
            SIMD4(lowHalf: ab.lowHalf, highHalf: cd.lowHalf),
            SIMD4(lowHalf: ab.highHalf, highHalf: cd.highHalf),
            SIMD4(lowHalf: upperAB.lowHalf, highHalf: upperCD.lowHalf),
            SIMD4(lowHalf: upperAB.highHalf, highHalf: upperCD.highHalf),
        ]
    }
}
