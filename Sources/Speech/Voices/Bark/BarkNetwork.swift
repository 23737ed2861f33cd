import EngineAPI
import Inference

/// One of Bark's networks that is loaded and takes and gives what it should.
struct BarkNetwork: Sendable {
    let session: OnnxSession
    let path: String

    /// What a network takes and gives.
    private struct Form {
        let inputs: [TensorSpec]
        let outputs: [TensorSpec]
    }

    /// - Throws: `.modelMissing`, `.modelDamaged`, `.modelMismatch`, `.deviceFailed`.
    init(
        _ network: BarkFiles.Network, _ files: BarkFiles, _ settings: BarkSettings,
        _ runtime: OnnxRuntime, threads: Int
    ) throws(EngineError) {
        let isOnCPU = try runtime.plannedBackend() == .cpu
        let file = files.file(network, isOnCPU: isOnCPU)
        path = try files.checked(file, settings)
        // It must name no other file to be opened.
        _ = try OnnxGraph(
            try files.models.content(of: file, bytesMax: BarkFiles.fileBytesMax), path: path)
        session = try OnnxSession(
            runtime, modelPath: path,
            options: OnnxSession.Options(
                threads: threads, plansMemory: false, usesArena: false, sumsExactly: true))
        let form = Self.form(network, settings)
        try session.require(inputs: form.inputs, outputs: form.outputs, of: path)
    }

    private static func form(_ network: BarkFiles.Network, _ settings: BarkSettings) -> Form {
        let codes = TensorSpec("codes", .int64, [settings.fine.codebooks, nil])
        return switch network {
        case .semantic:
            causal(settings.semantic.transformer, [TensorSpec("added", .int64, [nil])])
        case .coarse: causal(settings.coarse.transformer, [])
        case .fine:
            Form(
                inputs: [codes, TensorSpec("codebook", .int64, [1])],
                outputs: [TensorSpec("logits", [nil, settings.codebook_size])])
        case .codec: Form(inputs: [codes], outputs: [TensorSpec("samples", [nil])])
        }
    }

    private static func causal(_ part: BarkSettings.Causal, _ more: [TensorSpec]) -> Form {
        let past = (0..<part.layers).flatMap { layer in
            ["key", "value"].map {
                TensorSpec("past_\($0)_\(layer)", [1, part.heads, nil, part.width])
            }
        }
        return Form(
            inputs: [
                TensorSpec("tokens", .int64, [nil]), TensorSpec("past_length", .int64, [1]),
            ] + more + past,
            outputs: [
                TensorSpec("logits", [1, part.outputs]),
                TensorSpec("present", [2 * part.layers, part.heads, nil, part.width]),
            ])
    }

    /// Scores, all of them numbers.
    /// - Throws: `.modelDamaged`.
    func scores(_ values: [Float], count: Int) throws(EngineError) -> [Float] {
        guard values.count == count, values.allSatisfy(\.isFinite) else {
            throw .modelDamaged(path: path)
        }
        return values
    }
}
