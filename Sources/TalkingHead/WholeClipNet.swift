import EngineAPI
import Inference

/// Speech → how likely each of the fifteen shapes is, 100 times a second, by Whisper tiny.en's
/// encoder and our own read-out of it: scripts/models/visemes. It looks at a whole window before it
/// tells the first shape, so it is for films that nobody watches while they are made.
struct WholeClipNet: ShapeReading {
    /// Six seconds at a time with a second of what is around them: the encoder's attention grows
    /// with the square of the window, and so do the cost and the memory of longer ones.
    private static let coreSamples = 6 * WhisperEar.rateHz
    private static let marginSamples = WhisperEar.rateHz

    private let session: OnnxSession
    private let ear = WhisperEar()

    init(_ session: OnnxSession) { self.session = session }

    func shapes(_ samples: [Float], work: Work) throws(EngineError) -> [SIMD16<Float>] {
        let frames = samples.count / WhisperEar.hop
        var rows: [SIMD16<Float>] = []
        rows.reserveCapacity(frames)
        for start in stride(from: 0, to: samples.count, by: Self.coreSamples) {
            try work.check()
            let first = max(start - Self.marginSamples, 0)
            let last = min(start + Self.coreSamples + Self.marginSamples, samples.count)
            let mel = ear.mel(samples[first..<last])
            let heard = mel.count / WhisperEar.bands
            let end = min(start + Self.coreSamples, samples.count) / WhisperEar.hop
            var made: [Float] = []
            if heard > 0 {
                let input = Tensor(mel, shape: [1, WhisperEar.bands, heard])
                made = try session.run([("mel", input)], outputs: ["logits"])[0].floats
            }
            for frame in start / WhisperEar.hop..<end {
                let place = frame - first / WhisperEar.hop
                // Frames come in pairs: an odd last one is as the one before it.
                let row = min(place, heard - 1)
                rows.append(row < 0 ? Viseme.silence : Viseme.certainties(made, row))
            }
        }
        return rows
    }
}
