import EngineAPI

/// The colour that the portrait's upper lids have of their own: eyeshadow. A shut lid without it
/// would be a patch of bare skin.
struct LidTint {
    /// How sure it is that there is some, 0…1.
    let strength: Float
    /// Whether it is no paint, but the white or the iris of an eye that is larger than its
    /// landmarks say.
    let isOfWhite: Bool
    /// Colour over luminance.
    private let tone: Point3

    /// Shade makes skin redder, and a blue sky makes it bluer by less than that: what is bluer or
    /// greener than the skin under the eye by more is paint.
    private static let (leastPaint, surePaint): (Float, Float) = (0.1, 0.22)

    /// How much redder than grey most skin is, in parts of its luminance.
    private static let usualRedness: Float = 0.35

    init(_ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions) {
        let unit = eye.unit
        let seen = (0..<eye.count).filter { index in
            let (u, v) = (eye.u[index], eye.v[index])
            let above = eye.upper[index] - v
            let part = skin.luminance.values[index] / skin.brightness
            // Lashes and liner are far darker, and a brow is no lid.
            return u > 0.15 * eye.width && u < 0.85 * eye.width && above > 0.07 * unit
                && above < 0.24 * unit && v > eye.brow[index] + 0.1 * unit && part > 0.35
                && regions.front.values[index] < 0.1
        }
        guard seen.count > 20 else {
            (strength, isOfWhite, tone) = (0, false, Point3(repeating: 1))
            return
        }
        let tones = FloatImage(
            seen.flatMap { index in
                let tone = skin.source.colour(index) / max(skin.luminance.values[index], 4)
                return [tone.x, tone.y, tone.z, 0]
            }, width: seen.count, height: 1, channels: 4)
        tone = tones.median(Array(seen.indices))
        let middle = tone
        // Strands of hair and a painter's strokes are many colours.
        let spread = quantile(seen.indices.map { (tones.colour($0) - middle).largest }, 0.5)
        // The dark has no colour to go by.
        let light = quantile(seen.map { skin.luminance.values[$0] }, 0.5)
        let below = skin.reference / skin.brightness
        let paint = middle - below
        // In red light shade that is a little less red is greener by much.
        let scale = max((below.x - 1) / Self.usualRedness, 1)
        strength =
            smoothStep(
                Self.leastPaint * scale, Self.surePaint * scale, max(paint.y, paint.z))
            * smoothStep(0.2, 0.1, spread) * smoothStep(40, 70, light)
        isOfWhite = strength > 0.5 && Self.whiteness(eye, skin) > Self.leastWhite
    }

    /// Around the opening of an eye and above its lower lid, how much is as white as its ball, in
    /// parts of the opening.
    private static func whiteness(_ eye: EyeGeometry, _ skin: EyeSkin) -> Float {
        let pale = 0.5 * FaceColours.saturation(skin.reference)
        var (white, open) = (0, 0)
        for index in 0..<eye.count {
            let (u, v) = (eye.u[index], eye.v[index])
            if v > eye.upper[index], v < eye.lower[index], u > 0, u < eye.width {
                open += 1
            } else if v > eye.brow[index] + 0.05 * eye.unit, v < eye.lower[index] + 0.1 * eye.unit,
                v < eye.underFold[index], skin.luminance.values[index] > 0.8 * skin.brightness,
                FaceColours.saturation(skin.source.colour(index)) < pale
            {
                white += 1
            }
        }
        return Float(white) / Float(max(open, 1))
    }
    private static let leastWhite: Float = 0.25

    /// Skin of a lid with its make-up.
    /// - part: how much of the place is lid, 0…1.
    func applied(to colour: Point3, part: Float) -> Point3 {
        colour + (tone * colour.luminance - colour) * (strength * part)
    }
}

extension SIMD3 where Scalar == Float {
    /// The largest size of a component.
    var largest: Float { pointwiseMax(self, -self).max() }
}
