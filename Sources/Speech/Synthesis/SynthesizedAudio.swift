import EngineAPI
import Execution

/// A network from phonemes to audio, of whatever family.
protocol TTSModel: Sendable {
    var sampleRateHz: Int { get }
    /// Rates that the network speaks well at; what is beyond is stretched or pressed afterwards.
    var speeds: ClosedRange<Double> { get }
    /// Whether its pitch follows tunes and melodies.
    var bendsPitch: Bool { get }
    /// Of a network that makes one clause at a time, and those of a speech in their order; nil
    /// where clauses are made side by side.
    var turns: ComputePermits? { get }

    /// The voice for one speech: one that goes on from what it said.
    func forSpeech() -> any TTSModel

    /// - speed: within `speeds`; 1 is the voice's own. - scratch: the calling thread's work space.
    /// - Throws: `.runtimeRefused`, `.modelDamaged`, and what `work` ends with, where it lasts.
    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext
    ) throws(EngineError) -> SynthesizedAudio

    /// The same, of a voice that may have a clause's first sound before the rest.
    /// - opening: takes it; what is returned goes on from there.
    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext, opening: AudioOpening
    ) throws(EngineError) -> SynthesizedAudio
}

/// Who wants to hear a clause's first sound while the rest is made.
struct AudioOpening {
    /// Whether so many samples may be cut off a clause of such times.
    let isWanted: (PhonemeTiming, Int) -> Bool
    let take: (SynthesizedAudio) -> Void
}

extension TTSModel {
    var bendsPitch: Bool { false }
    var turns: ComputePermits? { nil }
    func forSpeech() -> any TTSModel { self }

    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext, opening: AudioOpening
    ) throws(EngineError) -> SynthesizedAudio {
        try audio(clause, speed: speed, seed: seed, scratch: scratch, until: work)
    }
}

/// Work space of one thread that makes audio.
final class VocoderScratch {
    private(set) lazy var vocoder = Vocoder()
}

/// What a network makes of a clause, or of a part of it.
struct SynthesizedAudio: Sendable {
    var samples: [Float]
    var timing: PhonemeTiming
    /// Samples of the clause that came before these.
    var offset = 0
}

/// How long a network's audio dwells on each of its symbols, in seconds.
struct PhonemeTiming: Sendable, Equatable {
    /// Indexes, in the clause's phonemes, of those that the network knows.
    var symbols: [Int]
    /// Of the symbols, with a pad at both ends.
    var durations: [Double]
    /// The same at the voice's own speed: a network's shortest duration keeps it from being as
    /// quick as it is asked to be.
    var natural: [Double]
    /// The audio comes this much earlier than the durations tell.
    var leadSeconds: Double
    /// Which sound is where is guessed from letters: whoever shows a mouth had better listen.
    var isGuess = false
}
