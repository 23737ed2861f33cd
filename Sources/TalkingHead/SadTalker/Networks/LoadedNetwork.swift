import EngineAPI
import Inference

/// A network of SadTalker's that is loaded and has the inputs and outputs that it should.
struct LoadedNetwork: Sendable {
    private let network: SadTalkerNetwork
    private let session: OnnxSession
    private let path: String

    var backend: Backend { session.backend }

    /// - Throws: `.modelMissing`, `.modelDamaged`, `.modelMismatch`, `.deviceFailed`.
    init(
        _ network: SadTalkerNetwork, path: String, _ runtime: OnnxRuntime, threads: Int
    ) throws(EngineError) {
        let options = OnnxSession.Options(
            threads: threads, plansMemory: false, usesArena: false, sumsExactly: true)
        session = try OnnxSession(runtime, modelPath: path, options: options)
        self.network = network
        self.path = path
        try session.require(inputs: network.inputs, outputs: network.outputs, of: path)
    }

    /// Runs the network on its inputs, in the order of the table; returns its outputs in that
    /// order. The sides that the table leaves open are the first input's.
    /// - Throws: `.cancelled` and `.deadlinePassed`, also in the middle of the run; `.modelDamaged`
    ///   where it gives what is no number; `.runtimeRefused`.
    func run(_ inputs: [Tensor], until work: WorkContext) throws(EngineError) -> [[Float]] {
        precondition(inputs.count == network.inputs.count)
        let named = zip(network.inputs, inputs).map { (name: $0.name, tensor: $1) }
        let outputs = try session.run(named, outputs: network.outputs.map(\.name), until: work)
        var made: [[Float]] = []
        for (spec, output) in zip(network.outputs, outputs) {
            let count = spec.shape.reduce(1) { $0 * ($1 ?? inputs[0].shape[0]) }
            made.append(try output.floats(exactly: count, of: path))
        }
        return made
    }
}
