import Glibc

/// How much each landmark follows each movement of the mouth.
struct RigWeights: Sendable {
    struct Weights: Sendable, Equatable {
        /// Part of the jaw's angle.
        var jaw: Float = 0
        /// Falls off around the mouth: rounding and stretching.
        var nearMouth: Float = 0
        var upperLip: Float = 0
        var lowerLip: Float = 0
        /// Way to the closed mouth, centimetres downwards.
        var close: Float = 0

        var isMoved: Bool {
            jaw != 0 || nearMouth > 1e-3 || upperLip != 0 || lowerLip != 0 || close != 0
        }
    }

    private var weights: [Weights]

    subscript(landmark: Int) -> Weights { weights[landmark] }

    init(rest: [Point3], mouth: Point3, mouthHalfWidth: Float) {
        weights = rest.map { point in
            let (x, y) = (point.x - mouth.x, point.y - mouth.y)
            let u = abs(x) / mouthHalfWidth
            var made = Weights()
            if y > -2.2 {
                // Beside the mouth the jaw takes the cheek along, softly.
                let beside = smoothStep(-1.4, 1.8, y)
                let below: Float = y > 0 ? 1 : 0
                made.jaw = below + (beside - below) * smoothStep(0.75, 1.25, u)
            }
            let spread = x / (1.7 * mouthHalfWidth)
            made.nearMouth = expf(-spread * spread - (y / 2.3) * (y / 2.3))
            let middle = 1 - smoothStep(0.5, 1.1, u)
            if y < 0 {
                made.upperLip = 0.55 * expf(-((y + 0.7) / 0.9) * ((y + 0.7) / 0.9)) * middle
            } else if y > 0 {
                made.lowerLip = 0.55 * expf(-((y - 0.9) / 0.9) * ((y - 0.9) / 0.9)) * middle
            }
            return made
        }
        setLips(rest, mouth, mouthHalfWidth)
        setClosing(rest, mouth)
    }

    private mutating func setLips(_ rest: [Point3], _ mouth: Point3, _ halfWidth: Float) {
        func u(_ landmark: Int) -> Float { abs(rest[landmark].x - mouth.x) / halfWidth }
        // The whole lip moves as one at its inner edge and lets go towards the skin.
        let strengths: [Float] = [1, 0.95, 0.85, 0.7]
        for (ring, strength) in strengths.enumerated() {
            for landmark in Landmark.upperLip[ring] {
                weights[landmark].jaw = 0.42 * powf(smoothStep(0.55, 1.05, u(landmark)), 1.5)
                weights[landmark].upperLip = strength * (1 - smoothStep(0.5, 1.02, u(landmark)))
                weights[landmark].lowerLip = 0
            }
            for landmark in Landmark.lowerLip[ring].dropFirst().dropLast() {
                weights[landmark].jaw = 1 - 0.58 * smoothStep(0.35, 1.05, u(landmark))
                weights[landmark].lowerLip = strength * (1 - smoothStep(0.5, 1.02, u(landmark)))
                weights[landmark].upperLip = 0
            }
            for corner in [Landmark.upperLip[ring][0], Landmark.upperLip[ring][10]] {
                weights[corner].jaw = 0.42
            }
        }
    }

    private mutating func setClosing(_ rest: [Point3], _ mouth: Point3) {
        let (upper, lower) = (Landmark.upperLip[0], Landmark.lowerLip[0])
        let columns = upper.map { rest[$0].x }
        let halfGaps = zip(upper, lower).map { (rest[$1].y - rest[$0].y) / 2 }
        func halfGap(_ x: Float) -> Float {
            x < columns[0] || x > columns[columns.count - 1]
                ? 0 : interpolate(x, columns, halfGaps)
        }
        for landmark in weights.indices {
            let y = rest[landmark].y - mouth.y
            let way = 0.3 * halfGap(rest[landmark].x) * expf(-(y / 1.5) * (y / 1.5))
            weights[landmark].close = y < 0 ? way : -way
        }
        let strengths: [Float] = [1, 0.8, 0.6, 0.42]
        for (ring, strength) in strengths.enumerated() {
            for landmark in Landmark.upperLip[ring] {
                weights[landmark].close = strength * halfGap(rest[landmark].x)
            }
            for landmark in Landmark.lowerLip[ring].dropFirst().dropLast() {
                weights[landmark].close = -strength * halfGap(rest[landmark].x)
            }
        }
    }
}
