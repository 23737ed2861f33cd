import EngineAPI
import Glibc

/// The colours of the mouth's inside: cavity, tongue, lower teeth on the jaw, upper teeth on the
/// skull.
struct InteriorShader {
    /// Upper teeth overlap lower ones by this when the jaw is shut, centimetres: their edges stand
    /// about where the lips meet, so a lower lip that drops shows them.
    private static let overlap: Float = 0.20

    /// In a mouth that is open wider than this (centimetres) one looks onto the tongue, by so much
    /// of what is more and no farther: it is no dark hole.
    private static let (floorGap, floorPart, floorMost): (Float, Float, Float) = (0.4, 0.32, 1)
    /// There the lower lip rides up over the lower teeth, centimetres, from the first of these
    /// openings to the second.
    private static let sunkTeeth: Float = 0.32
    private static let sunkGap: (from: Float, to: Float) = (0.9, 2.2)

    /// Of the light in an open mouth, so much reaches what is behind lips that hardly part.
    private static let slitLight: Float = 0.6
    /// The portrait's own teeth carry the most of that shade with them.
    private static let ownSlitPart: Float = 0.4
    /// Beside the corners' middle, lips' own wet inner side is seen.
    private static let cornerPart: Float = 0.6

    private let colours: InteriorColours
    private let isGrey: Bool
    private let teeth: TeethRows
    private let frame: MouthFrame
    private let jaw: Float
    private let tongueRise: Float
    /// Heights of the edges of the upper and the lower teeth in the frame.
    private let upperEdge: Float
    private let lowerEdge: Float
    private let tongueTop: Float
    /// How much light a gap of that width lets in.
    private let openness: Float

    init(
        rig: Rig, colours: InteriorColours, isGrey: Bool, teeth: TeethRows, frame: MouthFrame,
        expression: Expression
    ) {
        (self.colours, self.isGrey, self.teeth, self.frame) = (colours, isGrey, teeth, frame)
        let shape = expression.mouth
        (jaw, tongueRise) = (shape.jaw, shape.tongue)
        upperEdge = teeth.edge - rig.sealed.y
        lowerEdge =
            upperEdge - Self.overlap + rig.jawDrop(shape, ease: expression.ease)
            + Self.sunkTeeth * smoothStep(Self.sunkGap.from, Self.sunkGap.to, frame.opening)
        let lowest = frame.lips(frame.middle).lower
        tongueTop =
            lowest + 0.42 - 0.50 * shape.tongue - 0.05 * shape.jaw
            - min(Self.floorPart * max(frame.opening - Self.floorGap, 0), Self.floorMost)
        openness = Self.slitLight + (1 - Self.slitLight) * smoothStep(0.04, 0.36, frame.opening)
    }

    /// The inside in the rectangle of a mask, where it is seen, and so many pixels beside that.
    func painted(_ mask: AlphaMask, margin: Int) -> FloatImage {
        var made = FloatImage(width: mask.width, height: mask.height, channels: 4)
        teeth.upper.withBilinear { upper in
            teeth.lower.withBilinear { lower in
                made.values.withUnsafeMutableBytes { into in
                    for (y, span) in mask.spans(margin: margin).enumerated() {
                        for x in span {
                            let pixel = Point2(Float(mask.left + x), Float(mask.top + y))
                            let colour = colour(frame.local(pixel), upper, lower)
                            into.storeBytes(
                                of: SIMD4(colour, 0), toByteOffset: (y * mask.width + x) * 16,
                                as: SIMD4<Float>.self)
                        }
                    }
                }
            }
        }
        return made
    }

    @inline(__always)
    private func colour(_ at: Point2, _ upper: Bilinear, _ lower: Bilinear) -> Point3 {
        let (above, below) = frame.lips(at.x)
        let side = abs(at.x - frame.middle) / frame.halfWidth
        let depth = min(max((at.y - above) / max(below - above, 0.05), 0), 1)
        let onArch = frame.onArch(at)
        let fromLower = expf(-max(below - at.y, 0) / 0.10)
        let corner = smoothStep(0.75, 1.05, side)
        let shade = (1 - 0.22 * fromLower) * (1 - 0.35 * corner)
        let high = upperTooth(onArch, side, max(at.y - above, 0), upper)
        // Nobody sees what is behind them.
        guard high.alpha < 1 else { return high.colour * shade }
        var colour = colours.cavity * max(1 - 0.45 * side * side - 0.30 * (1 - depth), 0.25)
        colour += (colours.fold - colour) * (corner * Self.cornerPart)
        let (flesh, fleshAlpha) = tongue(at)
        colour += (flesh - colour) * fleshAlpha
        let low = lowerTooth(onArch, side, fromLower, lower)
        colour += (low.colour - colour) * low.alpha
        // The tip of a raised tongue comes over them.
        colour += (flesh - colour) * (fleshAlpha * smoothStep(0.4, 0.75, tongueRise))
        colour += (high.colour - colour) * high.alpha
        return colour * shade
    }

    /// It rides on the jaw; its tip rises for t, n, l and th.
    @inline(__always)
    private func tongue(_ at: Point2) -> (Point3, Float) {
        let x = (at.x - frame.middle) / (frame.halfWidth * 0.80)
        let y = (at.y - tongueTop) / (0.60 + 0.25 * jaw)
        let away = x * x + y * y
        guard away < 1.2 else { return (colours.tongue, 0) }
        // It is light where it comes forward to the teeth, and lies in the dark at its back.
        let front = smoothStep(-0.15, 0.45, at.y - tongueTop)
        let groove = (at.x - frame.middle) / 0.12
        // Beyond three deviations it is none.
        let middle = abs(groove) < 3 ? 0.07 * expf(-groove * groove) : 0
        let tone = 0.68 + 0.27 * front - middle - 0.25 * x * x
        return (colours.tongue * tone, smoothStep(1.2, 0.6, away) * 0.9)
    }

    @inline(__always)
    private func lowerTooth(
        _ at: Point2, _ side: Float, _ fromLip: Float, _ row: Bilinear
    ) -> (colour: Point3, alpha: Float) {
        let above = at.y - (lowerEdge + 0.015 * at.x * at.x)
        guard above > -DentalArch.room, above < DentalArch.height - 0.03 else {
            return (Point3(), 0)
        }
        let texel = DentalArch.texel(at.x, above)
        let tooth = row(texel.x, texel.y)
        let alpha =
            tooth.w * smoothStep(DentalArch.halfWidth, DentalArch.halfWidth - 0.3, abs(at.x))
            * smoothStep(1.15, 0.8, side)
        let shade =
            (0.90 - 0.08 * jaw) * openness * (1 - 0.18 * fromLip)
            * (1 - 0.6 * smoothStep(0.4, 1, side))
        return (warm(Point3(tooth.x, tooth.y, tooth.z), shade), alpha)
    }

    @inline(__always)
    private func upperTooth(
        _ at: Point2, _ side: Float, _ fromLip: Float, _ row: Bilinear
    ) -> (colour: Point3, alpha: Float) {
        let above = upperEdge - 0.018 * at.x * at.x - at.y
        guard above > -DentalArch.room else { return (Point3(), 0) }
        let texel = DentalArch.texel(at.x, above)
        let tooth = row(texel.x, texel.y)
        let cover = above > DentalArch.height - 0.03 ? 1 : tooth.w
        let alpha =
            cover * smoothStep(DentalArch.halfWidth, DentalArch.halfWidth - 0.3, abs(at.x))
        // Photographs have their own shadows, but those of their own corners: a mouth that narrows
        // has others.
        let (part, sidePart): (Float, Float) = teeth.isOwn ? (0.1, 0.5) : (1, 1)
        let slit = (1 - openness) * (teeth.isOwn ? Self.ownSlitPart : 1)
        var shade = (1 - 0.25 * part * expf(-fromLip / 0.10)) * (1 - slit)
        shade *= 1 - 0.58 * sidePart * smoothStep(0.5, 1.02, side)
        return (warm(Point3(tooth.x, tooth.y, tooth.z), shade), alpha)
    }

    /// Light that reaches the depth of a mouth has met its red walls: red falls off as the shade's
    /// .86th power, blue as its 1.06th.
    @inline(__always)
    private func warm(_ colour: Point3, _ shade: Float) -> Point3 {
        guard !isGrey else { return colour * shade }
        let dark = 1 - shade
        let logarithm = dark * (1 + dark * (0.5 + dark * 0.34))
        return colour
            * Point3(shade * (1 + 0.14 * logarithm), shade, shade * (1 - 0.06 * logarithm))
    }
}
