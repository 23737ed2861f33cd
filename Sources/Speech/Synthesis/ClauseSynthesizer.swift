import EngineAPI
import Execution

/// A clause as audio, its times counted from the start of its own clip.
struct MadeClause: Sendable {
    let text: String
    var samples: [Float]
    /// nil where this is the rest of a clause: its text and times came with its first sound.
    let timeline: ClauseTimeline?
    /// Of a speech that is this clause alone, where this is its first sound.
    var speechSamples: Int?
}

/// How a clause is to be spoken.
struct ClauseRequest: Sendable {
    let clause: Clause
    let speed: Double
    let seed: UInt64
    /// Nothing of the speech comes after it.
    let isLast: Bool
    /// Takes its first sound as soon as that is there: somebody waits for it.
    var opening: (@Sendable (MadeClause) -> Void)?
}

/// Turns clauses into audio on a thread of its own; two of them work side by side.
actor ClauseSynthesizer {
    private let thread: ThreadExecutor
    private let scratch = VocoderScratch()

    init(thread: ThreadExecutor) { self.thread = thread }

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - stop: raised when nobody waits for the clause any more.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.runtimeRefused`, `.modelDamaged`.
    func make(
        _ request: ClauseRequest, _ model: any TTSModel, work: WorkContext, stop: Cancellation
    ) throws(EngineError) -> MadeClause {
        try thread.ready()
        try work.check()
        if stop.isRaised { throw .cancelled }
        let speed = min(max(request.speed, model.speeds.lowerBound), model.speeds.upperBound)
        let clause = request.clause
        let opening = opening(of: request, sampleRateHz: model.sampleRateHz)
        let audio = try model.audio(
            clause, speed: speed, seed: request.seed, scratch: scratch, until: work,
            opening: opening)
        let trim = ClauseTrim(request, audio.timing, sampleRateHz: model.sampleRateHz)
        if audio.offset > 0 {
            let rest = trim.rest(
                of: audio.samples, after: audio.offset, decibels: clause.decibels)
            return MadeClause(text: "", samples: rest, timeline: nil)
        }
        var timeline = ClauseTimeline(clause, audio.timing, trim)
        var samples = trim.applied(
            to: audio.samples, decibels: clause.decibels, gains: timeline.gains(clause))
        Bleep.apply(
            timeline.bleeps(clause), to: &samples, sampleRateHz: model.sampleRateHz)
        if clause.leadSeconds > 0 {
            let silence = Int(bounded: clause.leadSeconds * Double(model.sampleRateHz))
            samples.insert(contentsOf: repeatElement(0, count: silence), at: 0)
            timeline.delay(Double(silence) / Double(model.sampleRateHz))
        }
        return MadeClause(text: clause.text, samples: samples, timeline: timeline)
    }

    /// Lets a clause's first sound go ahead where somebody waits for it, and nothing in it is done
    /// to the whole clip.
    private func opening(of request: ClauseRequest, sampleRateHz: Int) -> AudioOpening {
        let clause = request.clause
        let isPlain = clause.leadSeconds == 0 && clause.words.allSatisfy { $0.emphasis == nil }
        func trim(_ timing: PhonemeTiming) -> ClauseTrim {
            ClauseTrim(request, timing, sampleRateHz: sampleRateHz)
        }
        return AudioOpening(
            isWanted: { timing, samples in
                request.opening != nil && isPlain && trim(timing).isDivisible(at: samples)
            },
            take: { audio in
                let trim = trim(audio.timing)
                request.opening?(
                    MadeClause(
                        text: clause.text,
                        samples: trim.opening(of: audio.samples, decibels: clause.decibels),
                        timeline: ClauseTimeline(clause, audio.timing, trim),
                        speechSamples: request.isLast ? trim.length : nil))
            })
    }
}
