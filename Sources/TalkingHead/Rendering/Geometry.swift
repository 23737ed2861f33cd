import Glibc

typealias Point2 = SIMD2<Float>
typealias Point3 = SIMD3<Float>

extension SIMD2 where Scalar == Float {
    var length: Float { (self * self).sum().squareRoot() }
}

extension SIMD3 where Scalar == Float {
    var length: Float { (self * self).sum().squareRoot() }
    var plane: Point2 { Point2(x, y) }
}

/// A 3 × 3 matrix by columns.
struct Matrix3: Sendable, Equatable {
    var columns: (Point3, Point3, Point3)

    static let identity = Matrix3(Point3(1, 0, 0), Point3(0, 1, 0), Point3(0, 0, 1))

    init(_ a: Point3, _ b: Point3, _ c: Point3) { columns = (a, b, c) }

    static func == (a: Matrix3, b: Matrix3) -> Bool { a.columns == b.columns }

    static func * (matrix: Matrix3, point: Point3) -> Point3 {
        matrix.columns.0 * point.x + matrix.columns.1 * point.y + matrix.columns.2 * point.z
    }

    static func * (a: Matrix3, b: Matrix3) -> Matrix3 {
        Matrix3(a * b.columns.0, a * b.columns.1, a * b.columns.2)
    }

    var transposed: Matrix3 {
        let (a, b, c) = columns
        return Matrix3(Point3(a.x, b.x, c.x), Point3(a.y, b.y, c.y), Point3(a.z, b.z, c.z))
    }

    /// Turns about y, then x, then z; radians. y is down and z away: a positive yaw looks to the
    /// image's left, a positive pitch down, a positive roll leans to the image's right.
    static func turn(yaw: Float, pitch: Float, roll: Float) -> Matrix3 {
        let (cy, sy, cp, sp) = (cosf(yaw), sinf(yaw), cosf(pitch), sinf(pitch))
        let (cr, sr) = (cosf(roll), sinf(roll))
        let aboutY = Matrix3(Point3(cy, 0, -sy), Point3(0, 1, 0), Point3(sy, 0, cy))
        let aboutX = Matrix3(Point3(1, 0, 0), Point3(0, cp, sp), Point3(0, -sp, cp))
        let aboutZ = Matrix3(Point3(cr, sr, 0), Point3(-sr, cr, 0), Point3(0, 0, 1))
        return aboutZ * aboutX * aboutY
    }

    /// The turns that make up a rotation, as `turn` takes them; radians.
    var turns: (yaw: Float, pitch: Float, roll: Float) {
        let (a, b, c) = columns
        return (
            atan2f(-a.z, c.z), asinf(min(max(b.z, -1), 1)), atan2f(-b.x, b.y)
        )
    }
}

/// point → scale · rotation · point + shift.
struct Similarity: Sendable {
    var scale: Float
    var rotation: Matrix3
    var shift: Point3

    func apply(_ point: Point3) -> Point3 { rotation * point * scale + shift }

    func undo(_ point: Point3) -> Point3 { rotation.transposed * (point - shift) / scale }
}

/// A map of the plane: x·`x` + y·`y` + `shift`.
struct Affine2: Sendable, Equatable {
    var x: Point2
    var y: Point2
    var shift: Point2

    static let identity = Affine2(x: Point2(1, 0), y: Point2(0, 1), shift: Point2(0, 0))

    func apply(_ point: Point2) -> Point2 { x * point.x + y * point.y + shift }

    /// The inverse; the identity for a map that flattens the plane.
    var inverse: Affine2 {
        let determinant = x.x * y.y - y.x * x.y
        guard abs(determinant) > 1e-12 else { return .identity }
        let a = Point2(y.y, -x.y) / determinant
        let b = Point2(-y.x, x.x) / determinant
        return Affine2(x: a, y: b, shift: -(a * shift.x + b * shift.y))
    }

    /// The map that lays points over others with the least squared error.
    static func fit(_ from: [Point2], onto: [Point2]) -> Affine2 {
        let count = Float(from.count)
        let meanFrom = from.reduce(Point2(), +) / count
        let meanOnto = onto.reduce(Point2(), +) / count
        var (xx, xy, yy): (Float, Float, Float) = (1e-9, 0, 1e-9)
        var (bx, by) = (Point2(), Point2())
        for (a, b) in zip(from, onto) {
            let (p, q) = (a - meanFrom, b - meanOnto)
            xx += p.x * p.x
            xy += p.x * p.y
            yy += p.y * p.y
            bx += q * p.x
            by += q * p.y
        }
        let determinant = xx * yy - xy * xy
        guard determinant > 1e-12 else {
            return Affine2(x: Point2(1, 0), y: Point2(0, 1), shift: meanOnto - meanFrom)
        }
        let x = (bx * yy - by * xy) / determinant
        let y = (by * xx - bx * xy) / determinant
        return Affine2(x: x, y: y, shift: meanOnto - x * meanFrom.x - y * meanFrom.y)
    }
}

/// Hermite's smooth step from 0 at `from` to 1 at `to`; `from` may be the larger.
@inline(__always)
func smoothStep(_ from: Float, _ to: Float, _ value: Float) -> Float {
    let t = min(max((value - from) / (to - from), 0), 1)
    return t * t * (3 - 2 * t)
}

/// Linear between knots of rising x, level outside.
func interpolate(_ x: Float, _ xs: [Float], _ ys: [Float]) -> Float {
    guard let first = xs.first, let last = xs.last else { return 0 }
    if x <= first { return ys[0] }
    if x >= last { return ys[ys.count - 1] }
    var index = 1
    while xs[index] < x { index += 1 }
    let part = (x - xs[index - 1]) / max(xs[index] - xs[index - 1], 1e-9)
    return ys[index - 1] + (ys[index] - ys[index - 1]) * part
}
