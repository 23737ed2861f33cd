import EngineAPI
import Glibc

/// How light the skin of a shut lid is, and the form of the ball under it.
struct LidTone {
    /// By which the filled skin is multiplied.
    let factors: FloatImage

    /// Shut lids have so much of the brightness of the skin under the eye.
    private static let wanted: Float = 0.91
    /// Where the socket around it is dark a lid glows: it is not much lighter than what lies over
    /// it, but never so dark as a bruise.
    private static let overSocketMax: Float = 1.38
    private static let leastWanted: Float = 0.78
    /// How far below the fold under the eye its skin is looked at, units.
    private static let belowReach: Float = 0.36
    private static let columns = (0..<12).map { 0.04 + 0.92 * Float($0) / 11 }

    init(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, filled: FloatImage,
        edge: [Float], fold: [Float]
    ) {
        let gain = Self.gain(eye, skin, regions, filled: filled, edge: edge, fold: fold)
        factors = eye.plane { index in
            let (v, x) = (eye.v[index], eye.u[index] / eye.width)
            let d = (v - fold[index]) / max(edge[index] - fold[index], 0.12 * eye.unit)
            let window =
                smoothStep(-0.12, 0.14, d) * smoothStep(1.22, 1, d) * smoothStep(-0.12, 0.15, x)
                * smoothStep(1.12, 0.85, x)
            return window > 0 ? 1 + (gain(x) * Self.form(d, x) - 1) * window : 1
        }
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

    /// What the filled skin lacks of the wanted brightness, along the eye.
    private static func gain(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, filled: FloatImage,
        edge: [Float], fold: [Float]
    ) -> MonotoneCurve {
        let reach = Int(bounded: (0.11 * eye.unit).rounded(.up))
        let near = regions.core.dilated(.square(reach))
        var below = [[Float]](repeating: [], count: columns.count)
        var (own, above) = (below, below)
        for index in 0..<eye.count {
            let (x, v) = (eye.u[index] / eye.width, eye.v[index])
            let under = v - eye.underFold[index]
            let isBelow =
                under > 0 && under < belowReach * eye.unit && skin.good.values[index] > 0.5
            let isOwn = v > fold[index] && v < edge[index]
            let isAbove =
                near.values[index] > 0.5 && regions.core.values[index] < 0.5
                && v < eye.upper[index] && v > eye.brow[index] + 0.04 * eye.unit
                && regions.front.values[index] < 0.3 && skin.plain.values[index] > 0.5
            guard isBelow || isOwn || isAbove else { continue }
            for (column, centre) in columns.enumerated() where abs(x - centre) < 0.07 {
                if isBelow { below[column].append(skin.luminance.values[index]) }
                if isOwn { own[column].append(filled.values[index * 4 + 3]) }
                if isAbove { above[column].append(skin.luminance.values[index]) }
            }
        }
        return gain(below: below, own: own, above: above)
    }

    private static func gain(
        below: [[Float]], own: [[Float]], above: [[Float]]
    ) -> MonotoneCurve {
        let over = above.map { $0.count > 4 ? quantile($0, 0.6) : nil }
        let known = over.compactMap(\.self)
        let usual = known.isEmpty ? .infinity : quantile(known, 0.5)
        var (places, ratios) = ([Float](), [Float]())
        for column in columns.indices where below[column].count > 6 && own[column].count > 3 {
            let skin = quantile(below[column], 0.5)
            let want = min(
                wanted * skin, max(overSocketMax * (over[column] ?? usual), leastWanted * skin))
            places.append(columns[column])
            ratios.append(want / max(quantile(own[column], 0.5), 4))
        }
        guard places.count >= 3 else {
            return MonotoneCurve(linear: [Point2(0, 1)], over: -0.6...1.6, step: 0.02)
        }
        let smooth = ratios.indices.map { index in
            let part = (-3...3).map { ratios[min(max(index + $0, 0), ratios.count - 1)] }
            return min(max(part.reduce(0, +) / 7, 0.6), 1.7)
        }
        return MonotoneCurve(
            linear: zip(places, smooth).map { Point2($0, $1) }, over: -0.6...1.6, step: 0.02)
    }
}
