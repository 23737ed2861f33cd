import EngineAPI
import Glibc

@testable import TalkingHead

/// A hand drawn over an image: palm, fingers and thumb as shaded capsules in one colour.
struct DrawnHand {
    let centre: Point2
    /// From the wrist to the longest finger's tip, pixels.
    let size: Float
    /// Radians, clockwise; 0 has the fingers up.
    let angle: Float
    let skin: Point3

    /// Both ends and their radii in the hand's size; the fingers lie over the palm.
    private static let capsules: [(from: Point2, to: Point2, radii: (Float, Float))] = [
        (Point2(0, 0.32), Point2(0, 0.62), (0.14, 0.15)),
        (Point2(-0.1, 0.05), Point2(-0.05, 0.3), (0.12, 0.16)),
        (Point2(0.1, 0.05), Point2(0.05, 0.3), (0.12, 0.16)),
        (Point2(-0.17, -0.02), Point2(-0.24, -0.36), (0.062, 0.05)),
        (Point2(-0.055, -0.06), Point2(-0.075, -0.47), (0.065, 0.052)),
        (Point2(0.06, -0.05), Point2(0.075, -0.43), (0.062, 0.05)),
        (Point2(0.165, 0), Point2(0.22, -0.3), (0.055, 0.043)),
        (Point2(-0.16, 0.25), Point2(-0.4, -0.02), (0.075, 0.055)),
    ]

    func drawn(over image: Image) -> Image {
        var rgb = image.rgb
        let (along, down) = (Point2(cosf(angle), sinf(angle)), Point2(-sinf(angle), cosf(angle)))
        for (from, to, radii) in Self.capsules {
            let way = to - from
            for y in 0..<image.height {
                for x in 0..<image.width {
                    let off = (Point2(Float(x), Float(y)) - centre) / size
                    let at = Point2((off * along).sum(), (off * down).sum())
                    let part = min(max(((at - from) * way).sum() / (way * way).sum(), 0), 1)
                    let radius = radii.0 + (radii.1 - radii.0) * part
                    let away = (at - from - way * part).length / radius
                    let alpha = min(max((1 - away) * size * 0.06 + 0.5, 0), 1)
                    guard alpha > 0 else { continue }
                    let edge = min(away, 1)
                    let colour = skin * (1.05 - 0.45 * edge * edge * edge)
                    for channel in 0..<3 {
                        let index = (y * image.width + x) * 3 + channel
                        let old = Float(rgb[index])
                        let mixed = old + (min(colour[channel], 255) - old) * alpha
                        rgb[index] = UInt8(bounded: mixed.rounded())
                    }
                }
            }
        }
        return Image(width: image.width, height: image.height, rgb: rgb)
    }
}
