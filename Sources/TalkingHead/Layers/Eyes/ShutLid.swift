import EngineAPI
import Glibc

/// An eye's neighbourhood with its lid shut.
struct ShutLid {
    /// Skin with the lashes on it; four channels.
    let colours: FloatImage
    /// How much of each pixel is lash.
    let lashes: FloatImage
    /// The lid's edge when it is shut, its fold: across the eye, for each pixel.
    let edge: [Float]
    let fold: [Float]
    /// Half of the lashes' thickness.
    let lashThickness: Float

    /// - sigma: the portrait's blur.
    init(_ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, sigma: Float) {
        let line = Self.shutLine(eye, skin)
        let edge = eye.u.map { line($0) }
        let fold = zip(eye.fold, eye.upper).map { min($0, $1 - 0.03 * eye.unit) }
        (self.edge, self.fold) = (edge, fold)
        let known = Self.known(eye, skin, regions)
        var colours = Self.filled(eye, skin, regions, known)
        let tone = LidTone(eye, skin, regions, filled: colours, edge: edge, fold: fold)
        let grain = Self.grain(eye, skin, regions, known)
        let tint = LidTint(eye, skin, regions)
        let hue = Self.hue(of: colours, eye, skin, regions, edge: edge, fold: fold)
        let inside = regions.core.blurred(max(0.03 * eye.unit, 1))
        for index in 0..<eye.count {
            var colour = colours.colour(index) * tone.factors.values[index]
            colour *= 1 + (hue - 1) * inside.values[index]
            if tint.strength > 0 {
                let (x, away) = (eye.u[index] / eye.width, eye.v[index] - edge[index])
                let lid =
                    smoothStep(-0.1, 0.15, x) * smoothStep(1.1, 0.85, x)
                    * smoothStep(0.05, -0.03, away / eye.unit)
                colour = tint.applied(to: colour, part: lid)
            }
            colour += grain.values[index] * regions.core.values[index]
            for channel in 0..<3 {
                colours.values[index * 4 + channel] = min(max(colour[channel], 0), 255)
            }
        }
        let lash = Lashes(eye, skin)
        lashThickness = lash.thickness
        let alpha = lash.alpha(eye, edge: edge).blurred(0.75 * sigma)
        for index in 0..<eye.count {
            for channel in 0..<3 {
                let at = index * 4 + channel
                let skin = colours.values[at]
                colours.values[at] = skin + (lash.colour[channel] - skin) * alpha.values[index]
            }
        }
        lashes = alpha
        self.colours = colours
    }

    /// The shut lid's edge lies on the lower lid's rim, which is some millimetres thick, or lower:
    /// large painted eyes have an outline further down than the landmarks.
    private static func shutLine(_ eye: EyeGeometry, _ skin: EyeSkin) -> MonotoneCurve {
        let steps = stride(from: Float(0), to: 0.22 * eye.unit, by: 0.5)
        let depths = EyeGeometry.columns.map { column -> Float in
            let u = column * eye.width
            var (least, depth): (Float, Float) = (0.62 * skin.brightness, 0)
            for step in steps {
                let at = eye.place(u, eye.lowerCurve(u) + step)
                let value = skin.luminance.sample(at)
                if value < least { (least, depth) = (value, step) }
            }
            return depth
        }
        let reach = quantile(Array(depths[12..<37]), 0.5)
        var points = [Point2(-0.6 * eye.width, 0.02 * eye.unit), Point2(0, 0)]
        for column in EyeGeometry.columns {
            let (u, bow) = (column * eye.width, sinf(.pi * column))
            points.append(Point2(u, eye.lowerCurve(u) + bow * (0.7 * reach + 0.05 * eye.gap)))
        }
        points += [Point2(eye.width, 0), Point2(1.6 * eye.width, 0.02 * eye.unit)]
        return MonotoneCurve(linear: points, over: -0.6 * eye.width...1.6 * eye.width)
    }

    /// Skin beside the core that may be filled from.
    private static func known(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions
    ) -> FloatImage {
        eye.plane { index in
            let (u, v) = (eye.u[index], eye.v[index])
            let isNear =
                v > eye.brow[index] + 0.03 * eye.unit && v < 0.95 * eye.unit
                && u > -0.5 * eye.width && u < 1.5 * eye.width
            guard isNear else { return 0 }
            return skin.good.values[index] * (1 - regions.core.values[index])
                * eye.face.values[index]
        }
    }

    private static func filled(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, _ known: FloatImage
    ) -> FloatImage {
        // Bright skin weighs more than what lies in a socket's shadow or under make-up, and than
        // what has another colour: hair and thin frames may be as light as skin.
        let weights = eye.plane { index in
            let bright = smoothStep(0.80, 0.96, skin.relative.values[index])
            let alike = skin.likeness.values[index]
            return known.values[index] * (0.1 + 0.9 * bright) * (0.004 + 0.996 * alike * alike)
        }
        var made = skin.source.blurred(max(0.02 * eye.unit, 0.8)).filled(weights)
        let soft = made.blurred(max(0.07 * eye.unit, 1.5))
        let inside = regions.core.blurred(max(0.03 * eye.unit, 1))
        for index in 0..<eye.count {
            for at in index * 4..<index * 4 + 4 {
                made.values[at] += (soft.values[at] - made.values[at]) * inside.values[index]
            }
        }
        return made
    }

    /// By what a filled lid's channels are to be multiplied so that it is no other colour than the
    /// skin below it: what it was filled from may be lashes' shade, which is grey in red light. Its
    /// luminance stays.
    private static func hue(
        of filled: FloatImage, _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions,
        edge: [Float], fold: [Float]
    ) -> Point3 {
        let lid = (0..<eye.count).filter { index in
            let x = eye.u[index] / eye.width
            return x > 0.12 && x < 0.88 && eye.v[index] > fold[index] && eye.v[index] < edge[index]
                && regions.core.values[index] > 0.5
        }
        guard lid.count > 8 else { return Point3(repeating: 1) }
        let colour = filled.median(lid)
        let own = pointwiseMax(colour / max(colour.luminance, 4), Point3(repeating: 0.05))
        let below = skin.reference / skin.brightness
        let strength = smoothStep(leastHueApart, mostHueApart, (own - below).largest)
        let change = 1 + (below / own - 1) * strength
        return change / max((own * change).luminance, 0.1)
    }
    /// Lids may be as much redder or greyer than the skin below as shade and make-up have them.
    private static let (leastHueApart, mostHueApart): (Float, Float) = (0.16, 0.34)

    /// The skin's grain, borrowed from under the eye.
    private static func grain(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, _ known: FloatImage
    ) -> FloatImage {
        // Beside the core skin goes over into lashes: an edge there is no grain, but would be drawn
        // on the lid as an arc.
        let pure = eye.plane { known.values[$0] * (1 - regions.mask.values[$0]) }
        let low = skin.luminance.blurred(0.05 * eye.unit + 0.5, where: pure, floor: 0.05)
        let most = 0.06 * skin.brightness
        let high = eye.plane {
            let value = skin.luminance.values[$0] - low.values[$0]
            return min(max(value, -most), most) * pure.values[$0]
        }
        let width = eye.box.width
        return eye.plane { index in
            let shift = eye.underFold[index] + 0.12 * eye.unit - eye.fold[index]
            let at = Point2(Float(index % width), Float(index / width)) + eye.down * shift
            return high.sample(at)
        }
    }
}
