import EngineAPI
import Execution

/// A voice of Bark: says sentence after sentence, each with what was said before in mind.
struct BarkVoice: TTSModel {
    private let networks: BarkNetworks
    /// The voice as it lies in the models folder.
    private let prompt: BarkHistory
    private let speech: Speech

    /// What a speech has said so far.
    private final class Speech: Sendable {
        let history: Mutex<BarkHistory>
        init(_ prompt: BarkHistory) { history = Mutex(prompt) }
    }

    var sampleRateHz: Int { networks.settings.sample_rate }
    /// Its pace is its own: another is pressed or stretched afterwards.
    let speeds = 1.0...1.0
    var turns: ComputePermits? { networks.turns }

    /// Tries at a sentence of which nothing is said; the next has other noise.
    private static let triesMax = 3

    init(_ networks: BarkNetworks, prompt: BarkHistory) {
        self.networks = networks
        self.prompt = prompt
        speech = Speech(prompt)
    }

    func forSpeech() -> any TTSModel { BarkVoice(networks, prompt: prompt) }

    /// - Throws: `.nothingToSpeak` where the model ends before it says anything.
    func audio(
        _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
        until work: WorkContext
    ) throws(EngineError) -> SynthesizedAudio {
        let bytes = networks.clauseBytes
        try work.memory.charge(bytes)
        defer { work.memory.release(bytes) }
        let stages = try networks.opened(work)
        let history = speech.history.withLock { $0 }
        let made = try BarkSentence(stages, behind: history, seed: seed, until: work)
            .said(networks.tokenizer.ids(clause.text), triesMax: Self.triesMax)
        speech.history.withLock { $0.append(made.semantic, made.codes, networks.settings) }
        let symbols = Array(clause.phonemes.indices)
        var timing = EstimatedTiming.timing(
            clause.phonemes, symbols, made.samples, sampleRateHz: sampleRateHz, speed: speed)
        // It may say more or less than is written, and in any language.
        timing.isGuess = true
        return SynthesizedAudio(samples: made.samples, timing: timing)
    }
}

/// One sentence through all stages.
struct BarkSentence {
    /// What was said.
    struct Said: Sendable, Equatable {
        let semantic: [Int]
        /// A row for each codebook.
        let codes: [[Int]]
        let samples: [Float]
    }

    private let stages: BarkNetworks.Stages
    private let history: BarkHistory
    private let seed: UInt64
    private let work: WorkContext

    init(
        _ stages: BarkNetworks.Stages, behind history: BarkHistory, seed: UInt64,
        until work: WorkContext
    ) {
        self.stages = stages
        self.history = history
        self.seed = seed
        self.work = work
    }

    /// - pieces: ids of the vocabulary.
    /// - Throws: `.nothingToSpeak` where nothing is said, however often it is tried;
    ///   `.cancelled`, `.deadlinePassed`, `.deadlineTooShort`, `.modelDamaged`, `.runtimeRefused`.
    func said(_ pieces: [Int], triesMax: Int = 1) throws(EngineError) -> Said {
        guard !pieces.isEmpty else { throw .nothingToSpeak }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<triesMax {
            let tokens = try stages.semantic.tokens(
                pieces, behind: history, &generator, until: work)
            let coarse = try stages.coarse.codes(
                tokens, behind: history, &generator, until: work)
            // Less than a frame of sound.
            if coarse[0].isEmpty { continue }
            let codes = try stages.fine.codes(coarse, behind: history, &generator, until: work)
            return Said(
                semantic: tokens, codes: codes,
                samples: try stages.codec.samples(codes, until: work))
        }
        throw .nothingToSpeak
    }
}
