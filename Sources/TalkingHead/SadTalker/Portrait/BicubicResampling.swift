import EngineAPI

/// An image at another size as Pillow's `BICUBIC` makes it, to the bit: whole levels after each of
/// the two directions, and borders that are left out rather than extended. The reconstruction was
/// trained on such images, and compares with the original only on the same.
struct BicubicResampling {
    /// Bits behind the point of a weight.
    private static let fractionBits = 22
    private static let reach = 2.0

    /// Which inputs make an output, and how much of each.
    private struct Taps {
        let first: Int
        let weights: [Int]
    }

    /// A window of a scaled image; what lies outside of that is black.
    /// - width, height: of the whole scaled image. - left, top: the window's corner in it.
    static func window(
        of image: Image, width: Int, height: Int, left: Int, top: Int, side: Int
    ) -> Image {
        let columns = max(left, 0)..<max(min(left + side, width), max(left, 0))
        let rows = max(top, 0)..<max(min(top + side, height), max(top, 0))
        var made = [UInt8](repeating: 0, count: side * side * 3)
        let across = columns.map { taps($0, from: image.width, to: width) }
        let down = rows.map { taps($0, from: image.height, to: height) }
        guard let first = down.first, let last = down.last else {
            return Image(width: side, height: side, rgb: made)
        }
        // Of the rows that the window's own are made of.
        let used = first.first..<last.first + last.weights.count
        var narrow = [UInt8](repeating: 0, count: used.count * columns.count * 3)
        for (line, y) in used.enumerated() {
            for (column, taps) in across.enumerated() {
                for channel in 0..<3 {
                    let start = (y * image.width + taps.first) * 3 + channel
                    narrow[(line * columns.count + column) * 3 + channel] = level(
                        taps, image.rgb, from: start, step: 3)
                }
            }
        }
        for (index, taps) in down.enumerated() {
            for column in 0..<columns.count * 3 {
                let start = (taps.first - used.lowerBound) * columns.count * 3 + column
                let x = (columns.lowerBound - left) * 3 + column
                made[(rows.lowerBound - top + index) * side * 3 + x] = level(
                    taps, narrow, from: start, step: columns.count * 3)
            }
        }
        return Image(width: side, height: side, rgb: made)
    }

    private static func level(
        _ taps: Taps, _ levels: [UInt8], from start: Int, step: Int
    ) -> UInt8 {
        var sum = 1 << (fractionBits - 1)
        for (index, weight) in taps.weights.enumerated() {
            sum += Int(levels[start + index * step]) * weight
        }
        return UInt8(min(max(sum >> fractionBits, 0), 255))
    }

    private static func taps(_ output: Int, from count: Int, to newCount: Int) -> Taps {
        let scale = Double(count) / Double(newCount)
        // Widened where it shrinks.
        let stretch = max(scale, 1)
        let centre = (Double(output) + 0.5) * scale
        let first = max(Int(bounded: centre - reach * stretch + 0.5), 0)
        let end = min(Int(bounded: centre + reach * stretch + 0.5), count)
        let raw = (first..<max(end, first + 1)).map {
            keys((Double($0) - centre + 0.5) / stretch)
        }
        let total = raw.reduce(0, +)
        let weights = raw.map {
            Int(bounded: ($0 / total * Double(1 << fractionBits)).rounded(.toNearestOrAwayFromZero))
        }
        return Taps(first: min(first, count - 1), weights: weights)
    }

    /// Keys, "Cubic convolution interpolation" (1981), a = −½.
    private static func keys(_ x: Double) -> Double {
        let t = abs(x)
        if t < 1 { return (1.5 * t - 2.5) * t * t + 1 }
        if t < 2 { return ((-0.5 * t + 2.5) * t - 4) * t + 2 }
        return 0
    }
}
