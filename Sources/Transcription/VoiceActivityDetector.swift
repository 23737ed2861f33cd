import EngineAPI
import Inference

/// Probability of speech for each 32 ms of a clip: Silero VAD 6, its 16 kHz network over
/// sequences (input `[T, 576]`, LSTM state `h`, `c` `[1, 1, 128]`, output `[T]`).
struct VoiceActivityDetector: Sendable {
    /// Samples a frame at 16 000 Hz.
    static let frameSamples = 512
    /// Samples of the frame before that the network sees too.
    fileprivate static let contextSamples = 64
    /// Frames a run: 4 s, so that memory is bounded and cancelling is prompt.
    private static let framesPerRun = 128

    private let session: OnnxSession

    /// - Throws: `.modelMissing`, `.runtimeRefused`.
    init(_ runtime: OnnxRuntime, modelPath: String) throws(EngineError) {
        // Its graph as it is runs as fast as one that is rewritten, which takes half of the load.
        session = try OnnxSession(
            runtime, modelPath: modelPath,
            options: OnnxSession.Options(optimizesGraph: false, staysOnCPU: true))
    }

    /// What the network remembers between two stretches of one clip.
    struct Memory: Sendable {
        fileprivate var hidden = Tensor([Float](repeating: 0, count: 128), shape: [1, 1, 128])
        fileprivate var cell = Tensor([Float](repeating: 0, count: 128), shape: [1, 1, 128])
        /// The end of what came before.
        fileprivate var context = [Float](repeating: 0, count: contextSamples)
    }

    /// - samples: mono, 16 000 Hz, whole frames but at the end, where silence fills the last one.
    func probabilities(
        _ samples: [Float], after memory: inout Memory, work: WorkContext
    ) throws(EngineError) -> [Float] {
        let frameCount = (samples.count + Self.frameSamples - 1) / Self.frameSamples
        let width = Self.frameSamples + Self.contextSamples
        var probabilities: [Float] = []
        probabilities.reserveCapacity(frameCount)
        for first in stride(from: 0, to: frameCount, by: Self.framesPerRun) {
            try work.check()
            let count = min(Self.framesPerRun, frameCount - first)
            var input = [Float](repeating: 0, count: count * width)
            for frame in 0..<count {
                let start = (first + frame) * Self.frameSamples - Self.contextSamples
                let source = max(0, start)..<min(samples.count, start + width)
                let offset = frame * width + source.lowerBound - start
                input.replaceSubrange(offset..<offset + source.count, with: samples[source])
            }
            if first == 0 {
                input.replaceSubrange(0..<Self.contextSamples, with: memory.context)
            }
            let outputs = try session.run(
                [
                    ("input", Tensor(input, shape: [count, width])), ("h", memory.hidden),
                    ("c", memory.cell),
                ], outputs: ["speech_probs", "hn", "cn"])
            probabilities += try outputs[0].floats(exactly: count, of: "silero.onnx")
            // What is no number would stay in the memory to the clip's end.
            for state in outputs[1...2] { _ = try state.floats(exactly: 128, of: "silero.onnx") }
            (memory.hidden, memory.cell) = (outputs[1], outputs[2])
        }
        if samples.count >= Self.contextSamples {
            memory.context = Array(samples.suffix(Self.contextSamples))
        }
        return probabilities
    }
}
