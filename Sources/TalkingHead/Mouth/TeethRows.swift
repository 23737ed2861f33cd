import EngineAPI

/// Both rows of a portrait's teeth: its own where they are seen, generic ones in their colour
/// elsewhere.
struct TeethRows: Sendable {
    /// Colours (0…255) and cover, laid out as in `DentalArch`.
    private(set) var upper: FloatImage
    private(set) var lower: FloatImage
    /// Height of the upper teeth's biting edge, the head's frame.
    private(set) var edge: Float
    /// Whether the portrait's own teeth are in it: they carry their own shadows.
    private(set) var isOwn = false

    /// Of the upper teeth, lips that meet leave so much below their line.
    private static let edgeBelowSeal: Float = 0.20
    /// Where the portrait shows its teeth, at least so much: a lip that comes down must not hide
    /// them, or a hole without teeth opens.
    private static let edgeBelowSealLeast: Float = 0.34
    /// Lower teeth lie in shade.
    private static let lowerLight: Float = 0.90

    init(_ mouth: PortraitMouth, _ colours: FaceColours, _ inside: InteriorColours, _ rig: Rig) {
        edge = rig.sealed.y + Self.edgeBelowSeal
        let enamel = Self.enamel(mouth, scale: rig.pose.scale, instead: inside.enamel)
        var own: OwnTeeth?
        let area = mouth.teeth.values.reduce(0, +) / (rig.pose.scale * rig.pose.scale)
        if area > 0.125, mouth.bareness > 0.16, mouth.showsInside,
            let found = Self.bitingEdge(mouth, rig)
        {
            edge = found
            own = OwnTeeth(mouth, rig, edge: found)
        }
        let isOwn = own.map { $0.area > Self.ownAreaMin } ?? false
        let light = isOwn || !enamel.isOwn ? 1 : Self.shadeOfAll
        upper = Self.coloured(DentalArch.upper, enamel.colour * light)
        lower = Self.coloured(DentalArch.lower, enamel.colour * (light * Self.lowerLight))
        if let own, isOwn {
            let tone = own.tone(beside: upper)
            upper.tint(tone)
            lower.tint(tone)
            own.blend(into: &upper)
            self.isOwn = true
            edge = max(edge, rig.sealed.y + Self.edgeBelowSealLeast)
        }
        guard colours.isGrey else { return }
        for pixel in 0..<upper.width * upper.height {
            let colour = colours.tinted(upper.colour(pixel))
            for channel in 0..<3 { upper.values[4 * pixel + channel] = colour[channel] }
        }
    }

    /// Square centimetres of a portrait's teeth that are worth being shown.
    private static let ownAreaMin: Float = 0.35

    /// The colour of the brighter ones of the portrait's teeth, of either row, where they are
    /// bright enough to be told from shade.
    private static func enamel(
        _ mouth: PortraitMouth, scale: Float, instead generic: Point3
    ) -> (colour: Point3, isOwn: Bool) {
        let seen = mouth.teeth.values.indices.filter { mouth.teeth.values[$0] > 0.5 }
        let lights = seen.map { mouth.pixels.values[4 * $0 + 3] }
        guard Float(seen.count) > enamelAreaMin * scale * scale,
            quantile(lights, 0.8) > 0.7 * generic.luminance
        else { return (generic, false) }
        let least = quantile(lights, 0.6)
        let bright = zip(seen, lights).filter { $0.1 >= least }.map { mouth.pixels.colour($0.0) }
        let mean = bright.reduce(Point3(), +) / Float(max(bright.count, 1))
        let toned = generic * (mean.luminance / max(generic.luminance, 1))
        return ((toned * 0.2 + mean * 0.8) * shadeOfOwn, true)
    }

    /// Generic teeth lie in their own shade, which the portrait's colour has in it already.
    private static let shadeOfOwn: Float = 1.14
    /// Where none of its own are drawn all of them lie in the full shade of the lips.
    private static let shadeOfAll: Float = 1.1
    /// Square centimetres of a portrait's teeth that tell their colour.
    private static let enamelAreaMin: Float = 0.05

    private static func coloured(_ factors: FloatImage, _ enamel: Point3) -> FloatImage {
        var made = factors
        for pixel in 0..<made.width * made.height {
            for channel in 0..<3 { made.values[4 * pixel + channel] *= enamel[channel] }
        }
        return made
    }

    /// A point of the upper arch, beside the mouth's middle and at a height: in the head's frame.
    /// The arch curves away to both sides.
    static func point(_ rig: Rig, _ x: Float, _ y: Float) -> Point3 {
        Point3(x + rig.mouth.x, y, rig.sealed.teethDepth + curvature * x * x)
    }
    static let curvature: Float = 0.085

    /// How far down from the upper lip the portrait's teeth reach, column by column; nil where too
    /// few columns show any.
    private static func bitingEdge(_ mouth: PortraitMouth, _ rig: Rig) -> Float? {
        func curve(_ landmarks: [Int]) -> (x: [Float], y: [Float]) {
            let points = landmarks.map { rig.rest[$0] }.sorted { $0.x < $1.x }
            return (points.map { $0.x - rig.mouth.x }, points.map(\.y))
        }
        let (above, below) = (curve(Landmark.upperLip[0]), curve(Landmark.lowerLip[0]))
        var ends: [Float] = []
        for column in 0..<29 {
            let x = (-0.7 + 0.05 * Float(column)) * rig.mouthHalfWidth
            let top = interpolate(x, above.x, above.y)
            let low = interpolate(x, below.x, below.y)
            let heights = Array(stride(from: top - 0.05, to: low + 0.05, by: 0.02))
            let isTooth = heights.map { y in
                let at = rig.project(point(rig, x, y)) - mouth.origin
                return mouth.teeth.sample(at) > 0.5
            }
            guard let first = isTooth.firstIndex(of: true), heights[first] - top < 0.30 else {
                continue
            }
            let stop = isTooth[first...].firstIndex(of: false) ?? heights.count - 1
            ends.append(min(heights[stop], top + 1.05))
        }
        return ends.count >= 5 ? quantile(ends, 0.7) + 0.02 : nil
    }
}

/// The portrait's own upper teeth, unrolled onto the arch.
private struct OwnTeeth {
    let colours: FloatImage
    /// 1 where a tooth is seen.
    let seen: FloatImage
    /// Square centimetres of them.
    let area: Float

    /// Speech shows what is above the edges, centimetres, and of that no more than so much.
    private static let spoken: (least: Float, most: Float) = (0.04, 0.35)
    /// How much lighter a tooth's lower part may become.
    private static let mostLift: Float = 1.15

    init(_ mouth: PortraitMouth, _ rig: Rig, edge: Float) {
        let (columns, rows) = (DentalArch.columns, DentalArch.rows)
        let sure = mouth.teeth.blurred(0.4)
        var colours = FloatImage(width: columns, height: rows, channels: 4)
        var seen = FloatImage(width: columns, height: rows)
        var count = 0
        mouth.pixels.withBilinear { pixels in
            for row in 0..<rows {
                for column in 0..<columns {
                    let place = DentalArch.place(column, row)
                    let point = TeethRows.point(rig, place.x, edge - place.y)
                    let at = rig.project(point) - mouth.origin
                    let colour = pixels(at.x, at.y)
                    let texel = row * columns + column
                    for channel in 0..<3 { colours.values[4 * texel + channel] = colour[channel] }
                    guard at.x >= 0, at.y >= 0, sure.sample(at) > 0.5 else { continue }
                    seen.values[texel] = 1
                    if place.y > 0.04, place.y < 0.9 { count += 1 }
                }
            }
        }
        self.colours = Self.lifted(colours, seen)
        self.seen = seen
        let density = DentalArch.texelsPerCentimetre
        area = Float(count) / (density * density)
    }

    /// The lower parts of teeth, which speech shows, lie in the shade of the lower lip and teeth
    /// while a mouth smiles; with the jaw down they are as light as the rest.
    private static func lifted(_ colours: FloatImage, _ seen: FloatImage) -> FloatImage {
        func lights(_ above: Range<Float>) -> [Float] {
            seen.values.indices.filter {
                seen.values[$0] > 0.5
                    && above.contains(DentalArch.place($0 % seen.width, $0 / seen.width).y)
            }.map { colours.colour($0).luminance }
        }
        let low = lights(spoken.least..<spoken.most)
        guard low.count > 40 else { return colours }
        let light = quantile(lights(spoken.least..<0.9), 0.9) / max(quantile(low, 0.8), 1)
        let lift = min(max(light, 1), mostLift) - 1
        var made = colours
        for index in seen.values.indices {
            let above = DentalArch.place(index % seen.width, index / seen.width).y
            let part = 1 + lift * (1 - smoothStep(spoken.most, 2 * spoken.most, above))
            for channel in 0..<3 {
                made.values[4 * index + channel] = min(
                    colours.values[4 * index + channel] * part, 255)
            }
        }
        return made
    }

    /// By what generic ones are to be multiplied so that they are as light as these and have their
    /// colour: in one mouth teeth are alike.
    func tone(beside row: FloatImage) -> Point3 {
        let spoken = seen.values.indices.filter { index in
            let above = DentalArch.place(index % seen.width, index / seen.width).y
            return seen.values[index] > 0.5 && above > 0.06 && above < 0.8
        }
        guard spoken.count > 40 else { return Point3(repeating: 1) }
        let (own, generic) = (colours.median(spoken), row.median(spoken))
        // The most of them lie in the shade of a lip; those in the middle of a mouth don't.
        let lights = spoken.map { colours.colour($0).luminance }
        let lit = quantile(lights, 0.65) / max(quantile(lights, 0.5), 8)
        let tone = own * lit / pointwiseMax(generic, Point3(repeating: 8))
        return tone.clamped(
            lowerBound: Point3(repeating: Self.tones.lowerBound),
            upperBound: Point3(repeating: Self.tones.upperBound))
    }
    private static let tones: ClosedRange<Float> = 0.45...1.25

    /// Lays them over generic ones; the lines between its own teeth are its own.
    func blend(into row: inout FloatImage) {
        let density = DentalArch.texelsPerCentimetre
        let whole = seen.closed(.disc(Int(bounded: 0.14 * density))).blurred(0.05 * density)
        for index in whole.values.indices {
            let above = DentalArch.place(index % row.width, index / row.width).y
            let part =
                smoothStep(0.35, 0.9, whole.values[index]) * smoothStep(0, 0.05, above + 0.02)
            for channel in 0..<3 {
                let own = colours.values[4 * index + channel]
                row.values[4 * index + channel] += (own - row.values[4 * index + channel]) * part
            }
        }
    }
}

extension FloatImage {
    /// Multiplies the first three channels of all pixels.
    fileprivate mutating func tint(_ tone: Point3) {
        for pixel in 0..<width * height {
            for channel in 0..<3 { values[channels * pixel + channel] *= tone[channel] }
        }
    }
}
