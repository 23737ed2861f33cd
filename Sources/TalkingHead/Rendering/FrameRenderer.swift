import EngineAPI
import Glibc

/// Draws any frame of one portrait: a pure function of the expression, safe on several threads.
struct FrameRenderer: Sendable {
    let width: Int
    let height: Int
    let mesh: RigMesh
    private let portrait: Image
    private let source: SourceImage
    private let interior: MouthInterior
    private let eyelids: Eyelids

    /// - portrait: as the video shows it. - landmarks: in its pixels.
    init(portrait: Image, landmarks: [Point3]) {
        width = portrait.width
        height = portrait.height
        self.portrait = portrait
        source = SourceImage(portrait)
        mesh = RigMesh(rig: Rig(landmarks: landmarks))
        let colours = FaceColours(portrait, landmarks.map(\.plane))
        interior = MouthInterior(mesh: mesh, colours: colours)
        eyelids = Eyelids(mesh: mesh, image: portrait, points: landmarks.map(\.plane))
    }

    /// Draws a frame over one that this renderer drew before, or over a fresh buffer: rows that
    /// nothing can reach are written once.
    func draw(_ expression: Expression, into buffer: FrameBuffer) {
        portrait.rgb.withUnsafeBufferPointer { rgb in
            let stride = width * 3
            let low = max(Int(bounded: mesh.bounds.low.y.rounded(.down)), 0)
            let high = min(Int(bounded: mesh.bounds.high.y.rounded(.up)) + 1, height)
            let rows = buffer.isFresh || low >= high ? 0..<height : low..<high
            memcpy(
                buffer.pixels.baseAddress! + rows.lowerBound * stride,
                rgb.baseAddress! + rows.lowerBound * stride, rows.count * stride)
            buffer.isFresh = false
        }
        let canvas = Canvas(pixels: buffer.pixels.baseAddress!, width: width, height: height)
        let placed = mesh.place(expression)
        source.withSampler { sampler in
            mesh.draw(placed, on: canvas, sampler)
            interior.draw(expression, placed, on: canvas, sampler)
            eyelids.draw(expression, placed, on: canvas, sampler)
        }
    }
}

/// The pixels of one frame, packed RGB, top row first.
// SAFETY: one owner at a time: the engine hands a buffer to one worker, then to the video, and
// waits for each before it gives the buffer on.
final class FrameBuffer: @unchecked Sendable {
    let pixels: UnsafeMutableBufferPointer<UInt8>
    /// Nothing has been drawn yet.
    var isFresh = true

    init(width: Int, height: Int) {
        pixels = .allocate(capacity: width * height * 3)
        pixels.initialize(repeating: 0)
    }

    deinit { pixels.deallocate() }

    /// A copy of the frame.
    var bytes: [UInt8] { Array(pixels) }
}
