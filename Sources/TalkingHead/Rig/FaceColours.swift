import EngineAPI

/// The light that the portrait's face stands in, and how the portrait is drawn: whatever is painted
/// new takes both on.
struct FaceColours: Sendable {
    /// Median of the cheeks, 0…255.
    let skin: Point3
    /// Mean of the face's highlights: how light falls on what is smooth and pale.
    let highlight: Point3
    /// Whether the portrait has hardly any colour, like marble or a pencil drawing.
    let isGrey: Bool
    /// Whether few colours make the face, like a drawing's.
    let isFlat: Bool
    /// The portrait's blur as a Gaussian's standard deviation, pixels.
    let blur: Float
    /// Standard deviation of the portrait's noise in parts of its light.
    let noise: Float

    init(_ image: Image, _ points: [Point2]) {
        let skin = FaceColours.median(Landmark.cheeks.map { FaceColours.patch(image, points[$0]) })
        let lips = FaceColours.median(
            (Landmark.upperLip[1] + Landmark.lowerLip[1]).map { image.nearest(points[$0]) })
        isGrey = max(FaceColours.saturation(skin), FaceColours.saturation(lips)) < 0.2
        let oval = Landmark.oval.map { points[$0] }
        let box = PixelBox(around: oval, width: image.width, height: image.height)
        self.skin = skin
        guard !box.isEmpty else {
            (highlight, isFlat, blur, noise) = (skin, false, 0, 0)
            return
        }
        let size = (image.width, image.height)
        let face = FloatImage(image, box)
        let cover = FloatImage(covered: oval, in: box, of: size)
        let lipOutline =
            Landmark.upperLip[3] + Landmark.lowerLip[3].dropFirst().dropLast().reversed()
        let mouth = FloatImage(covered: lipOutline.map { points[$0] }, in: box, of: size)
        let mask = cover.values.indices.map {
            cover.values[$0] > 0.9 && mouth.values[$0] < 0.1
        }
        let light = face.plane(3)
        blur = BlurEstimate.sigma(of: image, face: points)
        noise = Grain.amount(light, where: mask)
        let inside = mask.indices.filter { mask[$0] }
        let lights = inside.map { light.values[$0] }
        let (low, high) = (quantile(lights, 0.9), quantile(lights, 0.985))
        let bright = inside.filter { (low...max(low, high)).contains(light.values[$0]) }
        highlight =
            bright.isEmpty
            ? skin : bright.map(face.colour).reduce(Point3(), +) / Float(bright.count)
        var isUsed = [Bool](repeating: false, count: 1 << 15)
        for index in inside {
            let colour = face.colour(index) / 8
            let shade =
                Int(bounded: colour.x) << 10 | Int(bounded: colour.y) << 5 | Int(bounded: colour.z)
            isUsed[min(shade, isUsed.count - 1)] = true
        }
        isFlat = Float(isUsed.count { $0 }) < 0.01 * Float(inside.count)
    }

    /// Median of 5 × 5 pixels.
    private static func patch(_ image: Image, _ at: Point2) -> Point3 {
        median(
            (0..<25).map { image.nearest(at + Point2(Float($0 % 5 - 2), Float($0 / 5 - 2))) })
    }

    static func saturation(_ colour: Point3) -> Float {
        (colour.max() - colour.min()) / max(colour.max(), 1)
    }

    static func median(_ colours: [Point3]) -> Point3 {
        var middle = Point3()
        for channel in 0..<3 {
            middle[channel] = colours.map { $0[channel] }.sorted()[colours.count / 2]
        }
        return middle
    }

    /// Takes the colour out of what is painted on a grey portrait, but for the portrait's own tint.
    func tinted(_ colour: Point3) -> Point3 {
        guard isGrey else { return colour }
        return skin / max(skin.luminance, 1) * colour.luminance
    }
}

extension SIMD3 where Scalar == Float {
    /// Rec. 601 weights.
    var luminance: Float { (self * Point3(0.299, 0.587, 0.114)).sum() }
}
