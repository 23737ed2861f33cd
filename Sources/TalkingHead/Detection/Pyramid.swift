import EngineAPI
import Glibc

/// A square window on an image: centre in pixels, side in pixels, turned clockwise.
struct RegionOfInterest: Sendable, Equatable {
    var centre: Point2
    var side: Float
    /// Radians.
    var angle: Float = 0

    /// From the window's unit square to the image's pixels.
    var map: Affine2 {
        let x = Point2(cosf(angle), sinf(angle)) * side
        let y = Point2(-sinf(angle), cosf(angle)) * side
        return Affine2(x: x, y: y, shift: centre - (x + y) * 0.5)
    }
}

/// An image and its halvings, so that small views of it are sampled without aliasing.
struct Pyramid: Sendable {
    private let levels: [Image]

    init(_ image: Image) {
        var levels = [image]
        while let last = levels.last, min(last.width, last.height) >= 16, levels.count < 8 {
            levels.append(Pyramid.halved(last))
        }
        self.levels = levels
    }

    var width: Int { levels[0].width }
    var height: Int { levels[0].height }

    private static func halved(_ image: Image) -> Image {
        let (width, height) = (image.width / 2, image.height / 2)
        var rgb = [UInt8](repeating: 0, count: width * height * 3)
        let stride = image.width * 3
        image.rgb.withUnsafeBufferPointer { from in
            rgb.withUnsafeMutableBufferPointer { into in
                for y in 0..<height {
                    for x in 0..<width * 3 {
                        let at = 2 * y * stride + (x / 3) * 6 + x % 3
                        let above = Int(from[at]) + Int(from[at + 3])
                        let below = Int(from[at + stride]) + Int(from[at + stride + 3])
                        into[y * width * 3 + x] = UInt8((above + below + 2) / 4)
                    }
                }
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    /// What a window shows, `[side, side, 3]`, 0…255. Outside the image is black, or its border
    /// goes on (`extendsBorder`).
    func view(_ window: RegionOfInterest, side: Int, extendsBorder: Bool) -> [Float] {
        var level = 0
        var step = window.side / Float(side)
        while step >= 2, level + 1 < levels.count {
            step /= 2
            level += 1
        }
        let image = levels[level]
        let shrink = Float(1 << level)
        let map = window.map
        var pixels = [Float](repeating: 0, count: side * side * 3)
        let (right, bottom) = (Float(image.width - 1), Float(image.height - 1))
        image.rgb.withUnsafeBufferPointer { rgb in
            pixels.withUnsafeMutableBufferPointer { pixels in
                for row in 0..<side {
                    for column in 0..<side {
                        let unit = Point2(Float(column) + 0.5, Float(row) + 0.5) / Float(side)
                        // Pixel centres lie at halves on every level.
                        var at = map.apply(unit) / shrink - 0.5
                        let isOutside =
                            at.x < -0.5 || at.y < -0.5 || at.x > right + 0.5
                            || at.y > bottom + 0.5
                        if isOutside && !extendsBorder { continue }
                        at = Point2(min(max(at.x, 0), right), min(max(at.y, 0), bottom))
                        let colour = image.bilinear(at, rgb)
                        let index = (row * side + column) * 3
                        (pixels[index], pixels[index + 1], pixels[index + 2]) = (
                            colour.x, colour.y, colour.z
                        )
                    }
                }
            }
        }
        return pixels
    }
}

extension Image {
    /// The colour at a point inside the image, 0…255; whole numbers are pixel centres.
    /// - rgb: this image's.
    @inline(__always)
    func bilinear(_ at: Point2, _ rgb: UnsafeBufferPointer<UInt8>) -> Point3 {
        let (x, y) = (Int(bounded: at.x), Int(bounded: at.y))
        let (fx, fy) = (at.x - Float(x), at.y - Float(y))
        let (right, below) = (min(x + 1, width - 1), min(y + 1, height - 1))
        @inline(__always)
        func pixel(_ x: Int, _ y: Int) -> Point3 {
            let index = (y * width + x) * 3
            return Point3(Float(rgb[index]), Float(rgb[index + 1]), Float(rgb[index + 2]))
        }
        let top = pixel(x, y) * (1 - fx) + pixel(right, y) * fx
        let bottom = pixel(x, below) * (1 - fx) + pixel(right, below) * fx
        return top * (1 - fy) + bottom * fy
    }

    /// The colour of a pixel, 0…255.
    func pixel(_ x: Int, _ y: Int) -> Point3 {
        let index = (y * width + x) * 3
        return Point3(Float(rgb[index]), Float(rgb[index + 1]), Float(rgb[index + 2]))
    }

    /// The colour of the pixel nearest to a point, which may lie outside.
    func nearest(_ at: Point2) -> Point3 {
        let x = min(max(Int(bounded: at.x.rounded()), 0), width - 1)
        let y = min(max(Int(bounded: at.y.rounded()), 0), height - 1)
        return pixel(x, y)
    }
}
