import EngineAPI
import Inference

/// The network of a voice that an operator brought, with its durations laid open.
struct VoiceModel: Sendable {
    private let session: OnnxSession
    private let types: [String: OnnxGraph.ElementType]
    private let audio: String
    private let durations: Durations?
    private let isSeeded: Bool
    let backend: Backend

    /// Where the durations of the ids come from.
    private struct Durations: Sendable {
        let name: String
        /// Before they were made whole; nil where only the whole ones are there.
        let raw: String?
        /// VITS rounds up, StyleTTS to the nearest.
        let roundsUp: Bool
    }

    /// In a network's own units, some 10 ms each.
    static let durationMax = 1e6

    /// 1.5 GB: no voice of these families has more than 400 MB.
    static let bytesMax = 1_500_000_000

    /// - Throws: `.modelMissing`, `.modelDamaged`, `.runtimeRefused`.
    init(_ runtime: OnnxRuntime, _ models: ModelDirectory, file: String) throws(EngineError) {
        let path = try models.verified(file)
        let graph = try OnnxGraph(
            try models.content(of: file, bytesMax: VoiceModel.bytesMax), path: path)
        guard let audio = graph.outputs.first else { throw .modelDamaged(path: path) }
        self.audio = audio
        durations = VoiceModel.durations(graph)
        types = graph.inputs
        isSeeded = graph.nodes.contains { $0.kind == "RandomNormalLike" }
        let wanted = [durations?.name, durations?.raw].compactMap { $0 }
        do throws(EngineError) {
            session = try OnnxSession(
                runtime, .bytes(graph.changed(outputs: wanted, isSeeded: isSeeded)),
                options: OnnxSession.Options(threads: 1, returnsMemory: true))
        } catch .runtimeRefused {
            throw .modelDamaged(path: path)
        }
        backend = session.backend
    }

    /// VITS has one Ceil; StyleTTS clips what it rounds. Some exports have the durations as an
    /// output of their own.
    private static func durations(_ graph: OnnxGraph) -> Durations? {
        let ceils = graph.nodes.filter { $0.kind == "Ceil" }
        if ceils.count == 1, let raw = ceils[0].inputs.first {
            return Durations(name: ceils[0].outputs[0], raw: raw, roundsUp: true)
        }
        for round in graph.nodes where round.kind == "Round" {
            let clip = graph.nodes.first {
                $0.kind == "Clip" && $0.inputs.first == round.outputs[0]
            }
            if let clip {
                return Durations(name: clip.outputs[0], raw: round.inputs.first, roundsUp: false)
            }
        }
        let own = graph.outputs.dropFirst().first { $0.contains("dur") }
        return own.map { Durations(name: $0, raw: nil, roundsUp: false) }
    }

    /// Names of the outputs that tell durations, whole and before; nil where both are not told.
    var durationNames: [String]? {
        durations.flatMap { durations in durations.raw.map { [durations.name, $0] } }
    }

    /// Lends outputs by name; see `OnnxSession.run`.
    func lending<Made>(
        _ inputs: [(name: String, tensor: Tensor)], _ names: [String],
        _ body: ([UnsafeBufferPointer<Float>]) throws(EngineError) -> Made
    ) throws(EngineError) -> Made {
        try session.run(inputs, lending: names, body)
    }

    func has(_ input: String) -> Bool { session.inputNames.contains(input) }
    func type(_ input: String) -> OnnxGraph.ElementType? { types[input] }

    /// What one run gives.
    struct Output {
        var samples: [Float]
        /// Per id, in the network's own unit; nil where it tells none.
        var durations: [Double]?
        var raw: [Double]?
        var roundsUp = false
    }

    /// - Throws: `.runtimeRefused`.
    func run(
        _ inputs: [(name: String, tensor: Tensor)], seed: UInt64
    ) throws(EngineError) -> Output {
        var inputs = inputs
        if isSeeded {
            inputs.append((name: OnnxGraph.noiseName, tensor: VoiceModel.noise(seed)))
        }
        let names = [audio, durations?.name, durations?.raw].compactMap { $0 }
        let out = try session.run(inputs, outputs: names)
        func values(_ index: Int) -> [Double]? {
            guard names.count > index else { return nil }
            switch out[index].elements {
            case .float(let values): return values.map(Double.init)
            case .int64(let values): return values.map(Double.init)
            case .int32(let values): return values.map(Double.init)
            }
        }
        return Output(
            samples: out[0].floats.map { $0.isFinite ? $0 : 0 }, durations: values(1),
            raw: values(2), roundsUp: durations?.roundsUp ?? false)
    }

    private static func noise(_ seed: UInt64) -> Tensor {
        var generator = SIMDNoise(seed: seed)
        var values: [Float] = []
        values.reserveCapacity(OnnxGraph.noiseCount)
        while values.count < OnnxGraph.noiseCount {
            let (re, im) = generator.next()
            for lane in 0..<8 { values.append(re[lane]) }
            for lane in 0..<8 { values.append(im[lane]) }
        }
        return Tensor(values, shape: [OnnxGraph.noiseCount])
    }
}

extension VoiceModel.Output {
    /// Times of the signs: the network's own where it tells them, else an estimate.
    /// - tail: samples that were cut off the end.
    func timing(
        _ clause: Clause, _ row: PhonemeIDMap.Row, sampleRateHz: Int, speed: Double,
        leadSeconds: Double, tail: Int = 0
    ) -> PhonemeTiming {
        let total = durations?.reduce(0, +) ?? 0
        // A network of the operator's may tell anything; what can't be a duration is not used.
        let areTimes = [durations, raw].allSatisfy {
            $0?.allSatisfy { (0..<VoiceModel.durationMax).contains($0) } ?? true
        }
        guard let durations, durations.count == row.ids.count, total > 0, areTimes,
            raw == nil || raw?.count == durations.count
        else {
            return EstimatedTiming.timing(
                clause.phonemes, row.symbols, samples, sampleRateHz: sampleRateHz, speed: speed)
        }
        let unit = Double(samples.count + tail) / Double(sampleRateHz) / total
        // What is rounded anew at the voice's own speed is due.
        let natural =
            raw?.map { value in
                roundsUp
                    ? (value * speed).rounded(.up)
                    : max(1, (value * speed).rounded(.toNearestOrEven))
            } ?? durations.map { $0 * speed }
        return PhonemeTiming(
            symbols: row.symbols, durations: row.bySymbol(durations.map { $0 * unit }),
            natural: row.bySymbol(natural.map { $0 * unit }), leadSeconds: leadSeconds)
    }
}
