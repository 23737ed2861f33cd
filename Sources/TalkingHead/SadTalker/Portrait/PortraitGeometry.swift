import EngineAPI

/// What of a portrait the renderer draws, and where the video shows it.
struct PortraitGeometry: Sendable, Equatable {
    /// The part that the renderer draws, in the portrait's pixels.
    let cut: PixelRect
    /// The video's size.
    let (width, height): (Int, Int)
    /// Where in the video it comes to lie.
    let place: PixelRect
    let framing: AnimationOptions.Framing

    static func == (a: PortraitGeometry, b: PortraitGeometry) -> Bool {
        a.cut == b.cut && a.place == b.place && a.framing == b.framing
            && (a.width, a.height) == (b.width, b.height)
    }

    /// `crop`: the face's rectangle is the video. `resize`: the whole portrait is, all of it drawn.
    /// `full`: the whole portrait is, and the face's rectangle is drawn into it.
    /// - points: 478, in the portrait's pixels.
    init(_ portrait: Image, _ points: [Point2], _ options: AnimationOptions) {
        framing = options.framing
        let whole = PixelRect(left: 0, top: 0, right: portrait.width, bottom: portrait.height)
        cut =
            framing == .resize
            ? whole
            : FaceSquare.around(points, width: portrait.width, height: portrait.height)
        let shown = framing == .crop ? cut : whole
        (width, height) = Framing.fitted(
            Float(shown.width), Float(shown.height), side: Framing.side(options))
        guard framing == .full else {
            place = PixelRect(left: 0, top: 0, right: width, bottom: height)
            return
        }
        let across = Self.scaled(
            cut.left, cut.right, by: Double(width) / Double(portrait.width), limit: width)
        let down = Self.scaled(
            cut.top, cut.bottom, by: Double(height) / Double(portrait.height), limit: height)
        place = PixelRect(left: across.low, top: down.low, right: across.high, bottom: down.high)
    }

    /// An edge and the one behind it, at another scale; between them there is something inside.
    private static func scaled(
        _ low: Int, _ high: Int, by scale: Double, limit: Int
    ) -> (low: Int, high: Int) {
        let least = SeamlessClone.sideMin
        let start = min(Int(bounded: (Double(low) * scale).rounded()), limit - least)
        let end = max(Int(bounded: (Double(high) * scale).rounded()), start + least)
        return (start, min(end, limit))
    }

    /// The landmarks in the drawn part at another size.
    func inCut(_ points: [Point2], side: Int) -> [Point2] {
        Self.moved(points, from: cut, width: side, height: side)
    }

    /// The landmarks as the video shows them.
    func inVideo(_ points: [Point2], of portrait: Image) -> [Point2] {
        let whole = PixelRect(left: 0, top: 0, right: portrait.width, bottom: portrait.height)
        let shown = framing == .crop ? cut : whole
        return Self.moved(points, from: shown, width: width, height: height)
    }

    /// Points of a rectangle as they lie in it at another size.
    static func moved(
        _ points: [Point2], from rect: PixelRect, width: Int, height: Int
    ) -> [Point2] {
        let corner = Point2(Float(rect.left), Float(rect.top))
        let scale = Point2(
            Float(width) / Float(rect.width), Float(height) / Float(rect.height))
        // Pixel centres lie at whole numbers.
        return points.map { ($0 + 0.5 - corner) * scale - 0.5 }
    }
}

extension Image {
    /// A part at another size.
    func resized(_ rect: PixelRect, width: Int, height: Int) -> Image {
        let cut = CropRect(
            left: Float(rect.left), top: Float(rect.top), width: Float(rect.width),
            height: Float(rect.height))
        return resized(cut, width: width, height: height)
    }
}
