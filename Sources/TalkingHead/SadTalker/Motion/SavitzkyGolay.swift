/// Savitzky and Golay's filter of the second degree: each value becomes that of the parabola
/// through its neighbours; at both ends, of the parabola through the first and the last of them.
enum SavitzkyGolay {
    private static let window = 13

    /// - rows: values of one time lie side by side.
    static func smoothed(_ rows: [Double], width: Int) -> [Double] {
        let count = rows.count / width
        let window = count < window ? max(count - 1, 0) / 2 * 2 + 1 : window
        guard window >= 3 else { return rows }
        let half = window / 2
        let weights = hat(window)
        var made = rows
        for row in 0..<count {
            let first = min(max(row - half, 0), count - window)
            for column in 0..<width {
                var sum = 0.0
                for tap in 0..<window {
                    sum +=
                        weights[(row - first) * window + tap]
                        * rows[(first + tap) * width + column]
                }
                made[row * width + column] = sum
            }
        }
        return made
    }

    /// From values of a window to the parabola's: of three polynomials that are orthogonal there.
    private static func hat(_ window: Int) -> [Double] {
        let places = (0..<window).map { Double($0 - window / 2) }
        let mean = places.reduce(0) { $0 + $1 * $1 } / Double(window)
        let basis = [places.map { _ in 1 }, places, places.map { $0 * $0 - mean }]
        var made = [Double](repeating: 0, count: window * window)
        for polynomial in basis {
            let norm = polynomial.reduce(0) { $0 + $1 * $1 }
            for row in 0..<window {
                for column in 0..<window {
                    made[row * window + column] += polynomial[row] * polynomial[column] / norm
                }
            }
        }
        return made
    }
}
