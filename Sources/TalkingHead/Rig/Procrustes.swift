/// Fits one cloud of points to another of the same order.
enum Procrustes {
    /// The similarity that takes `from` to `onto` with the least squared error.
    /// Horn, "Closed-form solution of absolute orientation using unit quaternions" (1987): the
    /// rotation is the eigenvector of the largest eigenvalue of a symmetric 4 × 4 matrix.
    static func fit(_ from: [Point3], onto: [Point3]) -> Similarity {
        precondition(from.count == onto.count && from.count >= 3)
        let count = Float(from.count)
        let meanFrom = from.reduce(Point3(), +) / count
        let meanOnto = onto.reduce(Point3(), +) / count
        var covariance = [[Double]](repeating: [0, 0, 0], count: 3)
        for (a, b) in zip(from, onto) {
            let (p, q) = (a - meanFrom, b - meanOnto)
            for row in 0..<3 {
                for column in 0..<3 { covariance[row][column] += Double(p[row] * q[column]) }
            }
        }
        let rotation = turn(quaternion: largestEigenvector(hornMatrix(covariance)))
        var (along, size): (Float, Float) = (0, 0)
        for (a, b) in zip(from, onto) {
            let p = a - meanFrom
            along += ((b - meanOnto) * (rotation * p)).sum()
            size += (p * p).sum()
        }
        let scale = along / max(size, 1e-12)
        return Similarity(
            scale: scale, rotation: rotation, shift: meanOnto - rotation * meanFrom * scale)
    }

    private static func hornMatrix(_ s: [[Double]]) -> [[Double]] {
        let trace = s[0][0] + s[1][1] + s[2][2]
        let skew = [s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0]]
        var matrix = [[Double]](repeating: [0, 0, 0, 0], count: 4)
        matrix[0][0] = trace
        for row in 0..<3 {
            matrix[0][row + 1] = skew[row]
            matrix[row + 1][0] = skew[row]
            for column in 0..<3 {
                let symmetric = s[row][column] + s[column][row]
                matrix[row + 1][column + 1] = symmetric - (row == column ? trace : 0)
            }
        }
        return matrix
    }

    /// Jacobi's method; eight sweeps are plenty for 4 × 4.
    private static func largestEigenvector(_ symmetric: [[Double]]) -> [Double] {
        var a = symmetric
        var vectors = (0..<4).map { row in (0..<4).map { $0 == row ? 1.0 : 0.0 } }
        for _ in 0..<8 {
            for p in 0..<3 {
                for q in p + 1..<4 where abs(a[p][q]) > 1e-300 {
                    let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                    let sign: Double = theta < 0 ? -1 : 1
                    let t = sign / (abs(theta) + (theta * theta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<4 {
                        (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q])
                    }
                    for k in 0..<4 {
                        (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k])
                        (vectors[k][p], vectors[k][q]) = (
                            c * vectors[k][p] - s * vectors[k][q],
                            s * vectors[k][p] + c * vectors[k][q]
                        )
                    }
                }
            }
        }
        let best = (0..<4).max { a[$0][$0] < a[$1][$1] } ?? 0
        return (0..<4).map { vectors[$0][best] }
    }

    private static func turn(quaternion q: [Double]) -> Matrix3 {
        let (w, x, y, z) = (Float(q[0]), Float(q[1]), Float(q[2]), Float(q[3]))
        return Matrix3(
            Point3(w * w + x * x - y * y - z * z, 2 * (x * y + w * z), 2 * (x * z - w * y)),
            Point3(2 * (x * y - w * z), w * w - x * x + y * y - z * z, 2 * (y * z + w * x)),
            Point3(2 * (x * z + w * y), 2 * (y * z - w * x), w * w - x * x - y * y + z * z))
    }
}
