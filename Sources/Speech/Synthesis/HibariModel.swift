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
    /// The free branch makes hisses sharper than they need be: with less of it the bound has less
    /// to take away, and a judge of naturalness hears the difference (DistillMOS, 95 texts: 4.43 as
    /// the network is, 4.41 with a bound of 18 alone, 4.43 so, with no more large steps).
    private static let finish = Finish(gain: 2.19, sibilanceMax: 32, freeGain: 0.7)

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

    /// Frames of the first sound that leaves by itself, .6 s of it, and those that must follow for
    /// that to be worth while.
    private static let openingFrames = 64
    private static let restMin = 64

    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext
    ) throws(EngineError) -> SynthesizedAudio {
        try audio(
            clause, speed: speed, seed: seed, scratch: scratch, until: work,
            opening: AudioOpening(isWanted: { _, _ in false }, take: { _ in }))
    }

    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext, opening: AudioOpening
    ) throws(EngineError) -> SynthesizedAudio {
        let (ids, symbols) = alphabet.ids(clause.phonemes)
        let outline = try model.outline(ids, speed: Float(speed)) {
            PitchBend.apply(clause, symbols: symbols, to: &$0)
        }
        func seconds(_ units: Float) -> Double { Double(units) * HibariModel.unitSeconds }
        let timing = PhonemeTiming(
            symbols: symbols, durations: outline.curves.durations.map(seconds),
            natural: outline.rawDurations.map { seconds(max(1, $0.rounded(.toNearestOrEven))) },
            leadSeconds: HibariModel.leadSeconds)
        let vocoder = scratch.vocoder
        var signal = outline.curves.pitch.withUnsafeBufferPointer {
            Vocoder.Signal($0, noise: SIMDNoise(seed: seed), finish: HibariModel.finish)
        }
        var begun = (frames: 0, samples: 0)
        if outline.count >= HibariModel.openingFrames + HibariModel.restMin,
            opening.isWanted(timing, Vocoder.samplesReady(of: HibariModel.openingFrames))
        {
            let part = 0..<HibariModel.openingFrames
            let samples = try model.withSpectra(of: outline, part) {
                vocoder.add($0, to: &signal)
            }
            begun = (part.count, samples.count)
            opening.take(SynthesizedAudio(samples: samples, timing: timing))
        }
        let rest = try model.withSpectra(of: outline, begun.frames..<outline.count) {
            vocoder.add($0, to: &signal)
        }
        return SynthesizedAudio(samples: rest, timing: timing, offset: begun.samples)
    }
}
