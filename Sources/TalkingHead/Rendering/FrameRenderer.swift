import EngineAPI
import Glibc

/// Draws any frame of one portrait: a pure function of the expression, safe on several threads.
struct FrameRenderer: Sendable {
    let width: Int
    let height: Int
    let mesh: RigMesh
    let limits: HeadLimits
    /// Where the portrait has its face.
    let landmarks: [Point3]
    /// What whoever asked for a video of the portrait should be told.
    let notes: [MediaNote]
    private let source: SourceImage
    private let head: HeadCompositor
    private let lips: LipLayer
    private let interior: MouthInterior
    private let eyes: EyeLayers
    private let front: FrontLayer?
    /// Whether the mouth is seen: one behind a hand or a mask stays as it is.
    private let speaks: Bool

    /// - portrait: as the video shows it. - landmarks: in its pixels.
    /// - person: who was cut out of that portrait; nil where nobody can tell.
    /// - hands: the joints of those that are near the face.
    /// - isTongueOut: whether a tongue lies over the lower lip.
    init(
        portrait: Image, landmarks: [Point3], person: PersonCutout? = nil,
        hands: [[Point2]] = [], isTongueOut: Bool = false
    ) {
        width = portrait.width
        height = portrait.height
        self.landmarks = landmarks
        let points = landmarks.map(\.plane)
        let hands = MouthCover.plausible(hands, portrait, points)
        let cover = MouthCover(
            portrait, points, hands: hands, isTongueOut: isTongueOut)
        speaks = cover == nil
        let coverage = person?.coverage
        // A hand that covers the mouth goes with the head, as if it lay on it.
        front =
            cover == .hand
            ? nil
            : FrontLayer(portrait, hands: hands, points: points, coverage: coverage)
        let portrait = front?.behind ?? portrait
        let colours = FaceColours(portrait, points)
        var rig = Rig(
            landmarks: landmarks, teethPart: PortraitMouth.teethPart(portrait, points, colours))
        eyes = EyeLayers(
            image: portrait, points: points, scale: rig.pose.scale,
            sigma: colours.blur, cheek: colours.skin)
        if eyes.areBehindSpectacles { rig.holdSpectacles() }
        mesh = RigMesh(rig: rig, width: width, height: height, coverage: coverage)
        limits = HeadLimits(rig, isDivided: coverage != nil, calm: front?.calm ?? 1)
        let layers =
            person.map { [front] in front == nil ? $0.layers : $0.layers(of: portrait) }
            ?? PersonLayers(undivided: portrait)
        source = SourceImage(layers.person, width: width, height: height)
        head = HeadCompositor(grid: mesh.grid, portrait: portrait, plate: layers.plate)
        let mouth = PortraitMouth(
            portrait, points, colours, scale: rig.pose.scale, gap: rig.restGap)
        let grain = Grain(amount: colours.noise, blur: colours.blur)
        lips = LipLayer(mouth, colours, grain, scale: rig.pose.scale)
        interior = MouthInterior(
            rig: rig, colours: colours, mouth: mouth, points: points, grain: grain)
        notes =
            (coverage == nil ? [.personNotFound] : [])
            + (eyes.mayMove == 0 ? [.eyesLeftAlone] : [])
            + (cover.map { [$0.note] } ?? []) + (front != nil ? [.handBeforeFace] : [])
            + (HeadLimits.isFarAside(rig) ? [.faceFromSide] : [])
    }

    /// What a thread that draws needs for itself.
    func texture() -> FrameTexture { FrameTexture(source) }

    /// Draws a frame over whatever is there.
    /// - texture: this renderer's; what it shows of frames before changes nothing.
    func draw(
        _ asked: Expression, into frame: VideoFrame, with texture: inout FrameTexture
    ) {
        var expression = asked
        if !speaks { (expression.mouth, expression.ease, expression.feeling) = (.rest, 0, .init()) }
        lips.draw(interior.presence(expression), into: &texture)
        eyes.draw(blink: expression.blink, gaze: expression.gaze, into: &texture)
        frame.rgb.withUnsafeMutableBufferPointer {
            draw(expression, over: $0, from: texture.image)
        }
    }

    private func draw(
        _ expression: Expression, over pixels: UnsafeMutableBufferPointer<UInt8>,
        from texture: SourceImage
    ) {
        precondition(pixels.count == width * height * 3)
        let canvas = Canvas(pixels: pixels.baseAddress!, width: width, height: height)
        let placed = mesh.place(expression)
        texture.withSampler { sampler in
            head.draw(placed.nodes, on: canvas, sampler)
            mesh.drawFace(placed, on: canvas, sampler, over: head.plate)
            interior.draw(expression, placed, on: canvas)
        }
        front?.draw(on: canvas)
    }
}
