import EngineAPI

/// A tongue that lies over the lower lip. What is below it nobody has seen: lips that were drawn
/// without it would be somebody else's, and lips that met over it a wound.
///
/// An open mouth is dark inside unless a tongue fills it, and its lower lip is about as light as
/// the upper one unless the line that is taken for it runs over a tongue and into the dark beside
/// it. Where a tongue passes over a lip, nothing changes from the mouth's inside to the lip's outer
/// half; beside it one looks past its edge into the dark. Of a lip that is seen whole, an edge
/// follows the whole line, or (a tongue that lies behind it in the same light) its whole line is
/// soft.
struct ProtrudingTongue {
    /// Lips that are less apart, centimetres, let no tongue out that matters.
    private static let leastGap: Float = 2.2
    /// Places along the lower lip, and how many in a row may be a tongue's.
    private static let columns = 33
    private static let span = 7...22
    /// What is looked at, in parts of the mouth's width.
    private static let (first, last): (Float, Float) = (0.12, 0.88)
    /// Steps across the lip's inner line, centimetres, and how much of the light a step and all of
    /// them may change where it is one thing.
    private static let reach: Float = 0.35
    private static let step: Float = 0.05
    private static let (mostStep, mostChange): (Float, Float) = (0.09, 0.22)
    /// Steps before the first one that counts: farther inside a tongue may lie in shade.
    private static let shaded = 3
    /// How unlike what is beside it a tongue is on one of its sides at least, in parts of the
    /// light.
    private static let leastContrast: Float = 0.5
    /// Columns beside it that are looked at.
    private static let beside = 5
    /// Of the distance between the outer corners of the eyes, and of half the face's height, the
    /// larger is nine centimetres.
    private static let faceCentimetres: Float = 9
    /// Of the skin's light, what all but the darkest seventh of a mouth's inside has at least where
    /// a tongue fills it.
    private static let filledLight: Float = 0.45
    private static let darkPart: Float = 0.15
    /// Of the upper lip's light, what the lower one has at least everywhere.
    private static let leastLipLight: Float = 0.6
    /// Colours of what is darker than this are noise.
    private static let dimmest: Float = 20

    let isSeen: Bool

    /// - points: landmarks in pixels, as the network found them.
    init(_ portrait: Image, _ points: [Point2]) {
        let eyes = points[Landmark.eyeCorners.left] - points[Landmark.eyeCorners.right]
        let height = points[Landmark.chin] - points[Landmark.oval[0]]
        let unit = max(eyes.length, 0.5 * height.length) / Self.faceCentimetres
        let lips = Landmark.innerLips
        let gap = (points[lips.upper] - points[lips.lower]).length
        guard unit > 0, gap > Self.leastGap * unit else {
            isSeen = false
            return
        }
        if Self.isFilled(portrait, points) || Self.runsIntoDark(portrait, points) {
            isSeen = true
            return
        }
        let (inner, outer) = (
            Landmark.lowerLip[0].map { points[$0] }, Landmark.lowerLip[3].map { points[$0] }
        )
        let pad = Point2(repeating: unit)
        let box = PixelBox(
            around: (inner + outer).flatMap { [$0 - pad, $0 + pad] }, width: portrait.width,
            height: portrait.height)
        guard !box.isEmpty else {
            isSeen = false
            return
        }
        let pixels = FloatImage(portrait, box).blurred(max(Self.step * unit, 0.5))
        let corner = Point2(Float(box.left), Float(box.top))
        let down = height / max(height.length, 1e-6) * unit
        isSeen = pixels.withBilinear { pixels in
            let columns = (0..<Self.columns).map { index -> Column in
                let part = Float(index) / Float(Self.columns - 1)
                let along = (Self.first + (Self.last - Self.first) * part) * Float(inner.count - 1)
                return Column(
                    from: Self.point(inner, along) - corner, to: Self.point(outer, along) - corner,
                    down: down, pixels)
            }
            return Self.isSeen(columns)
        }
    }

    private static func isFilled(_ portrait: Image, _ points: [Point2]) -> Bool {
        let outline = (Landmark.upperLip[0] + Landmark.lowerLip[0].reversed()).map { points[$0] }
        let size = (portrait.width, portrait.height)
        let box = PixelBox(around: outline, width: size.0, height: size.1)
        guard !box.isEmpty else { return false }
        let pixels = FloatImage(portrait, box)
        let cover = FloatImage(covered: outline, in: box, of: size)
        let lights = cover.values.indices.filter { cover.values[$0] > 0.5 }
            .map { pixels.values[4 * $0 + 3] }
        let cheeks = Landmark.cheeks.map { portrait.nearest(points[$0]).luminance }
        return lights.count > 20
            && quantile(lights, darkPart) > filledLight * max(quantile(cheeks, 0.5), dimmest)
    }

    private static func runsIntoDark(_ portrait: Image, _ points: [Point2]) -> Bool {
        func lights(_ rings: [[Int]]) -> [Float] {
            (2..<9).map { column in
                rings[1...2].map { portrait.nearest(points[$0[column]]).luminance }.max() ?? 0
            }
        }
        let usual = max(quantile(lights(Landmark.upperLip), 0.5), dimmest)
        return (lights(Landmark.lowerLip).min() ?? usual) < leastLipLight * usual
    }

    private static func point(_ line: [Point2], _ place: Float) -> Point2 {
        let index = min(Int(bounded: place), line.count - 2)
        return line[index] + (line[index + 1] - line[index]) * (place - Float(index))
    }

    /// A place along the lower lip.
    private struct Column {
        /// The lip's colour, and whether it is the same as that of the mouth's inside.
        let lip: Point3
        let isOne: Bool

        init(from inner: Point2, to outer: Point2, down: Point2, _ pixels: Bilinear) {
            func colour(_ at: Point2) -> Point3 {
                let value = pixels(at.x, at.y)
                return Point3(value.x, value.y, value.z)
            }
            let count = Int(bounded: (2 * reach / step).rounded()) + 1
            let profile = (0..<count).map { index in
                colour(inner + down * (Float(index) * step - reach))
            }
            let band = [Float(0.35), 0.6, 0.85].map { colour(inner + (outer - inner) * $0) }
            lip = band.reduce(Point3(), +) / 3
            let steps = zip(profile, profile.dropFirst()).dropFirst(shaded)
            isOne =
                steps.allSatisfy { ProtrudingTongue.change($0, $1) < mostStep }
                && ProtrudingTongue.change(profile[2], lip) < mostChange
        }
    }

    private static func change(_ a: Point3, _ b: Point3) -> Float {
        (a - b).largest / max(a.luminance, b.luminance, dimmest)
    }

    private static func isSeen(_ columns: [Column]) -> Bool {
        var (longest, start) = (0..<0, 0)
        for (index, column) in columns.enumerated() {
            guard column.isOne else {
                start = index + 1
                continue
            }
            if index + 1 - start > longest.count { longest = start..<index + 1 }
        }
        guard span.contains(longest.count) else { return false }
        func mean(_ part: ArraySlice<Column>) -> Point3? {
            part.isEmpty ? nil : part.reduce(Point3()) { $0 + $1.lip } / Float(part.count)
        }
        let sides = [
            mean(columns[..<longest.lowerBound].suffix(beside)),
            mean(columns[longest.upperBound...].prefix(beside)),
        ].compactMap(\.self)
        guard let tongue = mean(columns[longest]) else { return false }
        return sides.contains { side in
            (tongue - side).largest / max(side.luminance, dimmest) > leastContrast
        }
    }
}
