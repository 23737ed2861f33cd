import EngineAPI

/// The light that the portrait's face stands in: whatever is painted new takes it on.
struct FaceColours: Sendable {
    /// Median of the cheeks, 0…255.
    let skin: Point3
    /// Mean of the brightest tenth of the face, some colour taken back: what white would be.
    let white: Point3
    /// Dark line between closed lips.
    let seam: Point3
    /// Whether the portrait has hardly any colour, like marble or a pencil drawing.
    let isGrey: Bool

    init(_ image: Image, _ points: [Point2]) {
        skin = FaceColours.median(Landmark.cheeks.map { image.nearest(points[$0]) })
        let bright = (0..<Landmark.count).map { image.nearest(points[$0]) }
            .sorted { $0.luminance > $1.luminance }.prefix(Landmark.count / 10)
        let highlight = bright.reduce(Point3(), +) / Float(bright.count)
        let grey = Point3(repeating: highlight.luminance)
        // A painting's golden light colours teeth too; a photograph's skin is rosy by itself.
        let golden = smoothStep(0.25, 0.5, FaceColours.saturation(highlight))
        let kept = 0.65 + 0.1 * golden
        white = (highlight * kept + grey * (1 - kept)) * (0.9 + 0.05 * golden)
        let lips = FaceColours.median(
            (Landmark.upperLip[1] + Landmark.lowerLip[1]).map { image.nearest(points[$0]) })
        seam = lips * 0.5
        isGrey = max(FaceColours.saturation(skin), FaceColours.saturation(lips)) < 0.2
    }

    private static func saturation(_ colour: Point3) -> Float {
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
