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

    func listener() -> any ShapeListening { Listener(net: self) }

    private struct Listener: ShapeListening {
        let net: WholeClipNet
        /// Samples from `tailStart` on.
        private var (tail, tailStart): ([Float], Int) = ([], 0)
        /// Where the next window's core begins.
        private var start = 0

        init(net: WholeClipNet) { self.net = net }

        mutating func hear(
            _ samples: [Float], isLast: Bool, work: Work
        ) throws(EngineError) -> [SIMD16<Float>] {
            tail += samples
            let count = tailStart + tail.count
            var rows: [SIMD16<Float>] = []
            while isLast ? start < count : start + coreSamples + marginSamples <= count {
                try work.check()
                let first = max(start - marginSamples, 0)
                let last = min(start + coreSamples + marginSamples, count)
                let mel = net.ear.mel(tail[first - tailStart..<last - tailStart])
                let heard = mel.count / WhisperEar.bands
                let end = min(start + coreSamples, count) / WhisperEar.hop
                var made: [Float] = []
                if heard > 0 {
                    let input = Tensor(mel, shape: [1, WhisperEar.bands, heard])
                    made = try net.session.run([("mel", input)], outputs: ["logits"])[0]
                        .floats(
                            exactly: heard * Viseme.allCases.count, of: "visemes_whole.onnx")
                }
                for frame in start / WhisperEar.hop..<end {
                    let place = frame - first / WhisperEar.hop
                    // Frames come in pairs: an odd last one is as the one before it.
                    let row = min(place, heard - 1)
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
