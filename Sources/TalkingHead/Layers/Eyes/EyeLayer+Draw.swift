import EngineAPI
import Glibc

extension EyeLayer {
    /// What one frame asks of an eye.
    private struct Pose {
        /// How far the lid is closed, and how much of the eye follows it.
        let blink: Float
        let weight: Float
        /// How much of the open lid's own look is left.
        let own: Float
        /// Half of the edge's softness, and how far below the edge the lashes reach.
        let soft: Float
        let hem: Float
        let shade: Float
        let shadeLength: Float
        /// How far the shut skin has come in around the opening, and in it.
        let around: Float
        let between: Float
    }

    /// Below this a frame shows the portrait's own eye.
    private static let leastBlink: Float = 0.01
    private static let leastGaze: Float = 0.05

    /// Draws the eye; returns whether it differs from the portrait's.
    /// - gaze: pixels to the image's right and down. - isMoved: whether the texture's does so far.
    func draw(
        blink: Float, gaze: Point2, into texture: inout FrameTexture, isMoved: Bool
    ) -> Bool {
        let look = Point2(
            min(max(gaze.x, -reach.x), reach.x), min(max(gaze.y, -reach.y), reach.y))
        let turns = abs(look.x) + abs(look.y) >= Self.leastGaze
        let closes = blink > Self.leastBlink
        guard turns || closes || isMoved else { return false }
        var turned = texture.turnedEye
        texture.turnedEye = []
        if turns { turn(by: axis * look.x + down * look.y, into: &turned) }
        texture.withPixels(of: box) { pixels, rowStride in
            if turns {
                turned.withUnsafeBufferPointer {
                    draw(blink, open: $0.baseAddress!, into: pixels, rowStride)
                }
            } else {
                source.values.withUnsafeBufferPointer {
                    draw(blink, open: $0.baseAddress!, into: pixels, rowStride)
                }
            }
        }
        texture.turnedEye = turned
        return turns || closes
    }

    /// The open eye with its iris gone by some pixels.
    private func turn(by way: Point2, into turned: inout [Float]) {
        let count = source.values.count
        if turned.count < count { turned = source.values }
        turned.withUnsafeMutableBufferPointer { into in
            source.values.withUnsafeBufferPointer { from in
                into.baseAddress!.update(from: from.baseAddress!, count: count)
            }
            let bytes = UnsafeMutableRawPointer(into.baseAddress!)
            ball.withBilinear { ball in
                for pixel in pixels where pixel.opening * pixel.following > 0.002 {
                    let index = Int(pixel.index)
                    let (x, y) = (index % box.width, index / box.width)
                    let from = way * pixel.following
                    let moved = ball(Float(x) - from.x, Float(y) - from.y)
                    let own = lanes(ball.values + index * 4)
                    let at = bytes + index * 16
                    let open = at.loadUnaligned(as: SIMD4<Float>.self)
                    at.storeBytes(of: open + (moved - own) * pixel.opening, as: SIMD4<Float>.self)
                }
            }
        }
    }

    private func draw(
        _ blink: Float, open: UnsafePointer<Float>, into pixels: UnsafeMutablePointer<UInt32>,
        _ rowStride: Int
    ) {
        guard blink > Self.leastBlink else {
            for pixel in self.pixels {
                let index = Int(pixel.index)
                let at = index / box.width * rowStride + index % box.width
                pixels[at] = packed(lanes(open + index * 4))
            }
            return
        }
        let soft = 0.5 + sigma
        let isShut = blink >= 0.98
        let pose = Pose(
            blink: blink, weight: smoothStep(0, 0.12, blink),
            own: 1 - smoothStep(0.05, 0.6, blink), soft: isShut ? 0 : soft,
            hem: 0.9 * lashThickness * smoothStep(0.05, 0.5, blink),
            shade: 0.22 * smoothStep(0, 0.6, blink), shadeLength: 0.09 * unit,
            around: smoothStep(0.1, 0.7, blink), between: smoothStep(0.75, 1, blink))
        let openEye = Bilinear(values: open, width: box.width, height: box.height)
        shut.withBilinear { shut in
            for pixel in self.pixels {
                let index = Int(pixel.index)
                let (x, y) = (index % box.width, index / box.width)
                let own = lanes(open + index * 4)
                let weight = pixel.zone * pose.weight
                var colour = own
                if weight > 0.002 {
                    let closed = Self.closed(pixel, x, y, own, pose, openEye, shut, down)
                    colour += (closed - own) * weight
                }
                pixels[y * rowStride + x] = packed(colour)
            }
        }
    }

    /// A pixel of a lid that is on its way.
    @inline(__always)
    private static func closed(
        _ pixel: EyePixel, _ x: Int, _ y: Int, _ own: SIMD4<Float>, _ pose: Pose,
        _ open: Bilinear, _ shut: Bilinear, _ down: Point2
    ) -> SIMD4<Float> {
        let edge = pixel.upper + (pixel.shut - pixel.upper) * pose.blink
        let away = pixel.v - edge - pose.hem
        let over = pose.soft > 0 ? smoothStep(pose.soft, -pose.soft, away) : 1
        var made = SIMD4<Float>()
        if over < 1 {
            // Below the edge: the eyeball in the lid's shade until the lid has passed, and around
            // it the shut eye's skin.
            let shade =
                pixel.isInside
                ? 1 - pose.shade * expf(-max(pixel.v - edge, 0) / pose.shadeLength) : 1
            let ball = own * shade
            let gone = pose.around + (pose.between - pose.around) * pixel.between
            made = ball + (lanes(shut.values + (y * shut.width + x) * 4) - ball) * gone
        }
        guard over > 0 else { return made }
        // Fold and edge stay where they are on the lid.
        let length = max(edge - pixel.fold, 1)
        let t = min(max((pixel.v - pixel.fold) / length, 0), 1.15)
        let from = down * ((pixel.shut - edge) * t)
        var lid = shut(Float(x) + from.x, Float(y) + from.y)
        if pose.own > 0 {
            let from = down * ((pixel.upper - edge) * t)
            lid += (open(Float(x) + from.x, Float(y) + from.y) - lid) * pose.own
        }
        return made + (lid - made) * over
    }
}

@inline(__always)
private func lanes(_ at: UnsafePointer<Float>) -> SIMD4<Float> {
    UnsafeRawPointer(at).loadUnaligned(as: SIMD4<Float>.self)
}

/// Red, green, blue from the lowest byte upwards.
@inline(__always)
private func packed(_ colour: SIMD4<Float>) -> UInt32 {
    var value = colour
    value.replace(with: 0, where: value .< 0)
    value.replace(with: 255, where: value .> 255)
    // Adding 2²³ leaves the nearest whole number in the lower bits; a value that is not a number
    // gives some colour.
    let bits = unsafeBitCast(value + 8_388_608, to: SIMD4<UInt32>.self) & 255
    return bits.x | bits.y << 8 | bits.z << 16
}
