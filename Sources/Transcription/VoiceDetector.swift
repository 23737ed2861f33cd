import EngineAPI
import Inference

/// Probability of speech for each 32 ms of a clip: Silero VAD 6, its 16 kHz network over
/// sequences (input `[T, 576]`, LSTM state `h`, `c` `[1, 1, 128]`, output `[T]`).
struct VoiceDetector {
    /// Samples a frame at 16 000 Hz.
    static let frameSamples = 512
    /// Samples of the frame before that the network sees too.
    private static let contextSamples = 64
    /// Frames a run: 16 s, so that memory is bounded and cancelling is prompt.
    private static let framesPerRun = 512

    private let session: OnnxSession

    /// - Throws: `.modelMissing`, `.runtimeRefused`.
    init(_ runtime: OnnxRuntime, modelPath: String) throws(EngineError) {
        session = try OnnxSession(runtime, modelPath: modelPath)
    }

    /// - samples: mono, 16 000 Hz; the last frame is filled with silence.
    func probabilities(_ samples: [Float], work: Work) throws(EngineError) -> [Float] {
        let frameCount = (samples.count + Self.frameSamples - 1) / Self.frameSamples
        let width = Self.frameSamples + Self.contextSamples
        var state = (
            Tensor([Float](repeating: 0, count: 128), shape: [1, 1, 128]),
            Tensor([Float](repeating: 0, count: 128), shape: [1, 1, 128])
        )
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
                for (index, sample) in samples[source].enumerated() {
                    input[offset + index] = sample
                }
            }
            let outputs = try session.run(
                [
                    ("input", Tensor(input, shape: [count, width])), ("h", state.0),
                    ("c", state.1),
                ], outputs: ["speech_probs", "hn", "cn"])
            probabilities += outputs[0].floats
            state = (outputs[1], outputs[2])
        }
        return probabilities
    }
}
