import EngineAPI

/// The person cut out of a portrait.
struct PersonCutout: Sendable {
    /// How much of each pixel is the person, 0…1.
    let coverage: FloatImage
    /// The portrait taken apart.
    let layers: PersonLayers
    /// What is behind the person instead of what the portrait shows; nil as it is.
    private let background: Point3?

    /// - portrait: before that background already, where there is one.
    /// - matte: as it was found, of the portrait's size. - landmarks: in its pixels.
    init(
        _ portrait: Image, matte: FloatImage, landmarks: [Point2],
        background: AnimationOptions.Colour? = nil
    ) {
        self.background = background.map {
            Point3(Float($0.red), Float($0.green), Float($0.blue))
        }
        coverage = Self.coverage(matte, landmarks)
        layers = PersonLayers(portrait, coverage: coverage, background: self.background)
    }

    /// Of a portrait that shows more of the same person: what lies before the face is gone.
    func layers(of portrait: Image) -> PersonLayers {
        PersonLayers(portrait, coverage: coverage, background: background)
    }

    /// The face belongs to the person, whatever the matte says.
    private static func coverage(_ matte: FloatImage, _ landmarks: [Point2]) -> FloatImage {
        let oval = Landmark.oval.map { landmarks[$0] }
        var mask = AlphaMask(around: oval, margin: 1, width: matte.width, height: matte.height)
        mask.fill(oval)
        var made = matte
        for y in mask.rows {
            for x in mask.columns {
                let at = y * made.width + x
                made.values[at] = max(made.values[at], mask[x, y])
            }
        }
        return made
    }
}
