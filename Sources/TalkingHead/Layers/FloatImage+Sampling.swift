import EngineAPI

extension FloatImage {
    /// A value between pixels, bilinear; beyond the border it is the border's.
    func sample(_ at: Point2, channel: Int = 0) -> Float {
        let x = min(max(at.x, 0), Float(width - 1))
        let y = min(max(at.y, 0), Float(height - 1))
        let (left, top) = (Int(bounded: x), Int(bounded: y))
        let (right, bottom) = (min(left + 1, width - 1), min(top + 1, height - 1))
        let (across, down) = (x - Float(left), y - Float(top))
        func row(_ y: Int) -> Float {
            let a = values[(y * width + left) * channels + channel]
            let b = values[(y * width + right) * channels + channel]
            return a + (b - a) * across
        }
        let above = row(top)
        return above + (row(bottom) - above) * down
    }

    /// Lends a picture of four channels for reading between pixels.
    func withBilinear<Result>(_ body: (Bilinear) -> Result) -> Result {
        precondition(channels == 4 && width > 0 && height > 0)
        return values.withUnsafeBufferPointer {
            body(Bilinear(values: $0.baseAddress!, width: width, height: height))
        }
    }
}

/// Bilinear reading of four channels; lives as long as the closure that got it.
struct Bilinear {
    let values: UnsafePointer<Float>
    let width: Int
    let height: Int

    /// Beyond the border it is the border's.
    @inline(__always)
    func callAsFunction(_ x: Float, _ y: Float) -> SIMD4<Float> {
        let x = min(max(x, 0), Float(width - 1))
        let y = min(max(y, 0), Float(height - 1))
        let (left, top) = (Int(bounded: x), Int(bounded: y))
        let step = left + 1 < width ? 4 : 0
        let row = top + 1 < height ? width * 4 : 0
        let (across, down) = (x - Float(left), y - Float(top))
        let at = UnsafeRawPointer(values + (top * width + left) * 4)
        let a = at.loadUnaligned(as: SIMD4<Float>.self)
        let b = at.loadUnaligned(fromByteOffset: step * 4, as: SIMD4<Float>.self)
        let c = at.loadUnaligned(fromByteOffset: row * 4, as: SIMD4<Float>.self)
        let d = at.loadUnaligned(fromByteOffset: (row + step) * 4, as: SIMD4<Float>.self)
        let (above, below) = (a + (b - a) * across, c + (d - c) * across)
        return above + (below - above) * down
    }
}
