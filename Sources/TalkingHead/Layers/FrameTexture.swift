import EngineAPI

/// The portrait's pixels as one frame shows them: layers are drawn into it before the mesh is drawn
/// from it. Each thread that draws has its own.
struct FrameTexture: Sendable {
    private(set) var image: SourceImage
    /// Whether each eye differs from the portrait's.
    var isEyeMoved = [false, false]
    /// The open eye with its iris turned: kept so that no frame allocates.
    var turnedEye: [Float] = []

    init(_ image: SourceImage) { self.image = image }

    /// Lends the pixels of a box for writing: red, green, blue from the lowest byte upwards.
    /// - body: the box's first pixel, and how many there are from one row to the next.
    mutating func withPixels(
        of box: PixelBox, _ body: (UnsafeMutablePointer<UInt32>, _ rowStride: Int) -> Void
    ) {
        image.withPixels(of: box, body)
    }
}
