import EngineAPI

/// The default voice's network and signal chain.
struct HibariModel: TTSModel {
    private let model: AcousticModel
    private let alphabet: PhonemeAlphabet

    /// One unit of duration: 600 samples at 24 kHz.
    static let unitSeconds = 0.025
    /// The durations are a property of the network's text side; its audio comes this much earlier.
    /// Measured against an aligner.
    static let leadSeconds = 0.05
    static let registerHz = Float(PitchScale.registerHz)

    /// Its own audio has −25.8 LUFS, within half a decibel whatever it reads; this makes −19 of it.
    /// The bound is what the hisses of a soft sentence have.
    private static let finish = Finish(gain: 2.19, sibilanceMax: 18)

    let sampleRateHz = Vocoder.sampleRateHz
    /// A phoneme has one unit at least, and quick speech was not in its training data: faster
    /// than this, its words are harder to understand than slower ones that are shortened
    /// afterwards.
    let speeds = 0.5...1.2
    let bendsPitch = true

    init(_ model: AcousticModel, _ alphabet: PhonemeAlphabet) {
        self.model = model
        self.alphabet = alphabet
    }

    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext
    ) throws(EngineError) -> SynthesizedAudio {
        let (ids, symbols) = alphabet.ids(clause.phonemes)
        func bend(_ curves: inout AcousticCurves) {
            PitchBend.apply(clause, symbols: symbols, to: &curves)
        }
        return try model.withFrames(ids, speed: Float(speed), bend: bend) { frames in
            func seconds(_ units: Float) -> Double { Double(units) * HibariModel.unitSeconds }
            let timing = PhonemeTiming(
                symbols: symbols, durations: frames.durations.map(seconds),
                natural: frames.rawDurations.map {
                    seconds(max(1, $0.rounded(.toNearestOrEven)))
                },
                leadSeconds: HibariModel.leadSeconds)
            return SynthesizedAudio(
                samples: scratch.vocoder.samples(
                    frames, noise: SIMDNoise(seed: seed), finish: HibariModel.finish),
                timing: timing)
        }
    }
}
