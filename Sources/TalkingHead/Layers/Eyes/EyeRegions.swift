import EngineAPI
import Glibc

/// What around an eye gives way when it shuts, and what is in front of it.
struct EyeRegions {
    /// The core, grown a little: all that an open eye shows and a shut one does not. 0 or 1.
    let core: FloatImage
    /// How much of each pixel the shut eye's skin may cover: full over the core, fading beside it.
    let mask: FloatImage
    /// How much of each pixel is something in front: frames of spectacles, strands of hair.
    let front: FloatImage
    /// Whether that is a frame of spectacles: wider than the eye, and across the nose.
    let isFramed: Bool

    /// - sigma: the portrait's blur.
    init(_ eye: EyeGeometry, _ skin: EyeSkin, sigma: Float) {
        let (width, height, unit) = (eye.box.width, eye.box.height, eye.unit)
        let opening = Self.opening(eye)
        let limit = Self.limit(eye)
        let isBad = skin.plain.values.map { $0 < 0.5 }
        let isFront = Self.front(eye, isBad, opening, limit)
        isFramed = Self.bridgeShare(eye, isFront) > Self.leastBridge
        let touching = eye.mask {
            isBad[$0] && limit[$0] && !isFront[$0] && eye.face.values[$0] > 0.5 || opening[$0]
        }
        let parts = ConnectedComponents(touching, width: width, height: height, joinsCorners: false)
        let grown = Int(bounded: (1 + sigma + 0.025 * unit).rounded(.up))
        let core = eye.plane(parts.touching(opening)).dilated(.disc(grown))
        let front = eye.plane(eye.mask { isFront[$0] && !opening[$0] })
            .dilated(.square(1)).blurred(0.6 + 0.4 * sigma)
        let fringe = max(0.075 * unit, 1.5)
        var mask = core.dilated(.disc(Int(bounded: fringe.rounded()))).blurred(0.8 * fringe)
        let within = eye.plane(opening).blurred(0.04 * unit)
        for index in 0..<eye.count {
            let below = eye.v[index] - eye.brow[index]
            mask.values[index] *= max(eye.face.values[index], within.values[index])
            mask.values[index] =
                smoothStep(0, 0.9, mask.values[index])
                * smoothStep(0, 0.07 * unit, below + 0.03 * unit) * (1 - front.values[index])
        }
        (self.core, self.mask, self.front) = (core, mask, front)
    }

    /// What lies between the lids, with margins, and up to the fold.
    private static func opening(_ eye: EyeGeometry) -> [Bool] {
        eye.mask { index in
            let (u, v) = (eye.u[index], eye.v[index])
            let top = min(eye.upper[index] - 0.05 * eye.unit, eye.fold[index] - 0.01 * eye.unit)
            return u > -0.06 * eye.width && u < 1.06 * eye.width && v > top
                && v < eye.lower[index] + 0.05 * eye.unit
        }
    }

    /// How far lashes and make-up reach.
    private static func limit(_ eye: EyeGeometry) -> [Bool] {
        eye.mask { index in
            let (u, v) = (eye.u[index], eye.v[index])
            let aside = max(abs(u - 0.5 * eye.width) - 0.5 * eye.width, 0) / (0.24 * eye.width)
            let above = (eye.upper[index] - v) / (0.26 * eye.unit)
            let below = (v - eye.lower[index]) / (0.18 * eye.unit)
            let away = max(max(above, below), 0)
            return aside * aside + away * away < 1 && v > eye.brow[index] + 0.05 * eye.unit
        }
    }

    /// Long dark or bright things that leave the eye's neighbourhood.
    private static func front(
        _ eye: EyeGeometry, _ isBad: [Bool], _ opening: [Bool], _ limit: [Bool]
    ) -> [Bool] {
        let unit = eye.unit
        let loose = eye.mask {
            isBad[$0] && !opening[$0] && eye.face.values[$0] > 0.5
                && eye.v[$0] > eye.brow[$0] + 0.03 * unit
        }
        let parts = ConnectedComponents(
            loose, width: eye.box.width, height: eye.box.height, joinsCorners: true)
        let count = parts.components.count
        var within = [Int](repeating: 0, count: count + 1)
        var painted = within
        for index in 0..<eye.count {
            let label = Int(parts.labels[index])
            if limit[index] { within[label] += 1 }
            // Make-up rings the eye more widely than lashes, but never reaches as far as a frame.
            let (u, v) = (eye.u[index], eye.v[index])
            let isAmple =
                u > -0.45 * eye.width && u < 1.45 * eye.width
                && v < eye.lower[index] + 0.32 * unit
            if isAmple { painted[label] += 1 }
        }
        var (isFront, isFrame) = ([false], [false])
        for (index, part) in parts.components.enumerated() {
            let area = Float(part.area)
            let out = 1 - Float(within[index + 1]) / area
            let far = 1 - Float(painted[index + 1]) / area
            let isWide = Float(part.width) > 1.3 * eye.width
            let isAhead =
                area > 0.02 * unit * unit && (out > 0.55 && far > 0.25 || far > 0.3 && isWide)
            isFront.append(isAhead)
            isFrame.append(isAhead && isWide)
        }
        return eye.mask { index in
            let label = Int(parts.labels[index])
            guard isFront[label] else { return false }
            // A lash that reaches the hair is a lash all the same.
            let isLash =
                abs(eye.u[index] - eye.outerCorner) < 0.24 * eye.width
                && abs(eye.v[index]) < 0.22 * unit && limit[index]
            return isFrame[label] || !isLash
        }
    }

    /// Of the columns between an eye and the middle of the nose, how many something in front
    /// crosses near the height of the eyes: a bridge of spectacles does, no fringe and no brow.
    private static func bridgeShare(_ eye: EyeGeometry, _ isFront: [Bool]) -> Float {
        var (seen, crossed) = (
            [Bool](repeating: false, count: 12), [Bool](repeating: false, count: 12)
        )
        for index in 0..<eye.count where abs(eye.v[index]) < bridgeReach * eye.unit {
            let inward = (eye.isOuterRight ? -eye.u[index] : eye.u[index] - eye.width) / eye.width
            guard inward > 0.08, inward < 0.5 else { continue }
            let column = min(Int(bounded: (inward - 0.08) / 0.42 * 12), 11)
            seen[column] = true
            if isFront[index] { crossed[column] = true }
        }
        return Float(crossed.count(where: \.self)) / Float(max(seen.count(where: \.self), 1))
    }
    private static let (leastBridge, bridgeReach): (Float, Float) = (0.75, 0.4)
}
