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
    /// Of the columns from the eye to the middle of the nose, how many something wider than the
    /// eye crosses, and of those under the eye: a frame of spectacles goes on over the nose, and
    /// below the eye.
    let frame: FrameShares

    /// - sigma: the portrait's blur.
    init(_ eye: EyeGeometry, _ skin: EyeSkin, sigma: Float) {
        let (width, height, unit) = (eye.box.width, eye.box.height, eye.unit)
        let opening = Self.opening(eye)
        let limit = Self.limit(eye)
        let isBad = skin.plain.values.map { $0 < 0.5 }
        let isFront: [Bool]
        (isFront, frame) = Self.front(eye, isBad, opening, limit)
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

    /// Long dark or bright things that leave the eye's neighbourhood, and what a frame of
    /// spectacles would cross.
    private static func front(
        _ eye: EyeGeometry, _ isBad: [Bool], _ opening: [Bool], _ limit: [Bool]
    ) -> (isFront: [Bool], frame: FrameShares) {
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
        let columns = FrameColumns(eye)
        var crossed = [UInt32](repeating: 0, count: count + 1)
        for index in 0..<eye.count {
            let label = Int(parts.labels[index])
            if limit[index] { within[label] += 1 }
            // Make-up rings the eye more widely than lashes, but never reaches as far as a frame.
            let (u, v) = (eye.u[index], eye.v[index])
            let isAmple =
                u > -0.45 * eye.width && u < 1.45 * eye.width
                && v < eye.lower[index] + 0.32 * unit
            if isAmple { painted[label] += 1 }
            crossed[label] |= columns.of[index]
        }
        var (isFront, isFrame) = ([false], [false])
        var frame = FrameShares()
        for (index, part) in parts.components.enumerated() {
            let area = Float(part.area)
            let out = 1 - Float(within[index + 1]) / area
            let far = 1 - Float(painted[index + 1]) / area
            let isWide = Float(part.width) > 1.3 * eye.width
            let isAhead =
                area > 0.02 * unit * unit && (out > 0.55 && far > 0.25 || far > 0.3 && isWide)
            isFront.append(isAhead)
            isFrame.append(isAhead && isWide)
            // A heavy frame that lies close around the eye is as near as make-up; only it goes on
            // over the nose.
            let shares = columns.shares(of: crossed[index + 1])
            if isWide, shares.bridge > frame.bridge { frame = shares }
        }
        let front = eye.mask { index in
            let label = Int(parts.labels[index])
            guard isFront[label] else { return false }
            // A lash that reaches the hair is a lash all the same.
            let isLash =
                abs(eye.u[index] - eye.outerCorner) < 0.24 * eye.width
                && abs(eye.v[index]) < 0.22 * unit && limit[index]
            return isFrame[label] || !isLash
        }
        return (front, frame)
    }
}

/// How much of what spectacles cross near an eye something crosses, 0…1.
struct FrameShares: Sendable, Equatable {
    /// Of the way from the eye to the middle of the nose, near the height of the eyes.
    var bridge: Float = 0
    /// Of the eye's width, below it.
    var rim: Float = 0
}

/// The columns of an eye's box that a frame of spectacles crosses: a bit for each, by pixel. No
/// fringe and no brow crosses the nose, and a socket's shadow is not below the eye.
private struct FrameColumns {
    let of: [UInt32]
    private var seen: UInt32 = 0

    /// How far above and below the eyes' height a bridge lies, and where below the lower lid a rim
    /// does, units.
    private static let bridgeReach: Float = 0.4
    private static let rims: ClosedRange<Float> = 0.18...0.8
    private static let columns = 12

    init(_ eye: EyeGeometry) {
        var seen: UInt32 = 0
        of = (0..<eye.count).map { index -> UInt32 in
            let u = eye.u[index] / eye.width
            let inward = ((eye.isOuterRight ? -u : u - 1) - 0.08) / 0.42
            let below = (eye.v[index] - eye.lower[index]) / eye.unit
            var column: Int?
            if abs(eye.v[index]) < Self.bridgeReach * eye.unit, (0..<1).contains(inward) {
                column = Int(bounded: inward * Float(Self.columns))
            } else if Self.rims.contains(below), (0..<1).contains(u) {
                column = Self.columns + Int(bounded: u * Float(Self.columns))
            }
            guard let column else { return 0 }
            seen |= 1 << UInt32(column)
            return 1 << UInt32(column)
        }
        self.seen = seen
    }

    func shares(of crossed: UInt32) -> FrameShares {
        func share(_ mask: UInt32) -> Float {
            Float((crossed & mask).nonzeroBitCount) / Float(max((seen & mask).nonzeroBitCount, 1))
        }
        let bridge = UInt32(1) << UInt32(Self.columns) - 1
        return FrameShares(bridge: share(bridge), rim: share(~bridge))
    }
}
