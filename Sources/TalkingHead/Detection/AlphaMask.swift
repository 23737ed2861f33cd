import EngineAPI
import Glibc

/// How much of each pixel of a rectangle something covers, 0…1.
struct AlphaMask {
    let left: Int
    let top: Int
    let width: Int
    let height: Int
    private(set) var values: [Float]

    /// Rows of samples in a pixel; across, coverage is exact.
    private static let rowsPerPixel = 4

    subscript(x: Int, y: Int) -> Float { values[(y - top) * width + x - left] }

    var rows: Range<Int> { top..<top + height }
    var columns: Range<Int> { left..<left + width }
    var isEmpty: Bool { values.isEmpty }

    /// The columns of each row, from the rectangle's left, that something covered lies in or no
    /// farther from than `margin` pixels; none where nothing does.
    func spans(margin: Int) -> [Range<Int>] {
        let covered = (0..<height).map { row -> Range<Int>? in
            let line = values[row * width..<(row + 1) * width]
            guard let first = line.firstIndex(where: { $0 > 0 }),
                let last = line.lastIndex(where: { $0 > 0 })
            else { return nil }
            return first - line.startIndex..<last - line.startIndex + 1
        }
        return (0..<height).map { row in
            let near = covered[max(row - margin, 0)...min(row + margin, height - 1)]
                .compactMap(\.self)
            guard let left = near.map(\.lowerBound).min(), let right = near.map(\.upperBound).max()
            else { return 0..<0 }
            return max(left - margin, 0)..<min(right + margin, width)
        }
    }

    /// An empty rectangle around points, `margin` pixels wider, inside a frame.
    init(around points: [Point2], margin: Float, width frameWidth: Int, height frameHeight: Int) {
        var low = Point2(repeating: .infinity)
        var high = Point2(repeating: -.infinity)
        for point in points {
            low = pointwiseMin(low, point)
            high = pointwiseMax(high, point)
        }
        left = max(Int(bounded: (low.x - margin).rounded(.down)), 0)
        top = max(Int(bounded: (low.y - margin).rounded(.down)), 0)
        width = max(min(Int(bounded: (high.x + margin).rounded(.up)) + 1, frameWidth) - left, 0)
        height = max(min(Int(bounded: (high.y + margin).rounded(.up)) + 1, frameHeight) - top, 0)
        values = [Float](repeating: 0, count: width * height)
    }

    /// The same rectangle with nothing in it.
    var cleared: AlphaMask {
        var copy = self
        copy.values = [Float](repeating: 0, count: values.count)
        return copy
    }

    /// Fills a polygon, even-odd.
    mutating func fill(_ polygon: [Point2]) {
        let weight = 1 / Float(Self.rowsPerPixel)
        var crossings: [Float] = []
        for row in 0..<height {
            for sample in 0..<Self.rowsPerPixel {
                // A pixel's centre is a whole number: its rows of samples lie around that.
                let y = Float(top + row) - 0.5 + (Float(sample) + 0.5) * weight
                crossings.removeAll(keepingCapacity: true)
                for index in polygon.indices {
                    let (a, b) = (polygon[index], polygon[(index + 1) % polygon.count])
                    guard (a.y <= y) != (b.y <= y) else { continue }
                    crossings.append(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
                }
                crossings.sort()
                for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                    addSpan(row, crossings[pair], crossings[pair + 1], weight)
                }
            }
        }
    }

    private mutating func addSpan(_ row: Int, _ from: Float, _ to: Float, _ weight: Float) {
        let a = min(max(from + 0.5 - Float(left), 0), Float(width))
        let b = min(max(to + 0.5 - Float(left), 0), Float(width))
        guard a < b else { return }
        var x = Int(bounded: a)
        while x < width, Float(x) < b {
            let part = min(Float(x + 1), b) - max(Float(x), a)
            values[row * width + x] += part * weight
            x += 1
        }
    }

    /// Draws an open line of some width, its edges soft over a pixel.
    mutating func stroke(_ line: [Point2], width lineWidth: Float) {
        for y in rows {
            for x in columns {
                let at = Point2(Float(x), Float(y))
                var nearest = Float.infinity
                for (a, b) in zip(line, line.dropFirst()) {
                    let along = b - a
                    let size = max((along * along).sum(), 1e-9)
                    let part = min(max(((at - a) * along).sum() / size, 0), 1)
                    nearest = min(nearest, (at - a - along * part).length)
                }
                let value = min(max(lineWidth / 2 + 0.5 - nearest, 0), 1) * min(lineWidth, 1)
                let index = (y - top) * width + x - left
                values[index] = max(values[index], value)
            }
        }
    }

    /// Blurs by a Gaussian of this standard deviation, pixels.
    mutating func blur(_ sigma: Float) {
        guard !isEmpty else { return }
        let kernel = gaussianKernel(sigma)
        values = AlphaMask.convolved(values, width, height, kernel, stride: 1)
        values = AlphaMask.convolved(values, width, height, kernel, stride: width)
    }

    private static func convolved(
        _ values: [Float], _ width: Int, _ height: Int, _ kernel: [Float], stride: Int
    ) -> [Float] {
        let radius = kernel.count / 2
        let limit = stride == 1 ? width - 1 : height - 1
        var made = [Float](repeating: 0, count: values.count)
        for y in 0..<height {
            for x in 0..<width {
                let (index, at) = (y * width + x, stride == 1 ? x : y)
                var sum: Float = 0
                for tap in -radius...radius {
                    let clamped = min(max(at + tap, 0), limit)
                    sum += values[index + (clamped - at) * stride] * kernel[tap + radius]
                }
                made[index] = sum
            }
        }
        return made
    }
}

/// Weights of a Gaussian that sum to 1, cut at three standard deviations.
func gaussianKernel(_ sigma: Float) -> [Float] {
    let radius = max(Int(bounded: (3 * sigma).rounded(.up)), 1)
    var kernel = (-radius...radius).map { expf(-Float($0 * $0) / (2 * sigma * sigma)) }
    let total = kernel.reduce(0, +)
    for index in kernel.indices { kernel[index] /= total }
    return kernel
}
