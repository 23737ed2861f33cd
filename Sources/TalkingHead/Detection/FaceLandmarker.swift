import EngineAPI
import Glibc
import Inference

/// The dense landmarks of a face in the image's pixels; z grows away, in the same unit.
struct FaceMesh: Sendable {
    /// 478: the mesh and the two irises.
    var points: [Point3]
    /// How sure the model is that there is a face, 0…1.
    var presence: Float
}

/// MediaPipe's attention mesh: 192² in, 468 points and refined lips, eyes and irises out.
/// Source: Grishchenko et al., "Attention Mesh" (2020).
struct FaceLandmarker: Sendable {
    static let side = 192
    /// The crop is half as large again as the face's box, as MediaPipe's graph has it.
    static let margin: Float = 1.5

    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

    /// Two passes: the second looks at a crop that is centred and turned by the first's points.
    func mesh(of face: DetectedFace, in pyramid: Pyramid) throws(EngineError) -> FaceMesh {
        var window = face.window
        window.side *= Self.margin
        let rough = try mesh(within: window, in: pyramid)
        return try mesh(within: Self.window(around: rough.points), in: pyramid)
    }

    /// The upright square around a mesh.
    static func window(around points: [Point3]) -> RegionOfInterest {
        let eyes = points[Landmark.eyeCorners.right].plane - points[Landmark.eyeCorners.left].plane
        let angle = atan2f(eyes.y, eyes.x)
        let (x, y) = (Point2(cosf(angle), sinf(angle)), Point2(-sinf(angle), cosf(angle)))
        var low = Point2(repeating: .infinity)
        var high = Point2(repeating: -.infinity)
        for point in points.prefix(Landmark.count) {
            let turned = Point2((point.plane * x).sum(), (point.plane * y).sum())
            low = pointwiseMin(low, turned)
            high = pointwiseMax(high, turned)
        }
        let middle = (low + high) * 0.5
        return RegionOfInterest(
            centre: x * middle.x + y * middle.y, side: (high - low).max() * margin, angle: angle)
    }

    /// One pass: what a window shows, taken for a face that fills it.
    func mesh(
        within window: RegionOfInterest, in pyramid: Pyramid
    ) throws(EngineError) -> FaceMesh {
        let view = pyramid.view(window, side: Self.side, extendsBorder: true)
        let input = Tensor(view.map { $0 / 255 }, shape: [1, Self.side, Self.side, 3])
        let names =
            ["output_mesh_identity", "conv_faceflag"] + AttentionMeshOutputs.outputs.map(\.name)
        let counts =
            [3 * Landmark.count, 1] + AttentionMeshOutputs.outputs.map { 2 * $0.landmarks.count }
        let tensors = try session.run([("input_1", input)], outputs: names)
        var outputs: [[Float]] = []
        for (tensor, count) in zip(tensors, counts) {
            outputs.append(try tensor.floats(exactly: count, of: "face_landmarks.onnx"))
        }
        let unit = 1 / Float(Self.side)
        var points = [Point3](repeating: Point3(), count: Landmark.countWithIrises)
        for index in 0..<Landmark.count {
            let mesh = outputs[0]
            points[index] = Point3(mesh[3 * index], mesh[3 * index + 1], mesh[3 * index + 2])
        }
        for (output, refined) in zip(outputs.dropFirst(2), AttentionMeshOutputs.outputs) {
            for (index, landmark) in refined.landmarks.enumerated() {
                points[landmark].x = output[2 * index]
                points[landmark].y = output[2 * index + 1]
            }
        }
        for (iris, depths) in [
            (AttentionMeshOutputs.leftIris, AttentionMeshOutputs.leftIrisDepth),
            (AttentionMeshOutputs.rightIris, AttentionMeshOutputs.rightIrisDepth),
        ] {
            let depth = depths.reduce(0) { $0 + points[$1].z } / Float(depths.count)
            for landmark in iris { points[landmark].z = depth }
        }
        // Pixel centres of the crop lie at halves; those of our images at whole numbers.
        let map = window.map
        for index in points.indices {
            let plane = map.apply((points[index].plane + 0.5) * unit) - 0.5
            points[index] = Point3(plane.x, plane.y, points[index].z * unit * window.side)
        }
        return FaceMesh(points: points, presence: 1 / (1 + expf(-outputs[1][0])))
    }
}
