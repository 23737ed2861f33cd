extension FloatImage {
    /// A smooth plane with the edges of a guide. He, Sun, Tang, "Guided Image Filtering" (2010).
    /// Row by row, so that what it works on stays in a core's cache.
    /// - guide: of the same size, 0…1.
    func guided(by guide: FloatImage, radius: Int, epsilon: Float = 1e-3) -> FloatImage {
        precondition(channels == 1 && guide.channels == 1)
        precondition(guide.width == width && guide.height == height)
        var made = self
        // The guide, this plane, the guide's square and their product.
        var means = RunningMeans(width: width, height: height, radius: radius)
        // What is to be made of the guide: a slope and a shift.
        var changes = RunningMeans(width: width, height: height, radius: radius)
        var row = [SIMD4<Float>](repeating: .zero, count: width)
        var rowsMade = 0
        for y in 0..<height {
            for x in 0..<width {
                let (g, p) = (guide.values[y * width + x], values[y * width + x])
                row[x] = SIMD4(g, p, g * g, g * p)
            }
            means.take(row)
            while means.give(to: &row) {
                for x in 0..<width {
                    let (g, m) = (row[x].x, row[x].y)
                    let slope = (row[x].w - g * m) / (max(row[x].z - g * g, 0) + epsilon)
                    row[x] = SIMD4(slope, m - slope * g, 0, 0)
                }
                changes.take(row)
                while changes.give(to: &row) {
                    for x in 0..<width {
                        let at = rowsMade * width + x
                        let value = row[x].x * guide.values[at] + row[x].y
                        made.values[at] = min(max(value, 0), 1)
                    }
                    rowsMade += 1
                }
            }
        }
        return made
    }
}

/// Means of the square around each pixel, as much of it as lies inside: rows of pixels go in, and
/// come out `radius` rows later, the last ones once all have gone in.
private struct RunningMeans {
    private let width: Int
    private let height: Int
    private let radius: Int
    /// The newest rows, each pixel the mean along its row; as many as one mean needs, and one more.
    private var rows: [SIMD4<Float>]
    private var sums: [SIMD4<Float>]
    private var (taken, given) = (0, 0)

    init(width: Int, height: Int, radius: Int) {
        (self.width, self.height, self.radius) = (width, height, radius)
        rows = [SIMD4<Float>](repeating: .zero, count: width * (2 * radius + 2))
        sums = [SIMD4<Float>](repeating: .zero, count: width)
    }

    private func start(of row: Int) -> Int { row % (2 * radius + 2) * width }

    mutating func take(_ row: [SIMD4<Float>]) {
        let first = start(of: taken)
        taken += 1
        var sum = SIMD4<Float>()
        for x in 0..<min(radius, width) { sum += row[x] }
        for x in 0..<width {
            if x + radius < width { sum += row[x + radius] }
            if x > radius { sum -= row[x - radius - 1] }
            let inside = min(x + radius, width - 1) - max(x - radius, 0) + 1
            let mean = sum / Float(inside)
            rows[first + x] = mean
            sums[x] += mean
        }
    }

    /// - Returns: false where the next row is not known yet, or there is none.
    mutating func give(to row: inout [SIMD4<Float>]) -> Bool {
        guard given < height, taken > given + radius || taken == height else { return false }
        if given > radius {
            let last = start(of: given - radius - 1)
            for x in 0..<width { sums[x] -= rows[last + x] }
        }
        let inside = Float(min(given + radius, height - 1) - max(given - radius, 0) + 1)
        for x in 0..<width { row[x] = sums[x] / inside }
        given += 1
        return true
    }
}
