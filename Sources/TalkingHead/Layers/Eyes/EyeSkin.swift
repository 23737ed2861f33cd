import EngineAPI
import Glibc

/// What around an eye is skin, and the light that falls on it.
struct EyeSkin {
    /// The box: red, green, blue, luminance.
    let source: FloatImage
    let luminance: FloatImage
    /// Skin under the eye, and its luminance.
    let reference: Point3
    let brightness: Float
    /// How bright each pixel is, in the light that falls there.
    let relative: FloatImage
    /// How much each pixel looks like skin, 0…1: broad shadows do, lashes, frames and irises don't.
    let plain: FloatImage
    /// How much each pixel is worth filling from: what is dark is not.
    let good: FloatImage
    /// How near each pixel's colour is to that of the skin under the eye, 0…1.
    let likeness: FloatImage

    /// The light is read over neighbourhoods so wide, in the eye's unit: what is dark and narrower
    /// does not count.
    private static let lightReach: Float = 0.24

    /// - cheek: the face's skin, where too little is seen under the eye.
    init(_ eye: EyeGeometry, image: Image, cheek: Point3) {
        let source = FloatImage(image, eye.box)
        let luminance = source.plane(3)
        (self.source, self.luminance) = (source, luminance)
        let below = (0..<eye.count).filter { index in
            let under = eye.v[index] - eye.underFold[index]
            return eye.u[index] > 0.08 * eye.width && eye.u[index] < 0.92 * eye.width
                && under > 0.05 * eye.unit && under < 0.32 * eye.unit
        }
        reference = below.count > 20 ? source.median(below) : cheek
        brightness = max(reference.luminance, 8)
        let light = Self.light(luminance, brightness, unit: eye.unit)
        let (tone, bright) = (reference / brightness, brightness)
        let dim = 0.3 * smoothStep(90, 30, bright)
        var (relative, plain, good, likeness) = (light, light, light, light)
        for index in 0..<eye.count {
            let value = luminance.values[index]
            let unlike = (source.colour(index) / max(value, 4) - tone).largest
            let ratio = value / light.values[index]
            let part = value / bright
            let alike =
                smoothStep(0.66, 0.80, ratio) * smoothStep(1.42, 1.28, ratio)
                * smoothStep(0.15, 0.25, part) * smoothStep(0.34 + dim, 0.22 + dim, unlike)
            relative.values[index] = ratio
            likeness.values[index] = smoothStep(0.22 + dim, 0.1 + dim, unlike)
            plain.values[index] = alike
            good.values[index] = alike * smoothStep(0.30, 0.42, part)
        }
        (self.relative, self.plain, self.good, self.likeness) = (relative, plain, good, likeness)
    }

    private static func light(
        _ luminance: FloatImage, _ brightness: Float, unit: Float
    ) -> FloatImage {
        let radius = max(Int(bounded: lightReach * unit), 1)
        var light = luminance.blurred(0.02 * unit).closed(.disc(radius)).blurred(0.1 * unit)
        for index in light.values.indices {
            light.values[index] = min(
                max(light.values[index], 0.25 * brightness), 1.15 * brightness)
        }
        return light
    }
}

extension FloatImage {
    /// The median of each of three channels over some pixels.
    func median(_ pixels: [Int]) -> Point3 {
        var made = Point3()
        for channel in 0..<3 {
            made[channel] = quantile(pixels.map { values[$0 * channels + channel] }, 0.5)
        }
        return made
    }

    /// The mean of three channels over some pixels; black of none.
    func mean(_ pixels: [Int]) -> Point3 {
        pixels.reduce(Point3()) { $0 + colour($1) } / Float(max(pixels.count, 1))
    }
}
