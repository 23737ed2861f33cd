import Testing

@testable import TalkingHead

@Suite("Guided filter") struct GuidedFilterTests {
    /// As the paper writes it: one mean after the other, each of the whole plane.
    private static func reference(
        _ plane: FloatImage, by guide: FloatImage, radius: Int, epsilon: Float
    ) -> FloatImage {
        func made(_ value: (Int) -> Float) -> FloatImage {
            FloatImage(plane.values.indices.map(value), width: plane.width, height: plane.height)
        }
        let (g, p) = (guide.boxed(radius).values, plane.boxed(radius).values)
        let squares = made { guide.values[$0] * guide.values[$0] }.boxed(radius).values
        let products = made { guide.values[$0] * plane.values[$0] }.boxed(radius).values
        let slope = made {
            (products[$0] - g[$0] * p[$0]) / (max(squares[$0] - g[$0] * g[$0], 0) + epsilon)
        }
        let shift = made { p[$0] - slope.values[$0] * g[$0] }
        let (a, b) = (slope.boxed(radius).values, shift.boxed(radius).values)
        return made { min(max(a[$0] * guide.values[$0] + b[$0], 0), 1) }
    }

    /// Steps and noise, the same each time.
    private static func plane(_ width: Int, _ height: Int, seed: UInt32) -> FloatImage {
        var state = seed
        return FloatImage(
            (0..<width * height).map { index in
                state = state &* 1_664_525 &+ 1_013_904_223
                let noise = Float(state >> 8) / Float(1 << 24)
                return index % width > width / 2 ? 0.7 + 0.3 * noise : 0.3 * noise
            }, width: width, height: height)
    }

    @Test(
        "row by row it is what it is plane by plane, also of planes smaller than its reach",
        arguments: [(40, 30, 6), (9, 3, 4), (5, 12, 8), (1, 1, 2), (16, 16, 1)])
    func rows(width: Int, height: Int, radius: Int) {
        let plane = Self.plane(width, height, seed: 1)
        let guide = Self.plane(width, height, seed: 9)
        let wanted = Self.reference(plane, by: guide, radius: radius, epsilon: 1e-3)
        let found = plane.guided(by: guide, radius: radius, epsilon: 1e-3)
        for (one, other) in zip(found.values, wanted.values) { #expect(abs(one - other) < 1e-4) }
    }
}
