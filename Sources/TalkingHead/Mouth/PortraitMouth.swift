import EngineAPI

/// The mouth as the portrait shows it, in its own pixels: lips, what lies between them, teeth.
struct PortraitMouth: Sendable {
    /// Lips that far apart (centimetres) are parted.
    private static let partedGap: Float = 0.09

    /// Flesh in the light, as a tongue is, and what lies in the dark.
    struct Inside: Sendable {
        let flesh: Point3
        let dark: Point3
    }

    /// So much of an open mouth's inside (square centimetres) tells its colours.
    private static let insideMin: Float = 0.5

    let box: PixelBox
    /// Red, green, blue, luminance.
    let pixels: FloatImage
    /// How much of each pixel lies inside the lips' outer and inner outlines, 0…1.
    let lips: FloatImage
    let hole: FloatImage
    /// 1 where a tooth is seen, else 0.
    let teeth: FloatImage
    /// What part of the hole teeth are.
    let bareness: Float
    /// The colour of what is dark between the lips; nil where hardly anything is.
    let darkColour: Point3?
    /// Colour of the lips, and how much colour they have.
    let lip: Point3
    let lipSaturation: Float
    /// What a mouth that is open shows behind its teeth; nil where that is too little to tell.
    let inside: Inside?
    /// The lips' outlines.
    let inner: [Point2]
    /// How far the lips are apart, centimetres.
    let gap: Float
    /// Whether something is seen between the lips.
    let isParted: Bool
    /// Whether that has to be taken away before they can meet. A thin dark slit has not: it becomes
    /// a seam by itself when it is squeezed.
    let showsInside: Bool

    /// - points: the landmarks' places. - scale: pixels a centimetre. - gap: between the lips,
    ///   centimetres.
    init(_ image: Image, _ points: [Point2], _ colours: FaceColours, scale: Float, gap: Float) {
        self.gap = gap
        let (upper, lower) = (Landmark.upperLip, Landmark.lowerLip)
        func outline(_ ring: Int) -> [Point2] {
            (upper[ring] + lower[ring].dropFirst().dropLast().reversed()).map { points[$0] }
        }
        inner = outline(0)
        let outer = outline(3)
        let pad = Point2(repeating: 0.5 * scale)
        box = PixelBox(
            around: outer.map { $0 - pad } + outer.map { $0 + pad }, width: image.width,
            height: image.height)
        let size = (image.width, image.height)
        let (pixels, box) = (FloatImage(image, box), box)
        lips = FloatImage(covered: outer, in: box, of: size)
        hole = FloatImage(covered: inner, in: box, of: size)
        self.pixels = pixels
        let (lips, hole) = (lips, hole)
        let near = hole.blurred(1 + colours.blur)
        let body = lips.values.indices.filter {
            lips.values[$0] > 0.9 && near.values[$0] < 0.03
        }
        lip = body.count > 12 ? FaceColours.median(body.map(pixels.colour)) : colours.skin * 0.8
        lipSaturation = Self.saturation(lip)
        let inside = hole.values.indices.filter { hole.values[$0] > 0.5 }
        let tooth = ToothColour(
            pixels, inside: inside, lip: lip, skin: colours.skin, saturation: lipSaturation)
        var teeth = FloatImage(width: box.width, height: box.height)
        if inside.count > 20 {
            for index in teeth.values.indices where hole.values[index] > 0.6 {
                teeth.values[index] = tooth.fits(pixels, index) ? 1 : 0
            }
        }
        self.teeth = teeth
        let count = Float(max(inside.count, 1))
        bareness = teeth.values.reduce(0, +) / count
        let lipLight = lip.luminance
        let dark = hole.values.indices.filter {
            hole.values[$0] > 0.6 && pixels.values[4 * $0 + 3] < 0.45 * lipLight
        }
        let darkPart = Float(dark.count) / count
        darkColour =
            dark.count > 12 && darkPart > 0.2
            ? FaceColours.median(dark.map(pixels.colour)) : nil
        self.inside = Self.inside(
            pixels, hole.values.indices.filter { hole.values[$0] > 0.9 && near.values[$0] > 0.9 },
            teeth: teeth.dilated(.square(1)), least: Self.insideMin * scale * scale)
        isParted = gap > Self.partedGap
        let isSlit = darkPart > 0.22 && bareness < 0.12 && gap < 0.4
        showsInside = isParted && !isSlit
    }

    private static func inside(
        _ pixels: FloatImage, _ places: [Int], teeth: FloatImage, least: Float
    ) -> Inside? {
        let seen = places.filter { teeth.values[$0] < 0.5 }
            .sorted { pixels.values[4 * $0 + 3] < pixels.values[4 * $1 + 3] }
        guard Float(seen.count) > least, seen.count > 24 else { return nil }
        let flesh = seen[seen.count * 6 / 10..<seen.count * 9 / 10]
        return Inside(
            flesh: FaceColours.median(flesh.map(pixels.colour)),
            dark: FaceColours.median(seen[..<(seen.count / 4)].map(pixels.colour)))
    }

    /// The box's corner in the portrait.
    var origin: Point2 { Point2(Float(box.left), Float(box.top)) }

    /// The colour of the portrait's pixel nearest to a point.
    func nearest(_ at: Point2) -> Point3 {
        let local = at - origin
        let x = min(max(Int(bounded: local.x.rounded()), 0), box.width - 1)
        let y = min(max(Int(bounded: local.y.rounded()), 0), box.height - 1)
        return pixels.colour(y * box.width + x)
    }

    static func saturation(_ colour: Point3) -> Float {
        (colour.max() - colour.min()) / max(colour.max(), 12)
    }

    /// How much redder than green.
    fileprivate static func redness(_ colour: Point3) -> Float {
        (colour.x - colour.y) / max(colour.x, 12)
    }
}

/// What between lips is a tooth: bright, and paler than lips and tongue.
private struct ToothColour {
    let leastLight: Float
    let lipLight: Float
    let lipSaturation: Float
    let lipRedness: Float

    init(
        _ pixels: FloatImage, inside: [Int], lip: Point3, skin: Point3, saturation: Float
    ) {
        let high = inside.count > 8 ? quantile(inside.map { pixels.values[4 * $0 + 3] }, 0.95) : 0
        (lipLight, lipSaturation) = (lip.luminance, saturation)
        leastLight = max(0.62 * high, 0.52 * skin.luminance, 0.9 * lip.luminance)
        lipRedness = max(PortraitMouth.redness(lip), 0)
    }

    func fits(_ pixels: FloatImage, _ index: Int) -> Bool {
        let (colour, light) = (pixels.colour(index), pixels.values[4 * index + 3])
        guard light > leastLight else { return false }
        // Grey lips say nothing about colour.
        guard lipSaturation >= 0.18 else { return true }
        let redness = PortraitMouth.redness(colour)
        if PortraitMouth.saturation(colour) < 0.72 * lipSaturation + 0.06,
            redness < 0.72 * lipRedness + 0.02
        {
            return true
        }
        return light > 1.5 * lipLight && redness < 0.85 * lipRedness
    }
}

extension PortraitMouth {
    /// How much of the gap between parted lips is one bright run below the upper lip, 0…1: with
    /// shut teeth nearly all, in a laugh a part. The median of the mouth's middle.
    static func teethPart(_ image: Image, _ points: [Point2], _ colours: FaceColours) -> Float {
        let parts = (4...6).map { column -> Float in
            let a = points[Landmark.upperLip[0][column]]
            let b = points[Landmark.lowerLip[0][column]]
            let count = max(Int(bounded: (b - a).length), 3)
            let line = (0..<count).map { index in
                let part = 0.04 + 0.92 * Float(index) / Float(count - 1)
                return image.nearest(a + (b - a) * part)
            }
            let brightest = line.map(\.luminance).max() ?? 0
            let least = max(0.62 * colours.skin.luminance, 0.6 * brightest)
            let isTooth = line.map {
                $0.luminance > least && (saturation($0) < 0.42 || colours.isGrey)
            }
            guard let first = isTooth.firstIndex(of: true),
                Float(first) <= 0.25 * Float(count)
            else { return 0 }
            let stop = isTooth[first...].firstIndex(of: false) ?? count
            return Float(stop) / Float(count)
        }
        return parts.sorted()[1]
    }
}

extension FloatImage {
    /// How much of each pixel of a box a polygon covers, 0…1.
    init(covered polygon: [Point2], in box: PixelBox, of size: (width: Int, height: Int)) {
        self.init(width: box.width, height: box.height)
        var mask = AlphaMask(around: polygon, margin: 1, width: size.width, height: size.height)
        mask.fill(polygon)
        for y in mask.rows where (box.top..<box.top + box.height).contains(y) {
            for x in mask.columns where (box.left..<box.left + box.width).contains(x) {
                values[(y - box.top) * width + x - box.left] = min(mask[x, y], 1)
            }
        }
    }
}
