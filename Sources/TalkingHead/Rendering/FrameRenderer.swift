import EngineAPI
import Glibc

/// Draws any frame of one portrait: a pure function of the expression, safe on several threads.
struct FrameRenderer: Sendable {
    let width: Int
    let height: Int
    let mesh: RigMesh
    private let portrait: Image
    private let source: SourceImage
    private let lips: LipLayer
    private let interior: MouthInterior
    private let eyes: EyeLayers

    /// - portrait: as the video shows it. - landmarks: in its pixels.
    init(portrait: Image, landmarks: [Point3]) {
        width = portrait.width
        height = portrait.height
        self.portrait = portrait
        source = SourceImage(portrait)
        let points = landmarks.map(\.plane)
        let colours = FaceColours(portrait, points)
        let rig = Rig(
            landmarks: landmarks, teethPart: PortraitMouth.teethPart(portrait, points, colours))
        mesh = RigMesh(rig: rig)
        let mouth = PortraitMouth(
            portrait, points, colours, scale: rig.pose.scale, gap: rig.restGap)
        let grain = Grain(amount: colours.noise, blur: colours.blur)
        lips = LipLayer(mouth, colours, grain, scale: rig.pose.scale)
        interior = MouthInterior(
            rig: rig, colours: colours, mouth: mouth, points: points, grain: grain)
        eyes = EyeLayers(
            image: portrait, points: points, scale: rig.pose.scale, sigma: colours.blur,
            cheek: colours.skin)
    }

    /// What a thread that draws needs for itself.
    func texture() -> FrameTexture { FrameTexture(source) }

    /// Draws a frame over one that this renderer drew before, or over a blank one: rows that
    /// nothing can reach are written once.
    /// - texture: this renderer's; what it shows of frames before changes nothing.
    func draw(
        _ expression: Expression, into frame: VideoFrame, with texture: inout FrameTexture
    ) {
        lips.draw(MouthInterior.activity(expression), into: &texture)
        eyes.draw(blink: expression.blink, gaze: expression.gaze, into: &texture)
        let isBlank = frame.isBlank
        frame.rgb.withUnsafeMutableBufferPointer {
            draw(expression, over: $0, isBlank: isBlank, from: texture.image)
        }
        frame.isBlank = false
    }

    private func draw(
        _ expression: Expression, over pixels: UnsafeMutableBufferPointer<UInt8>, isBlank: Bool,
        from source: SourceImage
    ) {
        precondition(pixels.count == width * height * 3)
        portrait.rgb.withUnsafeBufferPointer { rgb in
            let stride = width * 3
            let low = max(Int(bounded: mesh.bounds.low.y.rounded(.down)), 0)
            let high = min(Int(bounded: mesh.bounds.high.y.rounded(.up)) + 1, height)
            let rows = isBlank || low >= high ? 0..<height : low..<high
            memcpy(
                pixels.baseAddress! + rows.lowerBound * stride,
                rgb.baseAddress! + rows.lowerBound * stride, rows.count * stride)
        }
        let canvas = Canvas(pixels: pixels.baseAddress!, width: width, height: height)
        let placed = mesh.place(expression)
        source.withSampler { sampler in
            mesh.draw(placed, on: canvas, sampler)
            interior.draw(expression, placed, on: canvas)
        }
    }
}
