import EngineAPI
import Execution

/// A clause as audio, its times counted from the start of its own clip.
struct MadeClause: Sendable {
    let text: String
    var samples: [Float]
    let timeline: ClauseTimeline
}

/// How a clause is to be spoken.
struct ClauseRequest: Sendable {
    let clause: Clause
    let speed: Double
    let seed: UInt64
    /// Nothing of the speech comes after it.
    let isLast: Bool
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
        let audio = try model.audio(
            request.clause, speed: speed, seed: request.seed, scratch: scratch, until: work)
        let trim = ClauseTrim(request, audio.timing, sampleRateHz: model.sampleRateHz)
        var timeline = ClauseTimeline(request.clause, audio.timing, trim)
        var samples = trim.applied(
            to: audio.samples, decibels: request.clause.decibels,
            gains: timeline.gains(request.clause))
        Bleep.apply(
            timeline.bleeps(request.clause), to: &samples, sampleRateHz: model.sampleRateHz)
        if request.clause.leadSeconds > 0 {
            let silence = Int(bounded: request.clause.leadSeconds * Double(model.sampleRateHz))
            samples.insert(contentsOf: repeatElement(0, count: silence), at: 0)
            timeline.delay(Double(silence) / Double(model.sampleRateHz))
        }
        return MadeClause(text: request.clause.text, samples: samples, timeline: timeline)
    }
}
