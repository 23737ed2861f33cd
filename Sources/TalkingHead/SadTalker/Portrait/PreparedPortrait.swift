import EngineAPI
import Inference

/// What is made of a portrait once, and read for every frame.
struct PreparedPortrait: Sendable {
    /// Its own coefficients.
    let coefficients: [Double]
    /// Its key points, as if it looked straight ahead.
    let canonical: Keypoints
    /// What the renderer bends.
    let volume: Tensor
    let thin: Tensor

    /// - square: the part that is drawn, at the renderer's size.
    /// - points: 478, in its pixels.
    /// - Throws: `.noFace`, and as the other.
    init(
        _ square: Image, _ points: [Point2], work: WorkContext,
        open: (SadTalkerNetwork) throws(EngineError) -> LoadedNetwork
    ) throws(EngineError) {
        let fit = try FaceAlignment.fit(FaceAlignment.five(points), height: square.height)
        try self.init(
            aligned: FaceAlignment.planes(square, fit), fit, planes: square.planes,
            side: square.width, work: work, open: open)
    }

    /// - aligned: what the reconstruction sees. - planes: what the renderer's networks see.
    /// - open: loads a network, which is let go as soon as it has run: two of the three are large,
    ///   and none is needed again.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.modelDamaged`, and what loading throws.
    init(
        aligned: [Float], _ fit: FaceAlignment.Fit, planes: [Float], side: Int, work: WorkContext,
        open: (SadTalkerNetwork) throws(EngineError) -> LoadedNetwork
    ) throws(EngineError) {
        let face = Tensor(aligned, shape: [1, 3, FaceAlignment.side, FaceAlignment.side])
        let found = try open(.reconstruction).run([face], until: work)[0]
        coefficients = Coefficients.portrait(found, fit)
        let image = Tensor(planes, shape: [1, 3, side, side])
        canonical = Keypoints(try open(.keypoints(side: side)).run([image], until: work)[0])
        let appearance = SadTalkerNetwork.appearance(side: side)
        let features = try open(appearance).run([image], until: work)
        let shapes = appearance.outputs.map { $0.shape.compactMap(\.self) }
        volume = Tensor(features[0], shape: shapes[0])
        thin = Tensor(features[1], shape: shapes[1])
    }

    var bytes: Int { (volume.floats.count + thin.floats.count) * MemoryLayout<Float>.stride }
}
