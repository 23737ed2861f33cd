import EngineAPI
import Inference

/// VITS as Piper and Coqui export it: `input` int64[1, T], `input_lengths` int64[1], `scales`
/// f32[3] (noise, length, noise of durations), perhaps `sid` and `langid` int64[1] → samples.
struct VITSModel: TTSModel {
    /// What a voice's settings say.
    struct Manner: Sendable {
        var sampleRateHz: Int
        var noise = 0.667
        var length = 1.0
        var durationNoise = 0.8
        var speaker: Int64 = 0
    }

    private let model: VoiceModel
    private let ids: PhonemeIDMap
    private let manner: Manner
    /// Measured against an aligner with Piper's voice joe.
    private static let leadSeconds = 0.02

    var sampleRateHz: Int { manner.sampleRateHz }
    let speeds = 0.5...1.4

    init(_ model: VoiceModel, _ ids: PhonemeIDMap, _ manner: Manner) {
        self.model = model
        self.ids = ids
        self.manner = manner
    }

    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext
    ) throws(EngineError) -> SynthesizedAudio {
        let row = ids.row(clause.phonemes)
        let scales = [manner.noise, manner.length / speed, manner.durationNoise].map { Float($0) }
        var inputs = [
            (name: "input", tensor: Tensor(row.ids, shape: [1, row.ids.count])),
            (name: "input_lengths", tensor: Tensor([Int64(row.ids.count)], shape: [1])),
            (name: "scales", tensor: Tensor(scales, shape: [3])),
        ]
        if model.has("sid") {
            inputs.append((name: "sid", tensor: Tensor([manner.speaker], shape: [1])))
        }
        if model.has("langid") {
            inputs.append((name: "langid", tensor: Tensor([Int64(0)], shape: [1])))
        }
        let out = try model.run(inputs, seed: seed)
        return SynthesizedAudio(
            samples: out.samples,
            timing: out.timing(
                clause, row, sampleRateHz: sampleRateHz, speed: speed,
                leadSeconds: VITSModel.leadSeconds))
    }
}

/// StyleTTS 2 as Kokoro and KittenTTS export it: `tokens` or `input_ids` int64[1, T], `style`
/// f32[1, 256], `speed` f32[1] or int32[1] → samples.
struct StyleTTS2Model: TTSModel {
    private let model: VoiceModel
    private let ids: PhonemeIDMap
    private let styles: StyleTable
    /// Samples at the end that are no speech.
    private let tail: Int
    let sampleRateHz = 24_000
    let speeds: ClosedRange<Double>
    private static let leadSeconds = 0.03

    init(_ model: VoiceModel, _ ids: PhonemeIDMap, _ styles: StyleTable, tail: Int) {
        self.model = model
        self.ids = ids
        self.styles = styles
        self.tail = tail
        // A whole number can say no speed but the voice's own.
        speeds = model.type("speed") == .float ? 0.5...1.3 : 1...1
    }

    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext
    ) throws(EngineError) -> SynthesizedAudio {
        let row = ids.row(clause.phonemes)
        let style = styles.row(row.symbols.count)
        let input = model.has("tokens") ? "tokens" : "input_ids"
        let pace =
            model.type("speed") == .float
            ? Tensor([Float(speed)], shape: [1]) : Tensor(whole: [Int32(1)], shape: [1])
        var out = try model.run(
            [
                (name: input, tensor: Tensor(row.ids, shape: [1, row.ids.count])),
                (name: "style", tensor: Tensor(style, shape: [1, StyleTable.width])),
                (name: "speed", tensor: pace),
            ], seed: seed)
        if out.samples.count > tail { out.samples.removeLast(tail) }
        return SynthesizedAudio(
            samples: out.samples,
            timing: out.timing(
                clause, row, sampleRateHz: sampleRateHz, speed: speed,
                leadSeconds: StyleTTS2Model.leadSeconds, tail: tail))
    }
}
