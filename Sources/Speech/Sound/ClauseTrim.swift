import EngineAPI

/// Cuts the silence that the network puts around a clause to the pause that fits its end, and
/// fades both edges so that clauses join without a click.
struct ClauseTrim: Sendable {
    /// Samples cut off at the start.
    let start: Int
    /// Samples of the network's sound that are kept.
    private let kept: Int
    /// Samples of the clip; what exceeds `kept` is silence.
    let length: Int

    /// Silence before the first sound, seconds.
    private static let leadSeconds = 0.04
    /// A sound may ring on beyond its duration, seconds.
    private static let ringSeconds = 0.06
    private static let fadeSamples = 120

    /// The pause at the end of a clause at the voice's own speed, seconds.
    static func pauseSeconds(_ end: BreakKind, isLast: Bool) -> Double {
        if isLast { return 0.2 }
        switch end {
        case .none: return 0.03
        case .clause: return 0.2
        case .sentence: return 0.42
        case .paragraph: return 0.7
        }
    }

    init(_ order: ClauseOrder, symbols: [Int], durations: [Float]) {
        let unit = ClauseTimeline.unitSeconds
        let total = durations.reduce(0) { $0 + Double($1) } * unit
        func isSilent(_ id: Int) -> Bool {
            // Ids have a pad at both ends.
            id == 0 || id == durations.count - 1
                || PhonemeAlphabet.isMark(order.clause.phonemes[symbols[id - 1]])
        }
        let first = durations.indices.first { !isSilent($0) } ?? 0
        let last = durations.indices.last { !isSilent($0) } ?? durations.count - 1
        let before = durations[..<first].reduce(0) { $0 + Double($1) } * unit
        let until = durations[...last].reduce(0) { $0 + Double($1) } * unit
        let lead = ClauseTimeline.leadSeconds
        let from = max(0, before - lead - ClauseTrim.leadSeconds)
        let soundEnd = min(total, max(until - lead, from))
        let pace = min(max(1 / order.speed, 0.4), 2)
        let natural = ClauseTrim.pauseSeconds(order.clause.end, isLast: order.isLast) * pace
        let pause = order.clause.pauseSeconds ?? natural
        let rate = Double(WaveSynthesizer.sampleRateHz)
        start = Int(from * rate)
        let end = soundEnd + max(pause, ClauseTrim.ringSeconds)
        kept = max(0, Int(min(end, total) * rate) - start)
        length = max(kept, Int((soundEnd + pause - from) * rate))
    }

    /// A stretch of the clip and the factor to its samples.
    struct Gain: Sendable, Equatable {
        let startSeconds: Double
        let endSeconds: Double
        let factor: Float
    }

    /// Samples over which a factor comes and goes: 15 ms.
    private static let rampSamples = 360

    func applied(to whole: [Float], gains: [Gain] = []) -> [Float] {
        let end = min(start + kept, whole.count)
        var samples = start < end ? Array(whole[start..<end]) : []
        let fade = min(ClauseTrim.fadeSamples, samples.count / 2)
        for index in 0..<fade {
            let gain = (Float(index) + 0.5) / Float(fade)
            samples[index] *= gain
            samples[samples.count - 1 - index] *= gain
        }
        for gain in gains { ClauseTrim.apply(gain, to: &samples) }
        for index in samples.indices { samples[index] = ClauseTrim.limited(samples[index]) }
        samples += [Float](repeating: 0, count: max(0, length - samples.count))
        return samples
    }

    private static func apply(_ gain: Gain, to samples: inout [Float]) {
        let rate = Double(WaveSynthesizer.sampleRateHz)
        let start = min(max(0, Int(gain.startSeconds * rate)), samples.count)
        let end = min(Int(gain.endSeconds * rate), samples.count)
        let ramp = min(rampSamples, (end - start) / 2)
        guard ramp > 0 else { return }
        for index in start..<end {
            let part = min(Float(min(index - start, end - 1 - index)) / Float(ramp), 1)
            samples[index] *= 1 + (gain.factor - 1) * part
        }
    }

    /// Leaves −0.9…0.9 alone and bends what is beyond towards ±1.
    @inline(__always)
    private static func limited(_ sample: Float) -> Float {
        let size = abs(sample)
        guard size > 0.9 else { return sample.isFinite ? sample : 0 }
        let excess = (size - 0.9) * 10
        let bent = 0.9 + 0.099 * excess / (1 + excess)
        return sample < 0 ? -bent : bent
    }
}
