import EngineAPI
import Inference

/// Speech → how likely each of the fifteen shapes is, 100 times a second, by Whisper tiny.en's
/// encoder and our own read-out of it: scripts/models/visemes. It looks at a whole window before it
/// tells the first shape, so it is for videos that nobody watches while they are made.
struct OfflineVisemeModel: VisemePredictor {
    /// Six seconds at a time with a second of what is around them: the encoder's attention grows
    /// with the square of the window, and so do the cost and the memory of longer ones.
    private static let coreSamples = 6 * WhisperMelSpectrogram.rateHz
    private static let marginSamples = WhisperMelSpectrogram.rateHz

    private let session: OnnxSession
    private let frontend = WhisperMelSpectrogram()

    init(_ session: OnnxSession) { self.session = session }

    func listener() -> any VisemeSession { Listener(model: self) }

    private struct Listener: VisemeSession {
        let model: OfflineVisemeModel
        /// Samples from `tailStart` on.
        private var (tail, tailStart): ([Float], Int) = ([], 0)
        /// Where the next window's core begins.
        private var start = 0

        init(model: OfflineVisemeModel) { self.model = model }

        mutating func hear(
            _ samples: [Float], isLast: Bool, work: WorkContext
        ) throws(EngineError) -> [SIMD16<Float>] {
            tail += samples
            let count = tailStart + tail.count
            var rows: [SIMD16<Float>] = []
            while isLast ? start < count : start + coreSamples + marginSamples <= count {
                try work.check()
                let first = max(start - marginSamples, 0)
                let last = min(start + coreSamples + marginSamples, count)
                let mel = model.frontend.mel(tail[first - tailStart..<last - tailStart])
                let analyzed = mel.count / WhisperMelSpectrogram.bands
                let end = min(start + coreSamples, count) / WhisperMelSpectrogram.hop
                var made: [Float] = []
                if analyzed > 0 {
                    let input = Tensor(mel, shape: [1, WhisperMelSpectrogram.bands, analyzed])
                    made = try model.session.run([("mel", input)], outputs: ["logits"])[0]
                        .floats(
                            exactly: analyzed * Viseme.allCases.count, of: "visemes_whole.onnx")
                }
                for frame in start / WhisperMelSpectrogram.hop..<end {
                    let place = frame - first / WhisperMelSpectrogram.hop
                    // Frames come in pairs: an odd last one is as the one before it.
                    let row = min(place, analyzed - 1)
                    rows.append(row < 0 ? Viseme.silence : Viseme.certainties(made, row))
                }
                start += coreSamples
                let kept = min(max(start - marginSamples, tailStart), count)
                tail.removeFirst(kept - tailStart)
                tailStart = kept
            }
            return rows
        }
    }
}
