import EngineAPI
import Inference

/// One of SadTalker's networks as the export writes it: its file, what it takes and what it gives.
struct SadTalkerNetwork: Sendable {
    /// In the folder of the models, without its suffix.
    let name: String
    let inputs: [TensorSpec]
    let outputs: [TensorSpec]

    /// Below the models folder.
    var file: String { "\(SadTalkerFiles.folder)/\(name).onnx" }

    private init(_ name: String, _ inputs: [TensorSpec], _ outputs: [TensorSpec]) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Bins of 3° from −99°, a head's yaw, pitch or roll.
    static let angleBins = 66

    /// Sound around a frame → the frame's expression.
    static let expressions = SadTalkerNetwork(
        "audio2exp",
        [
            TensorSpec("mel", [nil, 1, SpeechMel.bands, SpeechMel.windowRows]),
            TensorSpec("reference", [nil, Coefficients.expressionCount]),
            TensorSpec("blink", [nil, 1]),
        ],
        [TensorSpec("expressions", [nil, Coefficients.expressionCount])])

    /// Sound of a stretch of frames, and a style → how the head moves from its rest.
    static let headMotion = SadTalkerNetwork(
        "audio2pose",
        [
            TensorSpec(
                "mel",
                [nil, HeadStretch.frames, 1, SpeechMel.bands, SpeechMel.windowRows]),
            TensorSpec("noise", [nil, HeadStretch.noiseCount]), TensorSpec("style", .int64, [nil]),
            TensorSpec("reference", [nil, Coefficients.poseCount]),
        ],
        [TensorSpec("motion", [nil, HeadStretch.frames, Coefficients.poseCount])])

    /// A face, aligned → the coefficients of Deep3DFaceRecon.
    static let reconstruction = SadTalkerNetwork(
        "face3d", [TensorSpec("image", [1, 3, FaceAlignment.side, FaceAlignment.side])],
        [TensorSpec("coefficients", [1, Coefficients.reconstructionCount])])

    /// Coefficients around a frame → where its key points go.
    static func mapping(_ framing: AnimationOptions.Framing) -> SadTalkerNetwork {
        let width = Coefficients.width(framing)
        return SadTalkerNetwork(
            framing == .full ? "mapping_full" : "mapping_crop",
            [TensorSpec("semantics", [nil, width, SemanticWindow.count])],
            ["yaw", "pitch", "roll"].map { TensorSpec($0, [nil, angleBins]) }
                + [
                    TensorSpec("translation", [nil, 3]),
                    TensorSpec("expression", [nil, 3 * Keypoints.count]),
                ])
    }

    /// A face → its key points, as if it looked straight ahead.
    static func keypoints(side: Int) -> SadTalkerNetwork {
        SadTalkerNetwork(
            "keypoints_\(side)", [image(side)], [TensorSpec("keypoints", [1, Keypoints.count, 3])])
    }

    /// A face → what the renderer bends.
    static func appearance(side: Int) -> SadTalkerNetwork {
        SadTalkerNetwork("appearance_\(side)", [image(side)], features(side))
    }

    /// A face's features, and where its key points were and go → a frame.
    static func renderer(side: Int, isQuantised: Bool) -> SadTalkerNetwork {
        let points = [1, Keypoints.count, 3]
        return SadTalkerNetwork(
            "renderer_\(side)" + (isQuantised ? ".int8" : ""),
            features(side) + [TensorSpec("source", points), TensorSpec("driving", points)],
            [image(side)])
    }

    private static func image(_ side: Int) -> TensorSpec {
        TensorSpec("image", [1, 3, side, side])
    }

    private static func features(_ side: Int) -> [TensorSpec] {
        [
            TensorSpec("volume", [1, 32, 16, side / 4, side / 4]),
            TensorSpec("thin", [1, 4, 16, side / 4, side / 4]),
        ]
    }
}
