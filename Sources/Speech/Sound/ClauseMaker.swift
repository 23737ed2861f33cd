import EngineAPI
import Execution

/// A clause as sound, its times counted from the start of its own clip.
struct MadeClause: Sendable {
    let text: String
    var samples: [Float]
    let timeline: ClauseTimeline
}

/// How a clause is to be spoken.
struct ClauseOrder: Sendable {
    let clause: Clause
    let speed: Double
    let seed: UInt64
    /// Nothing of the speech comes after it.
    let isLast: Bool
}

/// Turns clauses into sound on a thread of its own; two of them work side by side.
actor ClauseMaker {
    private let thread: EngineThread
    private let bench = Workbench()

    init(thread: EngineThread) { self.thread = thread }

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - stop: raised when nobody waits for the clause any more.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.runtimeRefused`, `.modelDamaged`.
    func make(
        _ order: ClauseOrder, _ net: any SoundNet, work: Work, stop: Cancellation
    ) throws(EngineError) -> MadeClause {
        try thread.ready()
        try work.check()
        if stop.isRaised { throw .cancelled }
        let speed = min(max(order.speed, net.speeds.lowerBound), net.speeds.upperBound)
        let sound = try net.sound(order.clause, speed: speed, seed: order.seed, bench: bench)
        let trim = ClauseTrim(order, sound.timing, sampleRateHz: net.sampleRateHz)
        var timeline = ClauseTimeline(order.clause, sound.timing, trim)
        var samples = trim.applied(
            to: sound.samples, decibels: order.clause.decibels,
            gains: timeline.gains(order.clause))
        Bleep.apply(
            timeline.bleeps(order.clause), to: &samples, sampleRateHz: net.sampleRateHz)
        if order.clause.leadSeconds > 0 {
            let silence = Int(bounded: order.clause.leadSeconds * Double(net.sampleRateHz))
            samples.insert(contentsOf: repeatElement(0, count: silence), at: 0)
            timeline.delay(Double(silence) / Double(net.sampleRateHz))
        }
        return MadeClause(text: order.clause.text, samples: samples, timeline: timeline)
    }
}
