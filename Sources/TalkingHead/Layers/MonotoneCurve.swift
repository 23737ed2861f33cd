import EngineAPI

/// A smooth function through points, which never swings beyond them, read from a table: cubic
/// Hermite with harmonic slopes. Fritsch and Butland (1984).
struct MonotoneCurve: Sendable {
    private let start: Float
    private let step: Float
    private let values: [Float]

    /// - points: x and y; level beyond the outermost ones. - range: of x, what the table covers.
    init(_ points: [Point2], over range: ClosedRange<Float>, step: Float = 0.5) {
        var knots: [Point2] = []
        for point in points.sorted(by: { $0.x < $1.x }) {
            guard let last = knots.last else {
                knots.append(point)
                continue
            }
            if point.x - last.x > 1e-3 { knots.append(point) }
        }
        (start, self.step) = (range.lowerBound, step)
        let count = Int(bounded: (range.upperBound - range.lowerBound) / step) + 2
        let slopes = Self.slopes(knots)
        var (made, part) = ([Float](), 0)
        made.reserveCapacity(count)
        for index in 0..<count {
            let x = range.lowerBound + Float(index) * step
            while part + 2 < knots.count, knots[part + 1].x < x { part += 1 }
            made.append(Self.value(x, knots, slopes, part))
        }
        values = made
    }

    /// Linear between knots.
    init(linear points: [Point2], over range: ClosedRange<Float>, step: Float = 0.5) {
        (start, self.step) = (range.lowerBound, step)
        let count = Int(bounded: (range.upperBound - range.lowerBound) / step) + 2
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        values = (0..<count).map { interpolate(range.lowerBound + Float($0) * step, xs, ys) }
    }

    @inline(__always)
    func callAsFunction(_ x: Float) -> Float {
        let at = min(max((x - start) / step, 0), Float(values.count - 1))
        let index = min(Int(bounded: at), values.count - 2)
        let part = at - Float(index)
        return values[index] + (values[index + 1] - values[index]) * part
    }

    private static func slopes(_ knots: [Point2]) -> [Float] {
        guard knots.count > 1 else { return [Float](repeating: 0, count: knots.count) }
        let parts = zip(knots, knots.dropFirst()).map { ($1.y - $0.y) / ($1.x - $0.x) }
        let inner = zip(parts, parts.dropFirst()).map { a, b in
            a * b > 0 ? 2 * a * b / (a + b) : 0
        }
        return [parts[0]] + inner + [parts[parts.count - 1]]
    }

    private static func value(
        _ x: Float, _ knots: [Point2], _ slopes: [Float], _ part: Int
    ) -> Float {
        guard knots.count > 1 else { return knots.first?.y ?? 0 }
        let (a, b) = (knots[part], knots[part + 1])
        let length = b.x - a.x
        let t = min(max((x - a.x) / length, 0), 1)
        let rest = 1 - t
        let values = (1 + 2 * t) * rest * rest * a.y + t * t * (3 - 2 * t) * b.y
        return values + t * rest * length * (rest * slopes[part] - t * slopes[part + 1])
    }
}
