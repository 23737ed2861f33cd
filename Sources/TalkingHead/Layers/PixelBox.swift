import EngineAPI

/// A rectangle of whole pixels.
struct PixelBox: Sendable, Equatable {
    let left: Int
    let top: Int
    let width: Int
    let height: Int

    var isEmpty: Bool { width <= 0 || height <= 0 }

    /// A mask's rectangle.
    init(_ mask: AlphaMask) {
        (left, top, width, height) = (mask.left, mask.top, mask.width, mask.height)
    }

    /// Around points, as much as lies inside an image.
    init(around points: [Point2], width imageWidth: Int, height imageHeight: Int) {
        let low = points.reduce(Point2(repeating: .infinity), pointwiseMin)
        let high = points.reduce(Point2(repeating: -.infinity), pointwiseMax)
        left = min(max(Int(bounded: low.x.rounded(.down)), 0), imageWidth)
        top = min(max(Int(bounded: low.y.rounded(.down)), 0), imageHeight)
        width = max(min(Int(bounded: high.x.rounded(.up)) + 1, imageWidth) - left, 0)
        height = max(min(Int(bounded: high.y.rounded(.up)) + 1, imageHeight) - top, 0)
    }
}

extension FloatImage {
    /// A part of an image: red, green, blue (0…255) and luminance.
    init(_ image: Image, _ box: PixelBox) {
        var values = [Float](repeating: 0, count: box.width * box.height * 4)
        image.rgb.withUnsafeBufferPointer { rgb in
            values.withUnsafeMutableBufferPointer { into in
                for y in 0..<box.height {
                    let from = ((box.top + y) * image.width + box.left) * 3
                    let row = y * box.width * 4
                    for x in 0..<box.width {
                        let at = from + x * 3
                        let colour = Point3(Float(rgb[at]), Float(rgb[at + 1]), Float(rgb[at + 2]))
                        into[row + x * 4] = colour.x
                        into[row + x * 4 + 1] = colour.y
                        into[row + x * 4 + 2] = colour.z
                        into[row + x * 4 + 3] = colour.luminance
                    }
                }
            }
        }
        self.init(values, width: box.width, height: box.height, channels: 4)
    }

    /// One channel alone.
    func plane(_ channel: Int) -> FloatImage {
        var made = FloatImage(width: width, height: height)
        for index in made.values.indices {
            made.values[index] = values[index * channels + channel]
        }
        return made
    }

    /// The first three channels of a pixel, counted row by row.
    @inline(__always)
    func colour(_ index: Int) -> Point3 {
        Point3(
            values[index * channels], values[index * channels + 1], values[index * channels + 2])
    }
}
