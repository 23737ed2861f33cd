import EngineAPI

/// Lays a face where Deep3DFaceRecon's network expects it, by five points.
enum FaceAlignment {
    /// What the network sees.
    static let side = 224

    /// The standard face's eyes, nose tip and corners of the mouth, x right, y up, z towards the
    /// camera; of Deep3DFaceRecon.
    private static let standard: [SIMD3<Double>] = [
        SIMD3(-0.31148657, 0.29036078, 0.13377953), SIMD3(0.30979887, 0.28972036, 0.13179526),
        SIMD3(0.0032535, -0.04617932, 0.55244243), SIMD3(-0.25216928, -0.38133916, 0.22405732),
        SIMD3(0.2484662, -0.38128236, 0.22235769),
    ]
    /// The standard face's size in the network's image.
    private static let standardScale = 102.0
    /// A face that is scaled up further has its eyes within a third of a pixel.
    private static let scaleMax = 200.0
    /// The same five of our landmarks: each eye's corners, the nose's tip and the mouth's corners.
    private static let landmarks = [[33, 133], [362, 263], [4], [61], [291]]

    /// Where a face stands in its image: how many of the network's pixels one of the image's is,
    /// and the image's point that the standard face's origin lies on, y from the bottom.
    struct Fit: Sendable, Equatable {
        let scale: Double
        let x: Double
        let y: Double
    }

    /// - points: 478, in the image's pixels.
    static func five(_ points: [Point2]) -> [SIMD2<Double>] {
        landmarks.map { points.mean(of: $0) }
    }

    /// A scaled orthographic camera, by least squares.
    /// - Throws: `.noFace` where the points are next to one.
    static func fit(_ five: [SIMD2<Double>], height: Int) throws(EngineError) -> Fit {
        // Both coordinates have the same equations: rows of the standard face's points and 1.
        let rows = standard.map { SIMD4($0, 1) }
        var squares = [SIMD4<Double>](repeating: .zero, count: 4)
        var (right, up) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
        for (row, point) in zip(rows, five) {
            for index in 0..<4 { squares[index] += row * row[index] }
            right += row * point.x
            up += row * (Double(height - 1) - point.y)
        }
        let (across, upwards) = (solved(squares, right), solved(squares, up))
        func length(_ row: SIMD4<Double>) -> Double {
            (row.x * row.x + row.y * row.y + row.z * row.z).squareRoot()
        }
        let scale = standardScale / ((length(across) + length(upwards)) / 2)
        guard scale <= scaleMax else { throw .noFace(.tooSmall) }
        return Fit(scale: scale, x: across.w, y: upwards.w)
    }

    /// Gauss's elimination of four equations, which are symmetric and not singular.
    private static func solved(
        _ matrix: [SIMD4<Double>], _ right: SIMD4<Double>
    ) -> SIMD4<Double> {
        var (matrix, right) = (matrix, right)
        for pivot in 0..<4 {
            right[pivot] /= matrix[pivot][pivot]
            matrix[pivot] /= matrix[pivot][pivot]
            for row in 0..<4 where row != pivot {
                right[row] -= right[pivot] * matrix[row][pivot]
                matrix[row] -= matrix[pivot] * matrix[row][pivot]
            }
        }
        return right
    }

    /// The image as the network wants it: `[1, 3, side, side]`, RGB, planar, 0…1; black beyond the
    /// image.
    static func planes(_ image: Image, _ fit: Fit) -> [Float] {
        // Whole pixels of the scaled image, as its authors' code has them.
        let width = max(Int(bounded: Double(image.width) * fit.scale), 1)
        let height = max(Int(bounded: Double(image.height) * fit.scale), 1)
        let half = Double(side / 2)
        let left = Int(
            bounded: Double(width) / 2 - half + (fit.x - Double(image.width) / 2) * fit.scale)
        let top = Int(
            bounded: Double(height) / 2 - half + (Double(image.height) / 2 - fit.y) * fit.scale)
        return BicubicResampling.window(
            of: image, width: width, height: height, left: left, top: top, side: side
        ).planes
    }
}

extension [Point2] {
    /// The mean of some of them.
    func mean(of indexes: [Int]) -> SIMD2<Double> {
        let sum = indexes.reduce(SIMD2<Double>.zero) { $0 + SIMD2<Double>(self[$1]) }
        return sum / Double(indexes.count)
    }
}

extension Image {
    /// Channel by channel, 0…1.
    var planes: [Float] {
        let count = width * height
        var made = [Float](repeating: 0, count: 3 * count)
        for pixel in 0..<count {
            for channel in 0..<3 {
                made[channel * count + pixel] = Float(rgb[3 * pixel + channel]) / 255
            }
        }
        return made
    }
}
