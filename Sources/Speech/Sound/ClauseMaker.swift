import EngineAPI
import Execution

/// A clause as sound, its times counted from the start of its own clip.
struct MadeClause: Sendable {
    let text: String
    let samples: [Float]
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
    private var synthesizer: WaveSynthesizer?

    init(thread: EngineThread) { self.thread = thread }

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - stop: raised when nobody waits for the clause any more.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.runtimeRefused`, `.modelDamaged`.
    func make(
        _ order: ClauseOrder, _ net: AcousticNet, _ alphabet: PhonemeAlphabet, work: Work,
        stop: Cancellation
    ) throws(EngineError) -> MadeClause {
        try work.check()
        if stop.isRaised { throw .cancelled }
        let synthesizer = self.synthesizer ?? WaveSynthesizer()
        self.synthesizer = synthesizer
        var (ids, symbols): ([Int64], [Int]) = ([0], [])
        for (index, phoneme) in order.clause.phonemes.enumerated() {
            guard let id = alphabet.id(phoneme) else { continue }
            ids.append(id)
            symbols.append(index)
        }
        ids.append(0)
        let (whole, durations) = try net.withFrames(ids, speed: Float(order.speed)) { frames in
            (
                synthesizer.samples(frames, noise: LaneNoise(seed: order.seed)),
                Array(frames.durations)
            )
        }
        let trim = ClauseTrim(order, symbols: symbols, durations: durations)
        var timeline = ClauseTimeline(
            order.clause, symbols: symbols, durations: durations,
            cut: Double(trim.start) / Double(WaveSynthesizer.sampleRateHz),
            length: Double(trim.length) / Double(WaveSynthesizer.sampleRateHz))
        var samples = trim.applied(to: whole, gains: timeline.gains(order.clause))
        if order.clause.leadSeconds > 0 {
            let silence = Int(order.clause.leadSeconds * Double(WaveSynthesizer.sampleRateHz))
            samples.insert(contentsOf: repeatElement(0, count: silence), at: 0)
            timeline.delay(Double(silence) / Double(WaveSynthesizer.sampleRateHz))
        }
        return MadeClause(text: order.clause.text, samples: samples, timeline: timeline)
    }
}
