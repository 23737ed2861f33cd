import EngineAPI

/// For each pixel the nearest one of some, and how far it is: the Euclidean distance transform of
/// Felzenszwalb and Huttenlocher (2012), with places.
struct NearestPixels {
    /// Pixels between centres; 0 at those pixels themselves, infinite where there are none.
    let distances: FloatImage
    /// Index of the nearest pixel, row by row; −1 where there are none.
    let places: [Int32]

    init(_ mask: [Bool], width: Int, height: Int) {
        precondition(mask.count == width * height)
        let rows = Self.nearestRows(mask, width, height)
        var distances = FloatImage(width: width, height: height, repeating: .infinity)
        var places = [Int32](repeating: -1, count: mask.count)
        // The lower envelope of one parabola for each column.
        var columns = [Int](repeating: 0, count: width)
        var starts = [Float](repeating: 0, count: width + 1)
        // How far the nearest one in each column is, squared.
        var squares = [Float](repeating: 0, count: width)
        for y in 0..<height {
            for x in 0..<width {
                let away = Float(Int(rows[y * width + x]) - y)
                squares[x] = away * away
            }
            var count = 0
            for x in 0..<width where rows[y * width + x] >= 0 {
                var start = -Float.infinity
                while count > 0 {
                    let other = columns[count - 1]
                    let a = squares[x] + Float(x * x) - squares[other] - Float(other * other)
                    start = a / Float(2 * (x - other))
                    guard start <= starts[count - 1] else { break }
                    count -= 1
                    start = -.infinity
                }
                columns[count] = x
                starts[count] = start
                count += 1
            }
            guard count > 0 else { continue }
            var part = 0
            for x in 0..<width {
                while part + 1 < count, starts[part + 1] < Float(x) { part += 1 }
                let column = columns[part]
                let across = Float(x - column)
                let index = y * width + x
                distances.values[index] = (across * across + squares[column]).squareRoot()
                places[index] = rows[y * width + column] * Int32(width) + Int32(column)
            }
        }
        self.distances = distances
        self.places = places
    }

    /// The row of the nearest pixel in the same column, −1 without any.
    private static func nearestRows(_ mask: [Bool], _ width: Int, _ height: Int) -> [Int32] {
        var rows = [Int32](repeating: -1, count: mask.count)
        for y in 0..<height {
            for x in 0..<width {
                let index = y * width + x
                rows[index] = mask[index] ? Int32(y) : y > 0 ? rows[index - width] : -1
            }
        }
        for y in stride(from: height - 2, through: 0, by: -1) {
            for x in 0..<width {
                let index = y * width + x
                let below = rows[index + width]
                guard below >= 0 else { continue }
                let above = rows[index]
                if above < 0 || Int(below) - y < y - Int(above) { rows[index] = below }
            }
        }
        return rows
    }
}
