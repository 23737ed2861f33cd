import EngineAPI
import Inference

/// A network that restores faces, as GFPGAN and RestoreFormer do, which an operator brought.
///
/// It takes and gives one image: `[1, 3, 512, 512]`, RGB, −1…1, laid as `AlignedFace` has it. What
/// its tensors are called is its own affair.
struct FaceEnhancer: Sendable {
    /// Below the models folder.
    static let file = "enhancer/face.onnx"
    private static let shape = [1, 3, AlignedFace.side, AlignedFace.side]

    private let session: OnnxSession
    private let path: String
    private let input: String
    private let output: String

    /// - Throws: `.modelMissing`, `.modelDamaged`, `.modelMismatch`, `.deviceFailed`.
    init(path: String, _ runtime: OnnxRuntime, threads: Int) throws(EngineError) {
        let options = OnnxSession.Options(
            threads: threads, plansMemory: false, usesArena: false, sumsExactly: true)
        session = try OnnxSession(runtime, modelPath: path, options: options)
        self.path = path
        let (inputs, outputs) = (try session.inputSpecs(), try session.outputSpecs())
        input = try Self.image(inputs.first, "input", path)
        // Some exports give what their layers made beside the image, which comes first.
        output = try Self.image(outputs.first, "output", path)
        if inputs.count > 1 {
            throw .modelMismatch(
                path: path, tensor: inputs[1].name, wanted: "no input", found: "an input")
        }
    }

    /// The name of what is an image.
    private static func image(
        _ spec: TensorSpec?, _ what: String, _ path: String
    ) throws(EngineError) -> String {
        let wanted = TensorSpec(spec?.name ?? what, shape.map(Optional.some))
        guard let spec, spec.fits(wanted) else {
            throw .modelMismatch(
                path: path, tensor: wanted.name, wanted: wanted.form, found: spec?.form)
        }
        return spec.name
    }

    /// - planes: RGB, planar, −1…1.
    /// - Throws: `.cancelled` and `.deadlinePassed`, also in the middle of the run; `.modelDamaged`
    ///   where it gives what is no number; `.runtimeRefused`.
    func restored(_ planes: [Float], work: WorkContext) throws(EngineError) -> [Float] {
        let made = try session.run(
            [(name: input, tensor: Tensor(planes, shape: Self.shape))], outputs: [output],
            until: work)
        return try made[0].floats(exactly: planes.count, of: path)
    }
}
