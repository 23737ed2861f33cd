import EngineAPI
import Inference

/// Draws a portrait's frames, one a run.
struct NeuralRenderer: Sendable {
    /// Frames do not see each other: any number a run of the mapping.
    static let framesPerMapping = 25

    let mapping: LoadedNetwork
    let renderer: LoadedNetwork
    let framing: AnimationOptions.Framing
    let portrait: PreparedPortrait
    /// Where its key points are in the portrait.
    private let source: Tensor

    init(
        mapping: LoadedNetwork, renderer: LoadedNetwork, framing: AnimationOptions.Framing,
        portrait: PreparedPortrait, work: WorkContext
    ) throws(EngineError) {
        self.mapping = mapping
        self.renderer = renderer
        self.framing = framing
        self.portrait = portrait
        let own = portrait.coefficients.prefix(Coefficients.width(framing))
        let pose = FacePose(
            try Self.mapped(SemanticWindow.still(own), frames: 1, mapping, framing, work), frame: 0)
        source = Self.tensor(portrait.canonical.placed(pose))
    }

    /// How the face stands in some frames.
    /// - windows: frames × coefficients × times, as the mapping reads them.
    func poses(
        _ windows: [Float], frames: Int, work: WorkContext
    ) throws(EngineError) -> [FacePose] {
        let outputs = try Self.mapped(windows, frames: frames, mapping, framing, work)
        return (0..<frames).map { FacePose(outputs, frame: $0) }
    }

    /// RGB, planar, 0…1.
    func draw(_ pose: FacePose, work: WorkContext) throws(EngineError) -> [Float] {
        let driving = Self.tensor(portrait.canonical.placed(pose))
        return try renderer.run(
            [portrait.volume, portrait.thin, source, driving], until: work)[0]
    }

    private static func mapped(
        _ windows: [Float], frames: Int, _ mapping: LoadedNetwork,
        _ framing: AnimationOptions.Framing, _ work: WorkContext
    ) throws(EngineError) -> [[Float]] {
        let shape = [frames, Coefficients.width(framing), SemanticWindow.count]
        return try mapping.run([Tensor(windows, shape: shape)], until: work)
    }

    private static func tensor(_ points: Keypoints) -> Tensor {
        Tensor(points.values, shape: [1, Keypoints.count, 3])
    }
}
