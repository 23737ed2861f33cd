import EngineAPI
import Glibc

/// How light the skin of a shut lid is, and the form of the ball under it.
struct LidTone {
    /// By which the filled skin is multiplied.
    let factors: FloatImage

    /// Shut lids have so much of the brightness of the skin under the eye.
    private static let wanted: Float = 0.91
    /// Where what lies over it is lighter than that, so much of this.
    private static let wantedAbove: Float = 0.95
    /// Where the socket around it is dark a lid glows: it is not much lighter than what lies over
    /// it, but never so dark as a bruise. Where that is lighter, so is the lid.
    private static let overSocketMax: Float = 1.38
    private static let leastWanted: Float = 0.845
    private static let wantedMost: Float = 0.955
    /// How light a finished lid is in its middle, in parts of the skin from under the eye to the
    /// cheekbone.
    private static let finished: ClosedRange<Float> = 0.87...0.945
    /// Where lashes and paint ring an eye, what its lid is filled from may be half as light as its
    /// skin.
    private static let correctionMax: Float = 1.9
    /// How far below the fold under the eye its skin is looked at, units.
    private static let belowReach: Float = 0.36
    private static let columns = (0..<12).map { 0.04 + 0.92 * Float($0) / 11 }

    init(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, filled: FloatImage,
        edge: [Float], fold: [Float]
    ) {
        let (gain, gloom) = Self.gain(eye, skin, regions, filled: filled, edge: edge, fold: fold)
        var (windows, wanted) = ([Float](), [Float]())
        windows.reserveCapacity(eye.count)
        wanted.reserveCapacity(eye.count)
        for index in 0..<eye.count {
            let (v, x) = (eye.v[index], eye.u[index] / eye.width)
            let d = (v - fold[index]) / max(edge[index] - fold[index], 0.12 * eye.unit)
            let window =
                smoothStep(-0.2, 0.3, d) * smoothStep(1.22, 1, d) * smoothStep(-0.12, 0.15, x)
                * smoothStep(1.12, 0.85, x)
            windows.append(window)
            wanted.append(
                window > 0 ? gain(x) * Self.form(d, x) * Self.rim(d, x, gloom: gloom(x)) : 1)
        }
        let made = eye.plane { 1 + (wanted[$0] - 1) * windows[$0] }
        let change = Self.correction(eye, skin, regions, filled, made)
        factors = eye.plane { 1 + (wanted[$0] * change - 1) * windows[$0] }
    }

    /// By what a lid is to be multiplied so that its middle is as light as lids are: columns and
    /// what they were filled from are no more than guesses.
    private static func correction(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, _ filled: FloatImage,
        _ factors: FloatImage
    ) -> Float {
        var lid: [Float] = []
        for index in 0..<eye.count where regions.front.values[index] < 0.3 {
            let x = eye.u[index] / eye.width
            let height = max(eye.lower[index] - eye.upper[index], 1)
            let down = (eye.v[index] - eye.upper[index]) / height
            if x > 0.12, x < 0.88, down > 1 / 6, down < 2 / 3 {
                lid.append(filled.values[index * 4 + 3] * factors.values[index])
            }
        }
        let bare = eye.skin.filter { regions.front.sample($0) < 0.3 }
        let below = bare.map { place in
            quantile(
                (0..<25).map {
                    skin.luminance.sample(place + Point2(Float($0 % 5 - 2), Float($0 / 5 - 2)))
                }, 0.5)
        }
        guard lid.count > 8, below.count > 2 else { return 1 }
        let part = quantile(lid, 0.5) / max(quantile(below, 0.5), 4)
        let bounded = min(max(part, finished.lowerBound), finished.upperBound)
        return min(max(bounded / max(part, 0.05), 0.75), correctionMax)
    }

    /// A lid in a dark socket comes out of its shade: it is dark towards the fold and the corners.
    /// - gloom: how much darker what lies over it is, 0…1.
    private static func rim(_ d: Float, _ x: Float, gloom: Float) -> Float {
        guard gloom > 0 else { return 1 }
        let corner = smoothStep(0.55, 1.05, abs(x - 0.5) * 2)
        return 1 - 0.8 * gloom * max(smoothStep(0.36, -0.04, d), corner)
    }

    /// A ball under skin: lightest a third from the edge, darker in the fold, at the corners and
    /// under the lashes.
    /// - d: 0 at the fold, 1 at the edge. - x: along the eye, 0…1.
    private static func form(_ d: Float, _ x: Float) -> Float {
        let (light, dark) = ((d - 0.55) / 0.28, (d - 0.02) / 0.1)
        let corner = min(max(abs(x - 0.5) * 2 - 0.5, 0), 1)
        return 1 + 0.045 * expf(-light * light) - 0.055 * expf(-dark * dark)
            - 0.05 * smoothStep(0.8, 1.02, d) - 0.05 * corner
    }

    /// What the filled skin lacks of the wanted brightness, along the eye, and by how much darker
    /// than that it is over the lid.
    private static func gain(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, filled: FloatImage,
        edge: [Float], fold: [Float]
    ) -> (gain: MonotoneCurve, gloom: MonotoneCurve) {
        let reach = Int(bounded: (0.11 * eye.unit).rounded(.up))
        let near = regions.core.dilated(.square(reach))
        var lights = [Lights](repeating: Lights(), count: columns.count)
        for index in 0..<eye.count {
            let (x, v) = (eye.u[index] / eye.width, eye.v[index])
            let under = v - eye.underFold[index]
            let isBelow =
                under > 0 && under < belowReach * eye.unit && skin.good.values[index] > 0.5
            let isOwn = v > fold[index] && v < edge[index]
            let isAbove =
                near.values[index] > 0.5 && regions.core.values[index] < 0.5
                && v < eye.upper[index] && v > eye.brow[index] + 0.04 * eye.unit
                && regions.front.values[index] < 0.3
            guard isBelow || isOwn || isAbove else { continue }
            let isPlain = skin.plain.values[index] > 0.5
            for (column, centre) in columns.enumerated() where abs(x - centre) < 0.07 {
                let value = skin.luminance.values[index]
                if isBelow { lights[column].below.append(value) }
                if isOwn { lights[column].own.append(filled.values[index * 4 + 3]) }
                if isAbove { lights[column].around.append(value) }
                if isAbove, isPlain { lights[column].above.append(value) }
            }
        }
        return gain(lights)
    }

    /// Luminances in a column of an eye.
    private struct Lights {
        /// Skin under the eye, the filled lid, skin over it, and whatever is there.
        var (below, own, above, around) = ([Float](), [Float](), [Float](), [Float]())
    }

    private static func gain(
        _ lights: [Lights]
    ) -> (gain: MonotoneCurve, gloom: MonotoneCurve) {
        let over = lights.map { $0.above.count > 4 ? quantile($0.above, 0.6) : nil }
        let known = over.compactMap(\.self)
        // Paint all over the socket is no plain skin.
        let painted = lights.flatMap(\.around)
        let usual =
            !known.isEmpty
            ? quantile(known, 0.5)
            : painted.count > 8 ? quantile(painted, 0.6) : .infinity
        var (places, ratios, glooms) = ([Float](), [Float](), [Float]())
        for (column, light) in lights.enumerated()
        where light.below.count > 6 && light.own.count > 3 {
            let skin = quantile(light.below, 0.5)
            let above = over[column] ?? usual
            let lit = above.isFinite ? wantedAbove * above : 0
            let want = min(
                min(max(wanted * skin, lit), wantedMost * skin),
                max(overSocketMax * above, leastWanted * skin))
            places.append(columns[column])
            ratios.append(want / max(quantile(light.own, 0.5), 4))
            glooms.append(max(0.8 - above / max(want, 4), 0))
        }
        guard places.count >= 3 else { return (line([Point2(0, 1)]), line([Point2(0, 0)])) }
        func smooth(_ values: [Float]) -> [Float] {
            values.indices.map { index in
                let part = (-3...3).map { values[min(max(index + $0, 0), values.count - 1)] }
                return part.reduce(0, +) / 7
            }
        }
        let gains = smooth(ratios).map { min(max($0, 0.6), 1.7) }
        return (
            line(zip(places, gains).map { Point2($0, $1) }),
            line(zip(places, smooth(glooms)).map { Point2($0, $1) })
        )
    }

    private static func line(_ points: [Point2]) -> MonotoneCurve {
        MonotoneCurve(linear: points, over: -0.6...1.6, step: 0.02)
    }
}
