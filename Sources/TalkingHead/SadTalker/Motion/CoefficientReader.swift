import EngineAPI
import Inference

/// Reads a face's expression and pose off a video's images, each cut as the first one was.
struct CoefficientReader {
    /// Expression and pose.
    static let width = Coefficients.expressionCount + Coefficients.poseCount
    /// Pixels a side that a cut is brought to.
    private static let side = 256

    private let network: LoadedNetwork
    /// Where the first image has its face.
    private var cut: PixelRect?

    /// - network: the reconstruction.
    init(_ network: LoadedNetwork) { self.network = network }

    /// - points: 478, in the image's pixels.
    /// - Returns: nil where the points are next to one.
    mutating func row(
        of image: Image, _ points: [Point2], work: WorkContext
    ) throws(EngineError) -> [Double]? {
        let cut =
            cut ?? FaceSquare.around(points, width: image.width, height: image.height)
        self.cut = cut
        let five = FaceAlignment.five(
            PortraitGeometry.moved(points, from: cut, width: Self.side, height: Self.side))
        let fit: FaceAlignment.Fit
        do throws(EngineError) {
            fit = try FaceAlignment.fit(five, height: Self.side)
        } catch .noFace {
            return nil
        }
        let square = image.resized(cut, width: Self.side, height: Self.side)
        let aligned = Tensor(
            FaceAlignment.planes(square, fit),
            shape: [1, 3, FaceAlignment.side, FaceAlignment.side])
        let found = try network.run([aligned], until: work)[0]
        return Array(Coefficients.portrait(found, fit).prefix(Self.width))
    }
}
