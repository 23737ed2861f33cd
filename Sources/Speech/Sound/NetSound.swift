import EngineAPI

/// A network from phonemes to sound, of whatever family.
protocol SoundNet: Sendable {
    var sampleRateHz: Int { get }
    /// Rates that the network speaks well at; what is beyond is stretched or pressed afterwards.
    var speeds: ClosedRange<Double> { get }
    /// Whether its pitch follows tunes and melodies.
    var bendsPitch: Bool { get }

    /// - speed: within `speeds`; 1 is the voice's own. - bench: the calling thread's work space.
    /// - Throws: `.runtimeRefused`, `.modelDamaged`.
    func sound(
        _ clause: Clause, speed: Double, seed: UInt64, bench: Workbench
    ) throws(EngineError) -> NetSound
}

extension SoundNet {
    var bendsPitch: Bool { false }
}

/// Work space of one thread that makes sound.
final class Workbench {
    private(set) lazy var synthesizer = WaveSynthesizer()
}

/// What a network makes of a clause.
struct NetSound: Sendable {
    var samples: [Float]
    var timing: NetTiming
}

/// How long a network's sound dwells on each of its symbols, in seconds.
struct NetTiming: Sendable, Equatable {
    /// Indexes, in the clause's phonemes, of those that the network knows.
    var symbols: [Int]
    /// Of the symbols, with a pad at both ends.
    var durations: [Double]
    /// The same at the voice's own speed: a network's shortest duration keeps it from being as
    /// quick as it is asked to be.
    var natural: [Double]
    /// The sound comes this much earlier than the durations tell.
    var leadSeconds: Double
}
