import EngineAPI

/// The portrait's noise: what is painted smoothly would look like plastic beside it.
struct Grain: Sendable {
    private static let side = 64
    private let values: [Float]

    /// - amount: standard deviation in parts of the light. - blur: of the portrait, pixels.
    init(amount: Float, blur: Float) {
        guard amount > 0 else {
            values = []
            return
        }
        var generator = SeededGenerator(seed: 0x6E01)
        let count = Self.side * Self.side
        let noise = FloatImage(
            (0..<count).map { _ in generator.uniform(-1, 1) + generator.uniform(-1, 1) },
            width: Self.side, height: Self.side
        ).blurred(0.3 + 0.5 * min(blur, 1.5))
        let mean = noise.values.reduce(0, +) / Float(count)
        let square = noise.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(count)
        let scale = amount / max(square.squareRoot(), 1e-6)
        // Never more than a tenth: brush strokes are no noise.
        values = noise.values.map { min(max(($0 - mean) * scale, -0.1), 0.1) }
    }

    /// How much lighter a pixel is than without, in parts of its light; repeats.
    @inline(__always)
    func at(_ x: Int, _ y: Int) -> Float {
        guard !values.isEmpty else { return 0 }
        let mask = Self.side - 1
        return values[(y & mask) * Self.side + (x & mask)]
    }

    /// The noise of a face in parts of its light: what a slight blur takes away where it takes
    /// least, for pores and hairs are none.
    /// - luminance: one channel. - mask: where the face is.
    static func amount(_ luminance: FloatImage, where mask: [Bool]) -> Float {
        let smooth = luminance.blurred(1)
        let parts = mask.indices.filter { mask[$0] && smooth.values[$0] > 8 }.map {
            abs(luminance.values[$0] - smooth.values[$0]) / smooth.values[$0]
        }
        // The 30th percentile of a normal distribution's size lies at .385 deviations.
        return min(quantile(parts, 0.3) / 0.385, 0.06)
    }
}
