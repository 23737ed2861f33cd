import EngineAPI

/// One eye of a portrait, so that its lid can shut and its iris turn: made once, drawn into the
/// portrait's own pixels for each frame. No mesh moves there, so nothing there can bend.
struct EyeLayer: Sendable {
    let box: PixelBox
    /// Between the lids, in units of the eye: a shut one has nearly none.
    let openness: Float
    /// Whether something dark lies over the eye, so that nothing of it is seen.
    let isCovered: Bool
    /// What a frame of spectacles would cross, and something does.
    let frame: FrameShares
    /// How wide it is seen, of an eye's own width: one that looks aside is narrow.
    let widthPart: Float
    /// How much of a movement it follows: an eye that the nose hides is where no one can tell.
    let share: Float
    /// How far the shut lid is from going over into what is around it, in parts of the skin's
    /// light.
    let misfit: Float
    /// Pixels that any frame changes.
    let pixels: [EyePixel]
    let axis: Point2
    let down: Point2
    /// How far the iris may go along the eye and across, pixels.
    let reach: Point2
    let unit: Float
    /// The portrait's blur.
    let sigma: Float
    let lashThickness: Float
    /// The box as the portrait has it, with the lid shut, and the eyeball: red, green, blue, one
    /// more.
    let source: FloatImage
    let shut: FloatImage
    let ball: FloatImage

    /// Nothing where too little of the eye lies in the image.
    /// - points: landmarks in pixels. - scale: pixels a centimetre. - cheek: the face's skin.
    init?(
        _ landmarks: Landmark.Eye, image: Image, points: [Point2], scale: Float, sigma: Float,
        cheek: Point3
    ) {
        guard
            let eye = EyeGeometry(
                landmarks, points: points, scale: scale, imageSize: (image.width, image.height))
        else { return nil }
        let skin = EyeSkin(eye, image: image, cheek: cheek)
        let regions = EyeRegions(eye, skin, sigma: sigma)
        let lid = ShutLid(eye, skin, regions, sigma: sigma)
        let eyeball = Eyeball(eye, skin, sigma: sigma)
        (box, axis, down, unit, self.sigma) = (eye.box, eye.axis, eye.down, eye.unit, sigma)
        (source, shut, ball) = (skin.source, lid.colours, eyeball.colours)
        (reach, lashThickness, openness) = (eyeball.reach, lid.lashThickness, eye.openness)
        share = smoothStep(0.32, 0.45, eye.widthPart)
        isCovered = Self.isCovered(eye, skin, cheek)
        (frame, widthPart) = (regions.frame, eye.widthPart)
        pixels = Self.pixels(eye, regions, lid, eyeball, sigma)
        misfit = Self.misfit(eye, skin, regions, lid)
    }

    private static func isCovered(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ cheek: Point3
    ) -> Bool {
        let lights = (0..<eye.count).filter {
            eye.v[$0] > eye.upper[$0] && eye.v[$0] < eye.lower[$0]
        }.map { skin.luminance.values[$0] }
        guard lights.count > 6, skin.brightness < 0.45 * cheek.luminance else { return false }
        return quantile(lights, 0.9) - quantile(lights, 0.1) < 0.08 * cheek.luminance
    }

    /// Along its border a shut lid is as the portrait is, or it is seen as a patch: where an eye is
    /// drawn larger than any, or lenses, brows and shadows lie too near to tell what is skin.
    private static func misfit(
        _ eye: EyeGeometry, _ skin: EyeSkin, _ regions: EyeRegions, _ lid: ShutLid
    ) -> Float {
        // What is white beside the landmarks' eye is more of the eye.
        guard !LidTint(eye, skin, regions).isOfWhite else { return .infinity }
        let border = (0..<eye.count).filter { borderCover.contains(regions.mask.values[$0]) }
        let steps = border.map {
            abs(skin.luminance.values[$0] - lid.colours.colour($0).luminance)
        }
        return steps.reduce(0, +) / Float(max(steps.count, 1)) / skin.brightness
    }
    private static let borderCover: ClosedRange<Float> = 0.05...0.45

    private static func pixels(
        _ eye: EyeGeometry, _ regions: EyeRegions, _ lid: ShutLid, _ ball: Eyeball, _ sigma: Float
    ) -> [EyePixel] {
        let isInside = eye.mask {
            eye.v[$0] > eye.upper[$0] - 1 && eye.v[$0] < eye.lower[$0] + 1
        }
        let between = eye.plane(
            eye.mask { isInside[$0] && eye.u[$0] > 0 && eye.u[$0] < eye.width }
        ).blurred(0.7 + 0.5 * sigma)
        return (0..<eye.count).compactMap { index in
            let zone = max(regions.mask.values[index], min(2 * lid.lashes.values[index], 1))
            let turns = ball.opening.values[index] * ball.following.values[index]
            guard zone > 0.002 || turns > 0.002 else { return nil }
            return EyePixel(
                index: Int32(index), v: eye.v[index], upper: eye.upper[index],
                fold: lid.fold[index], shut: lid.edge[index], zone: zone,
                opening: ball.opening.values[index], following: ball.following.values[index],
                between: between.values[index], isInside: isInside[index])
        }
    }
}

/// What no frame changes of a pixel of an eye.
struct EyePixel: Sendable {
    /// In the eye's box, row by row.
    let index: Int32
    /// Across the eye: the pixel, the open upper lid, its fold, the shut lid's edge.
    let v: Float
    let upper: Float
    let fold: Float
    let shut: Float
    /// How much of the shut eye is seen here, 0…1.
    let zone: Float
    /// How much lies between the lids, and how much of the iris' way it goes.
    let opening: Float
    let following: Float
    /// As `opening`, softer: where the eyeball stays until the lid has passed.
    let between: Float
    /// Whether the lid's shade falls here.
    let isInside: Bool
}

/// Both eyes of a portrait.
struct EyeLayers: Sendable {
    private let eyes: [EyeLayer?]
    /// How much of a blink they follow: shut and lowered eyes stay as they are, and so do eyes
    /// behind something dark, and those whose lids would not fit.
    let mayMove: Float
    /// Spectacles have a bridge, which both eyes' neighbourhoods see, or which is seen by itself.
    var areBehindSpectacles: Bool {
        if hasBridge { return true }
        let seen = eyes.compactMap(\.self)
        guard seen.count == 2 else { return false }
        let frames = seen.map(\.frame)
        let bridge = min(frames[0].bridge, frames[1].bridge)
        if bridge > Self.sureBridge { return true }
        // Of a face that looks aside the nose hides most of the far eye's rim and bridge.
        if let near = seen.max(by: { $0.widthPart < $1.widthPart }),
            seen.contains(where: { $0.widthPart < Self.farWidth * near.widthPart })
        {
            return near.frame.bridge > Self.sureBridge && near.frame.rim > Self.nearRim
        }
        // A lens' light may hide a part of the bridge on one side.
        return bridge > Self.leastBridge
            && frames[0].bridge + frames[1].bridge > 2 * Self.meanBridge
            && frames[0].rim + frames[1].rim > 2 * Self.meanRim
    }
    private static let (sureBridge, leastBridge): (Float, Float) = (0.9, 0.45)
    private static let (farWidth, nearRim): (Float, Float) = (0.85, 0.8)
    private static let (meanBridge, meanRim): (Float, Float) = (0.6, 0.5)
    /// Lids that fit worse than this, one or both in the mean, would be seen as patches. An eye
    /// that is half behind the nose says little.
    private static let (misfitMost, misfitMean): (Float, Float) = (0.25, 0.17)
    private static let seenShare: Float = 0.5
    private let hasBridge: Bool
    private let scale: Float

    /// - points: landmarks in pixels. - scale: pixels a centimetre. - sigma: the portrait's blur.
    init(image: Image, points: [Point2], scale: Float, sigma: Float, cheek: Point3) {
        self.scale = scale
        hasBridge = SpectacleBridge(image, points).isSeen
        eyes = [Landmark.leftEye, Landmark.rightEye].map {
            EyeLayer(
                $0, image: image, points: points, scale: scale, sigma: sigma, cheek: cheek)
        }
        let seen = eyes.compactMap(\.self)
        guard !seen.isEmpty, !seen.allSatisfy(\.isCovered) else {
            mayMove = 0
            return
        }
        let gaps = seen.map(\.openness)
        let mean = gaps.reduce(0, +) / Float(gaps.count)
        let misfits = seen.filter { $0.share > Self.seenShare }.map(\.misfit)
        guard (misfits.max() ?? 0) < Self.misfitMost,
            misfits.reduce(0, +) < Self.misfitMean * Float(max(misfits.count, 1))
        else {
            mayMove = 0
            return
        }
        mayMove = smoothStep(0.165, 0.215, mean) * smoothStep(0.09, 0.15, gaps.min() ?? 0)
    }

    /// Draws the lids closed by `blink` and the irises turned by `gaze` (centimetres to the image's
    /// right and down); what the frame before showed there is gone.
    func draw(blink: Float, gaze: Point2, into texture: inout FrameTexture) {
        let look = mayMove > 0 ? gaze * scale : Point2()
        for (index, eye) in eyes.enumerated() {
            guard let eye else { continue }
            let isMoved = eye.draw(
                blink: blink * mayMove * eye.share, gaze: look * eye.share, into: &texture,
                isMoved: texture.isEyeMoved[index])
            texture.isEyeMoved[index] = isMoved
        }
    }
}
