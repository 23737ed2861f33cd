import EngineAPI
import Glibc

/// A face's square in a frame, laid as FFHQ's portraits are: what networks that restore faces were
/// trained with.
struct AlignedFace: Sendable {
    /// Pixels a side of what a network sees.
    static let side = 512
    /// A square of so few of the frame's pixels shows no face.
    private static let sideMin: Float = 8

    /// Where FFHQ's mean face has its eyes, its nose's tip and its mouth's corners in 512 pixels a
    /// side; facexlib's `face_template`.
    private static let standard: [SIMD2<Double>] = [
        SIMD2(192.98138, 239.94708), SIMD2(318.90277, 240.1936), SIMD2(256.63416, 314.01935),
        SIMD2(201.26117, 371.41043), SIMD2(313.08905, 371.15118),
    ]

    /// Where what the network made gives way to the frame, in parts of the side from the border:
    /// nothing of it up to the first, all of it from the second on.
    private static let feather: (from: Float, to: Float) = (0.05, 0.15)

    let region: RegionOfInterest

    /// The similarity of the plane with the least squared error over five points.
    /// - points: 478, in the frame's pixels; nil where they are next to one.
    init?(_ points: [Point2]) {
        let five = FaceAlignment.five(points)
        let count = Double(five.count)
        let (from, onto) = (Self.standard, five)
        let meanFrom = from.reduce(SIMD2<Double>.zero, +) / count
        let meanOnto = onto.reduce(SIMD2<Double>.zero, +) / count
        var (along, across, size) = (0.0, 0.0, 0.0)
        for (a, b) in zip(from, onto) {
            let (p, q) = (a - meanFrom, b - meanOnto)
            along += p.x * q.x + p.y * q.y
            across += p.x * q.y - p.y * q.x
            size += (p * p).sum()
        }
        // The map's first column: a point (1, 0) of the standard comes to lie along it.
        let x = SIMD2(along, across) / size
        let scale = (x * x).sum().squareRoot()
        let side = Float(scale * Double(Self.side))
        guard side.isFinite, side >= Self.sideMin else { return nil }
        let middle = SIMD2(Double(Self.side - 1) / 2, Double(Self.side - 1) / 2) - meanFrom
        let centre =
            meanOnto + SIMD2(x.x * middle.x - x.y * middle.y, x.y * middle.x + x.x * middle.y)
        // Pixel centres lie at whole numbers; a region's at halves.
        region = RegionOfInterest(
            centre: Point2(Float(centre.x), Float(centre.y)) + 0.5, side: side,
            angle: Float(atan2(x.y, x.x)))
    }

    /// What the network sees: RGB, planar, −1…1; beyond the frame its border goes on.
    func planes(of frame: Pyramid) -> [Float] {
        let view = frame.view(region, side: Self.side, extendsBorder: true)
        let count = Self.side * Self.side
        var made = [Float](repeating: 0, count: 3 * count)
        for pixel in 0..<count {
            for channel in 0..<3 {
                made[channel * count + pixel] = view[3 * pixel + channel] / 127.5 - 1
            }
        }
        return made
    }

    /// Lays what the network made over the frame, its edges soft; what is outside stays as it is.
    /// - planes: RGB, planar, −1…1.
    func paste(_ planes: [Float], into frame: VideoFrame) {
        precondition(planes.count == 3 * Self.side * Self.side)
        let (width, height) = (frame.width, frame.height)
        let toUnit = region.map.inverse
        let (columns, rows) = covered(width, height)
        // As many samples a pixel as it has of the network's along a side.
        let samples = min(max(Int(bounded: (Float(Self.side) / region.side).rounded(.up)), 1), 8)
        frame.rgb.withUnsafeMutableBufferPointer { pixels in
            planes.withUnsafeBufferPointer { made in
                for y in rows {
                    for x in columns {
                        let middle = Point2(Float(x), Float(y)) + 0.5
                        let weight = Self.weight(toUnit.apply(middle))
                        guard weight > 0 else { continue }
                        let colour = Self.colour(made, toUnit, Point2(Float(x), Float(y)), samples)
                        let at = (y * width + x) * 3
                        for channel in 0..<3 {
                            let old = Float(pixels[at + channel])
                            let new = min(max((colour[channel] + 1) * 127.5, 0), 255)
                            pixels[at + channel] = UInt8(
                                bounded: (old + (new - old) * weight).rounded())
                        }
                    }
                }
            }
        }
    }

    /// Columns and rows of the frame that the square's corners reach.
    private func covered(_ width: Int, _ height: Int) -> (columns: Range<Int>, rows: Range<Int>) {
        let map = region.map
        let corners = [Point2(0, 0), Point2(1, 0), Point2(0, 1), Point2(1, 1)].map(map.apply)
        func reach(_ places: [Float], _ limit: Int) -> Range<Int> {
            let low = places.reduce(.infinity, min).rounded(.down)
            let high = places.reduce(-.infinity, max).rounded(.up)
            let first = min(max(Int(bounded: low), 0), limit)
            return first..<max(min(Int(bounded: high), limit), first)
        }
        return (reach(corners.map(\.x), width), reach(corners.map(\.y), height))
    }

    /// How much of a place in the unit square is the network's, 0…1.
    private static func weight(_ unit: Point2) -> Float {
        let inside = min(min(unit.x, 1 - unit.x), min(unit.y, 1 - unit.y))
        return smoothStep(feather.from, feather.to, inside)
    }

    /// The mean of what a pixel of the frame covers, −1…1.
    /// - corner: the pixel's upper left one.
    private static func colour(
        _ planes: UnsafeBufferPointer<Float>, _ toUnit: Affine2, _ corner: Point2, _ samples: Int
    ) -> Point3 {
        var sum = Point3()
        let step = 1 / Float(samples)
        for row in 0..<samples {
            for column in 0..<samples {
                let at = corner + (Point2(Float(column), Float(row)) + 0.5) * step
                sum += bilinear(planes, toUnit.apply(at) * Float(side) - 0.5)
            }
        }
        return sum * step * step
    }

    private static func bilinear(_ planes: UnsafeBufferPointer<Float>, _ at: Point2) -> Point3 {
        let last = Float(side - 1)
        let (atX, atY) = (min(max(at.x, 0), last), min(max(at.y, 0), last))
        let (x, y) = (Int(bounded: atX), Int(bounded: atY))
        let (partX, partY) = (atX - Float(x), atY - Float(y))
        let (right, below) = (min(x + 1, side - 1), min(y + 1, side - 1))
        func pixel(_ x: Int, _ y: Int) -> Point3 {
            let (place, count) = (y * side + x, side * side)
            return Point3(planes[place], planes[count + place], planes[2 * count + place])
        }
        let top = pixel(x, y) * (1 - partX) + pixel(right, y) * partX
        let bottom = pixel(x, below) * (1 - partX) + pixel(right, below) * partX
        return top * (1 - partY) + bottom * partY
    }
}
