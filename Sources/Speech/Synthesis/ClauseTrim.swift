import EngineAPI
import Glibc

/// Cuts the silence that the network puts around a clause to the pause that fits its end, makes the
/// sound as long as is due, and fades both edges so that clauses join without a click.
struct ClauseTrim: Sendable {
    /// Samples cut off at the start.
    let start: Int
    /// Samples of the network's sound that are kept.
    private let kept: Int
    /// Factor to the length of what is kept: what the network's durations could not give.
    let stretch: Double
    /// Samples of the clip; what exceeds the audio is silence.
    let length: Int
    private let sampleRateHz: Int

    /// Silence before the first sound, seconds.
    private static let leadSeconds = 0.04
    /// A sound may ring on beyond its duration, seconds.
    private static let ringSeconds = 0.06
    private static let fadeSamples = 120
    /// A length that is wrong by less is not worth what stretching does to audio.
    private static let tolerance = 0.01

    var startSeconds: Double { Double(start) / Double(sampleRateHz) }
    var seconds: Double { Double(length) / Double(sampleRateHz) }

    /// The pause at the end of a clause at the voice's own speed, seconds.
    static func pauseSeconds(_ end: BreakKind, isLast: Bool) -> Double {
        if isLast { return 0.2 }
        switch end {
        case .none: return 0.03
        case .clause: return 0.2
        case .line: return 0.3
        case .sentence: return 0.42
        case .paragraph: return 0.7
        }
    }

    /// Phonemes after which a reader takes breath at a comma: eight seconds or so.
    private static let breathPhonemes = 110
    private static let breathSeconds = 0.12
    /// No two rests of a reader are alike: they differ by so much up and down.
    private static let pauseSpread = 0.12

    /// The pause after a clause at the voice's own speed, seconds; the same for the same words.
    static func pauseSeconds(_ clause: Clause, isLast: Bool) -> Double {
        let pause = pauseSeconds(clause.end, isLast: isLast)
        if isLast { return pause }
        switch clause.end {
        case .none: return pause
        case .clause:
            return clause.phonemes.count > breathPhonemes ? pause + breathSeconds : pause
        case .line, .sentence, .paragraph:
            var hash: UInt32 = 2_166_136_261
            for scalar in clause.phonemes { hash = (hash ^ scalar.value) &* 16_777_619 }
            let place = Double(hash >> 8) / Double(1 << 24)
            return pause * (1 + pauseSpread * (2 * place - 1))
        }
    }

    init(_ request: ClauseRequest, _ timing: PhonemeTiming, sampleRateHz: Int) {
        self.sampleRateHz = sampleRateHz
        let durations = timing.durations
        func isSilent(_ id: Int) -> Bool {
            // Ids have a pad at both ends.
            id == 0 || id == durations.count - 1
                || PhonemeAlphabet.isMark(request.clause.phonemes[timing.symbols[id - 1]])
        }
        let first = durations.indices.first { !isSilent($0) } ?? 0
        let last = durations.indices.last { !isSilent($0) } ?? durations.count - 1
        let total = durations.reduce(0, +)
        let before = durations[..<first].reduce(0, +)
        let until = durations[...last].reduce(0, +)
        let stretch = ClauseTrim.stretch(timing, first...last, speed: request.speed)
        self.stretch = stretch
        /// In the network's own time.
        func unstretched(_ seconds: Double) -> Double { seconds / request.speed / stretch }
        let from = max(0, before - timing.leadSeconds - unstretched(ClauseTrim.leadSeconds))
        let audioEnd = min(total, max(until - timing.leadSeconds, from))
        let natural =
            ClauseTrim.pauseSeconds(request.clause, isLast: request.isLast) / request.speed
        let pause = request.clause.pauseSeconds ?? natural
        let rate = Double(sampleRateHz)
        start = Int(bounded: from * rate)
        let end = audioEnd + max(pause / stretch, unstretched(ClauseTrim.ringSeconds))
        kept = max(0, Int(bounded: min(end, total) * rate) - start)
        length = max(
            Int(bounded: (Double(kept) * stretch).rounded()),
            Int(bounded: ((audioEnd - from) * stretch + pause) * rate))
    }

    /// How much longer or shorter the sounds of a clause must become to be what the voice's own
    /// durations are at the speed that is asked for.
    private static func stretch(
        _ timing: PhonemeTiming, _ sounds: ClosedRange<Int>, speed: Double
    ) -> Double {
        let made = timing.durations[sounds].reduce(0, +)
        let due = timing.natural[sounds].reduce(0, +) / speed
        guard made > 0, due > 0 else { return 1 }
        // No network is so far off; a broken one must not ask for an hour.
        let ratio = min(max(due / made, 0.1), 10)
        return abs(ratio - 1) < tolerance ? 1 : ratio
    }

    /// A stretch of the clip and the factor to its samples.
    struct Gain: Sendable, Equatable {
        let startSeconds: Double
        let endSeconds: Double
        let factor: Float
    }

    /// Over which a factor comes and goes.
    private static let rampSeconds = 0.015

    /// A clip of a clause's whole audio.
    /// - decibels: change of the whole clause's loudness.
    func applied(to whole: [Float], decibels: Double = 0, gains: [Gain] = []) -> [Float] {
        let end = min(start + kept, whole.count)
        var samples = start < end ? Array(whole[start..<end]) : []
        if stretch != 1 {
            samples = TimeStretch(sampleRateHz: sampleRateHz).stretched(
                samples, to: Int(bounded: (Double(samples.count) * stretch).rounded()))
        }
        let fade = min(ClauseTrim.fadeSamples, samples.count / 2)
        ClauseTrim.fade(&samples, at: .start, fade)
        ClauseTrim.fade(&samples, at: .end, fade)
        change(&samples, decibels)
        for gain in gains { apply(gain, to: &samples) }
        ClauseTrim.limit(&samples)
        samples += [Float](repeating: 0, count: max(0, length - samples.count))
        return samples
    }

    /// Whether a clip may come in two parts, of which the first has so many samples of the audio.
    func isDivisible(at samples: Int) -> Bool {
        stretch == 1 && samples >= start + ClauseTrim.fadeSamples
            && samples + 2 * ClauseTrim.fadeSamples <= start + kept
    }

    /// The beginning of the clip, of the first samples of the audio.
    func opening(of audio: [Float], decibels: Double = 0) -> [Float] {
        var samples = Array(audio[start...])
        ClauseTrim.fade(&samples, at: .start, ClauseTrim.fadeSamples)
        change(&samples, decibels)
        ClauseTrim.limit(&samples)
        return samples
    }

    /// What the clip has after its opening.
    /// - offset: samples of the audio before these.
    func rest(of audio: [Float], after offset: Int, decibels: Double = 0) -> [Float] {
        var samples = Array(audio[..<min(start + kept - offset, audio.count)])
        ClauseTrim.fade(&samples, at: .end, min(ClauseTrim.fadeSamples, samples.count))
        change(&samples, decibels)
        ClauseTrim.limit(&samples)
        let due = length - (offset - start)
        samples += [Float](repeating: 0, count: max(0, due - samples.count))
        return samples
    }

    private enum Edge { case start, end }

    private static func fade(_ samples: inout [Float], at edge: Edge, _ count: Int) {
        for index in 0..<count {
            let gain = (Float(index) + 0.5) / Float(count)
            samples[edge == .start ? index : samples.count - 1 - index] *= gain
        }
    }

    private func change(_ samples: inout [Float], _ decibels: Double) {
        guard decibels != 0 else { return }
        let factor = decibels <= SSMLValues.silence ? 0 : Float(pow(10, decibels / 20))
        for index in samples.indices { samples[index] *= factor }
    }

    private func apply(_ gain: Gain, to samples: inout [Float]) {
        let rate = Double(sampleRateHz)
        let start = min(max(0, Int(bounded: gain.startSeconds * rate)), samples.count)
        let end = min(Int(bounded: gain.endSeconds * rate), samples.count)
        let ramp = min(Int(bounded: ClauseTrim.rampSeconds * rate), (end - start) / 2)
        guard ramp > 0 else { return }
        for index in start..<end {
            let part = min(Float(min(index - start, end - 1 - index)) / Float(ramp), 1)
            samples[index] *= 1 + (gain.factor - 1) * part
        }
    }

    /// Most of a clip is below the bend: stretches without a loud sample are only looked at.
    private static func limit(_ samples: inout [Float]) {
        samples.withUnsafeMutableBufferPointer { samples in
            for start in stride(from: 0, to: samples.count, by: 64) {
                let stretch = start..<min(start + 64, samples.count)
                var beyond: UInt32 = 0
                // What is no number is not below either.
                for index in stretch { beyond |= abs(samples[index]) <= 0.8 ? 0 : 1 }
                guard beyond != 0 else { continue }
                for index in stretch { samples[index] = limited(samples[index]) }
            }
        }
    }

    /// Leaves −0.8…0.8 alone and bends what is beyond towards ±1.
    @inline(__always)
    static func limited(_ sample: Float) -> Float {
        let size = abs(sample)
        guard size > 0.8 else { return sample.isFinite ? sample : 0 }
        let excess = (size - 0.8) * 5
        let bent = 0.8 + 0.199 * excess / (1 + excess)
        return sample < 0 ? -bent : bent
    }
}
