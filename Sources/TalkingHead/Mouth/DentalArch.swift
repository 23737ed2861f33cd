import EngineAPI
import Glibc

/// A generic row of teeth, unrolled: red, green and blue as factors of plain enamel, and how much
/// of the place a tooth or gum covers. Columns go along the arch, rows from the gum to the biting
/// edge.
enum DentalArch {
    static let texelsPerCentimetre: Float = 48
    /// Half of the row's width, its height over the biting edge, and room below that; centimetres.
    static let (halfWidth, height, room): (Float, Float, Float) = (3.4, 1.30, 0.16)
    /// Borders between teeth from the middle outwards: incisors, canine, premolars.
    private static let borders: [Float] = [0, 0.86, 1.52, 2.26, 2.92, 3.6]
    /// How much shorter each is than the middle ones.
    private static let shorter: [Float] = [0, 0.075, 0.02, 0.10, 0.16]
    /// Lower teeth are narrower.
    private static let lowerScale: Float = 0.70
    private static let gum = Point3(0.74, 0.42, 0.42)

    /// What tells one tooth from its neighbours: no two are as long, as light or as straight.
    private struct Tooth {
        /// How much more of it hides below the edge's line, centimetres.
        var longer: Float = 0
        var light: Float = 1
        /// How much lighter its outer side is than its middle, and of its blue what is left.
        var tilt: Float = 0
        var blue: Float = 1
    }
    /// From the middle outwards, to the left and then to the right. Canines are darker and warmer.
    private static let upperTeeth = [
        Tooth(longer: 0, light: 1, tilt: -0.02), Tooth(longer: 0.022, light: 0.965, tilt: 0.03),
        Tooth(longer: -0.012, light: 0.915, tilt: -0.03, blue: 0.955),
        Tooth(longer: 0.02, light: 0.93, tilt: 0.02, blue: 0.97), Tooth(light: 0.9, blue: 0.97),
        Tooth(longer: 0.014, light: 0.985, tilt: -0.03),
        Tooth(longer: -0.01, light: 0.95, tilt: -0.02),
        Tooth(longer: 0.016, light: 0.9, tilt: 0.03, blue: 0.95),
        Tooth(longer: -0.01, light: 0.945, tilt: -0.02, blue: 0.97), Tooth(light: 0.91, blue: 0.96),
    ]
    private static func lowerTooth(_ tooth: Int, _ isLeft: Bool) -> Tooth {
        let other = upperTeeth[isLeft ? 5 + (tooth + 1) % 5 : (tooth + 2) % 5]
        return Tooth(longer: 1.4 * other.longer, light: 0.5 + 0.5 * other.light, tilt: other.tilt)
    }

    static let columns = Int(bounded: 2 * halfWidth * texelsPerCentimetre)
    static let rows = Int(bounded: (height + room) * texelsPerCentimetre)

    static let upper = row(isUpper: true)
    static let lower = row(isUpper: false)

    /// Centimetres along the arch from its middle, and above the biting edge, of a texel.
    static func place(_ column: Int, _ row: Int) -> Point2 {
        Point2(
            (Float(column) + 0.5) / texelsPerCentimetre - halfWidth,
            height - (Float(row) + 0.5) / texelsPerCentimetre)
    }

    /// The texel of a place, between centres.
    @inline(__always)
    static func texel(_ x: Float, _ above: Float) -> Point2 {
        Point2(
            (x + halfWidth) * texelsPerCentimetre - 0.5,
            (height - above) * texelsPerCentimetre - 0.5)
    }

    private static func row(isUpper: Bool) -> FloatImage {
        var made = FloatImage(width: columns, height: rows, channels: 4)
        for row in 0..<rows {
            for column in 0..<columns {
                let texel = texel(place(column, row), isUpper: isUpper)
                for channel in 0..<4 {
                    made.values[(row * columns + column) * 4 + channel] = texel[channel]
                }
            }
        }
        return made
    }

    private static func texel(_ at: Point2, isUpper: Bool) -> SIMD4<Float> {
        let scale = isUpper ? 1 : lowerScale
        let beside = abs(at.x) / scale
        let tooth = min(max(borders.firstIndex { $0 >= beside } ?? 5, 1), 5) - 1
        let middle = (borders[tooth + 1] + borders[tooth]) / 2
        let half = (borders[tooth + 1] - borders[tooth]) / 2
        let across = min(max((beside - middle) / half, -1), 1)
        let side = abs(across)
        let own = isUpper ? upperTeeth[at.x < 0 ? tooth : 5 + tooth] : lowerTooth(tooth, at.x < 0)
        let canine: Float = tooth == 2 ? 0.06 : tooth == 3 ? 0.03 : 0
        // No two edges are alike.
        let uneven = isUpper ? 0.012 * sinf(at.x * 9 + 1) : 0.02 * sinf(at.x * 7)
        let edge =
            shorter[tooth] * scale + canine * side + 0.045 * side * side * side * scale + uneven
            + own.longer
        let above = at.y - edge
        let gap = (1 - side) * half * scale
        var light = 1 - 0.10 * powf(side, 2.2)
        light *= 1 - 0.26 * expf(-(gap / 0.030) * (gap / 0.030))
        // Towards the edge neighbours round away from each other.
        light *= 1 - 0.45 * expf(-(gap / 0.055) * (gap / 0.055)) * smoothStep(0.16, 0, above)
        light *= 1 - 0.10 * smoothStep(0.22, 0, above)
        light *= 1 - 0.16 * smoothStep(0.45, 1, at.y)
        let (shineX, shineY) = ((across + 0.1) / 0.35, (above - 0.45) / 0.22)
        light *= own.light * (1 + own.tilt * across)
        light *= 1 + 0.05 * expf(-shineX * shineX - shineY * shineY)
        let colour = Point3(
            light, light * (1 - 0.015 * smoothStep(0.4, 1, at.y)),
            light * own.blue
                * (1 - 0.06 * smoothStep(0.3, 1, at.y) + 0.02 * smoothStep(0.2, 0, above)))
        let gumLine = (isUpper ? 0.98 : 0.86) - 0.10 * across * across - (tooth == 1 ? 0.05 : 0)
        let gumPart = smoothStep(-0.04, 0.04, at.y - gumLine)
        return SIMD4(
            colour + (gum - colour) * gumPart, smoothStep(-0.03, 0.03, above))
    }
}
