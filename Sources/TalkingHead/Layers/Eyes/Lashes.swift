import EngineAPI
import Glibc

/// Lashes in their own colour, as thick and as strong as the portrait has them.
struct Lashes {
    let colour: Point3
    /// How much darker than skin, 0…1.
    let contrast: Float
    /// Half of their thickness, pixels.
    let thickness: Float
    /// How much is left of them: an eye without a pupil is a statue's, and has none.
    private let share: Float

    init(_ eye: EyeGeometry, _ skin: EyeSkin) {
        let (width, unit) = (eye.width, eye.unit)
        let band = (0..<eye.count).filter { index in
            let above = eye.v[index] - eye.upper[index]
            return eye.u[index] > 0.1 * width && eye.u[index] < 0.9 * width
                && above > -0.08 * unit && above < 0.04 * unit
        }
        let lights = band.map { skin.luminance.values[$0] }.sorted()
        if lights.count > 6 {
            let cut = lights[max(lights.count / 7, 1)]
            colour = skin.source.mean(band.filter { skin.luminance.values[$0] <= cut })
        } else {
            colour = skin.reference * 0.5
        }
        contrast = 1 - colour.luminance / skin.brightness
        let middle = (skin.brightness + colour.luminance) / 2
        let dark = (0..<eye.count).count { index in
            let above = eye.v[index] - eye.upper[index]
            return eye.u[index] > 0.15 * width && eye.u[index] < 0.85 * width
                && above > -0.12 * unit && above < 0.03 * unit
                && skin.luminance.values[index] < middle
        }
        share = 1 - 0.65 * Self.blankness(eye, skin)
        thickness = min(max(0.5 * Float(dark) / (0.7 * width), 0.012 * unit), 0.042 * unit)
    }

    /// How sure it is that the eye has no pupil, 0…1.
    private static func blankness(_ eye: EyeGeometry, _ skin: EyeSkin) -> Float {
        guard let iris = eye.iris else { return 0 }
        let opening = (0..<eye.count).filter {
            eye.v[$0] > eye.upper[$0] && eye.v[$0] < eye.lower[$0] && eye.u[$0] > 0
                && eye.u[$0] < eye.width
        }
        let pupil = opening.filter {
            (Point2(eye.u[$0], eye.v[$0]) - iris.centre).length < 0.7 * iris.radius
        }
        guard pupil.count > 8 else { return 0 }
        let dark = quantile(pupil.map { skin.luminance.values[$0] }, 0.1)
        let bright = quantile(opening.map { skin.luminance.values[$0] }, 0.7)
        return smoothStep(0.55, 0.8, dark / max(bright, 1))
    }

    /// Along a shut lid's edge: strongest towards the outer corner, a line and a fringe below it.
    func alpha(_ eye: EyeGeometry, edge: [Float]) -> FloatImage {
        let most = min(max(1.15 * contrast, 0), 0.86) * share
        let (above, below) = (0.55 * thickness + 0.35, 0.9 * thickness + 0.45)
        return eye.plane { index in
            let x = eye.u[index] / eye.width
            let outer = eye.isOuterRight ? x : 1 - x
            let taper = smoothStep(1.08, 0.90, outer) * smoothStep(-0.03, 0.22, outer)
            guard taper > 0 else { return 0 }
            let away = eye.v[index] - edge[index]
            let part = away < 0 ? away / above : away / below
            let fringe = away > 0 ? 0.3 * expf(-away / (0.045 * eye.unit)) : 0
            let body = min(expf(-part * part) + fringe, 1)
            return most * taper * (0.66 + 0.34 * outer) * body
        }
    }
}
