import EngineAPI
import Glibc

/// A rectangle of an image in its pixels, edges at whole numbers; it may reach over the border.
struct CropRect: Sendable, Equatable {
    var left: Float
    var top: Float
    var width: Float
    var height: Float
}

extension Image {
    /// What a cut shows at another size: Catmull-Rom, widened when it shrinks; the border goes on.
    func resized(_ cut: CropRect, width newWidth: Int, height newHeight: Int) -> Image {
        let isWhole = cut == CropRect(left: 0, top: 0, width: Float(width), height: Float(height))
        if isWhole && newWidth == width && newHeight == height { return self }
        let across = Taps(from: cut.left, length: cut.width, count: newWidth, limit: width)
        let down = Taps(from: cut.top, length: cut.height, count: newHeight, limit: height)
        // Rows first, and only those that are needed; as Float, so that rounding happens once.
        var narrow = [Float](repeating: 0, count: newWidth * height * 3)
        let rows = down.used
        rgb.withUnsafeBufferPointer { from in
            narrow.withUnsafeMutableBufferPointer { into in
                for y in rows {
                    across.narrow(
                        from.baseAddress! + y * width * 3, into.baseAddress! + y * newWidth * 3)
                }
            }
        }
        var made = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
        var sums = [Float](repeating: 0, count: newWidth * 3)
        narrow.withUnsafeBufferPointer { from in
            made.withUnsafeMutableBufferPointer { into in
                sums.withUnsafeMutableBufferPointer { sums in
                    for y in 0..<newHeight {
                        down.sum(y, of: from.baseAddress!, into: sums)
                        let row = into.baseAddress! + y * newWidth * 3
                        for x in sums.indices {
                            row[x] = UInt8(bounded: min(max(sums[x].rounded(), 0), 255))
                        }
                    }
                }
            }
        }
        return Image(width: newWidth, height: newHeight, rgb: made)
    }
}

/// Which inputs make each output along one axis, and how much.
private struct Taps {
    let perOutput: Int
    private var indexes: [Int] = []
    private var weights: [Float] = []

    init(from: Float, length: Float, count: Int, limit: Int) {
        let step = length / Float(count)
        let stretch = max(step, 1)
        perOutput = 2 * Int(bounded: (2 * stretch).rounded(.up)) + 1
        for output in 0..<count {
            let centre = from + (Float(output) + 0.5) * step - 0.5
            let first = Int(bounded: centre.rounded()) - perOutput / 2
            var row = (0..<perOutput).map {
                Taps.catmullRom((Float(first + $0) - centre) / stretch)
            }
            let total = row.reduce(0, +)
            for tap in row.indices { row[tap] /= total }
            weights += row
            indexes += (0..<perOutput).map { min(max(first + $0, 0), limit - 1) }
        }
    }

    var used: [Int] { Set(indexes).sorted() }

    /// Each output of one row, three channels.
    func narrow(_ from: UnsafePointer<UInt8>, _ into: UnsafeMutablePointer<Float>) {
        indexes.withUnsafeBufferPointer { indexes in
            weights.withUnsafeBufferPointer { weights in
                for output in 0..<indexes.count / perOutput {
                    var colour = Point3()
                    for tap in output * perOutput..<(output + 1) * perOutput {
                        let pixel = from + indexes[tap] * 3
                        colour +=
                            Point3(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]))
                            * weights[tap]
                    }
                    let made = into + output * 3
                    (made[0], made[1], made[2]) = (colour.x, colour.y, colour.z)
                }
            }
        }
    }

    /// One output of each column: the weighted sum of rows as long as `into`.
    func sum(
        _ output: Int, of from: UnsafePointer<Float>, into: UnsafeMutableBufferPointer<Float>
    ) {
        into.update(repeating: 0)
        for tap in output * perOutput..<(output + 1) * perOutput {
            let (row, weight) = (from + indexes[tap] * into.count, weights[tap])
            for x in into.indices { into[x] += row[x] * weight }
        }
    }

    /// Keys, "Cubic convolution interpolation" (1981), a = −½.
    private static func catmullRom(_ x: Float) -> Float {
        let t = abs(x)
        if t < 1 { return (1.5 * t - 2.5) * t * t + 1 }
        if t < 2 { return ((-0.5 * t + 2.5) * t - 4) * t + 2 }
        return 0
    }
}
