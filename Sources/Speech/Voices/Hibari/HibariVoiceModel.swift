import EngineAPI
import Inference

/// A voice of hibari's family that an operator laid into the models folder as it comes: the same
/// network and signal chain as the default voice's, in one piece.
struct HibariVoiceModel: TTSModel {
    private let model: VoiceModel
    private let alphabet: PhonemeAlphabet

    let sampleRateHz = Vocoder.sampleRateHz
    let speeds = 0.5...1.2

    init(_ model: VoiceModel, _ alphabet: PhonemeAlphabet) {
        self.model = model
        self.alphabet = alphabet
    }

    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext
    ) throws(EngineError) -> SynthesizedAudio {
        let (ids, symbols) = alphabet.ids(clause.phonemes)
        return try model.withFrames(ids, speed: Float(speed)) { frames in
            func seconds(_ units: Double) -> Double { units * HibariModel.unitSeconds }
            let timing = PhonemeTiming(
                symbols: symbols, durations: frames.durations.map { seconds(Double($0)) },
                // What the network rounds has been divided by the speed already.
                natural: frames.rawDurations.map {
                    seconds(max(1, (Double($0) * speed).rounded(.toNearestOrEven)))
                },
                leadSeconds: HibariModel.leadSeconds)
            return SynthesizedAudio(
                samples: scratch.vocoder.samples(frames, noise: SIMDNoise(seed: seed)),
                timing: timing)
        }
    }
}

extension VoiceModel {
    private static let spectra = ["lh", "theta", "ln", "lr", "phi", "f0"]
    /// No pitch in Hz and no duration in units of 25 ms comes near it.
    private static let valueMax: Float = 1e5

    /// As `AcousticModel.withFrames`, of a network that tells its durations.
    /// - Throws: `.runtimeRefused`, `.modelDamaged` when it is none of hibari's.
    func withFrames<Made>(
        _ ids: [Int64], speed: Float, _ body: (AcousticFrames) -> Made
    ) throws(EngineError) -> Made {
        guard let durations = durationNames, has("ids"), has("speed") else {
            throw .modelDamaged(path: "hibari")
        }
        let inputs = [
            (name: "ids", tensor: Tensor(ids, shape: [1, ids.count])),
            (name: "speed", tensor: Tensor([speed], shape: [1])),
        ]
        return try lending(inputs, VoiceModel.spectra + durations) { (out) throws(EngineError) in
            let count = out[5].count
            let isAudio =
                count > 0 && out[6].count == ids.count && out[7].count == ids.count
                && out[..<5].allSatisfy { $0.count == AcousticModel.bins * count }
            // They become lengths and places; the spectra become samples only.
            let areNumbers = out[5...7].allSatisfy { values in
                values.allSatisfy { abs($0) < VoiceModel.valueMax }
            }
            guard isAudio, areNumbers else { throw .modelDamaged(path: "hibari") }
            return body(
                AcousticFrames(
                    spectra: AcousticSpectra(Array(out[..<5]), count: count, rowLength: count),
                    pitch: out[5], durations: out[6], rawDurations: out[7]))
        }
    }
}
