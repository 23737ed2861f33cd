/// Makes speech from text. The actor behind it loads its networks on first use.
package protocol Speaking: Sendable {
    /// Loads what speaking needs; costs nothing when it is loaded.
    func prepare() async throws(EngineError) -> EngineReport

    /// Every voice the engine knows of, the default first. Loads nothing.
    func voices() -> [VoiceDescription]

    /// Begins a speech: of the request's text, or of text that is still being written. The first
    /// clause of a text that is there is made from now on.
    /// - Throws: `.scriptUnsupported`, `.markupBroken`, `.voiceUnknown`, `.cancelled`,
    ///   `.deadlinePassed`.
    func open(
        _ request: SpeechRequest, work: WorkContext
    ) async throws(EngineError) -> any SpeechSession
}

/// One speech under way: text goes in as it is written, clauses come out as they are made, the next
/// one being made meanwhile. The result does not depend on how the text was cut. One task adds and
/// one reads; a session that is let go stops its work.
package protocol SpeechSession: AnyObject, Sendable {
    /// Adds text, where the request says that it arrives in pieces; waits while much is unread.
    /// - Throws: what ended the session.
    func add(_ text: String) async throws(EngineError)

    /// What is there is said now, as if a sentence had ended.
    func flush() async throws(EngineError)

    /// No more text comes: the rest is said, or `failure` ends the speech.
    func finish(throwing failure: EngineError?)

    /// The next clause, in the order of the text; nil after the last.
    /// - Throws: `.nothingToSpeak`, `.scriptUnsupported`, `.cancelled`, `.deadlinePassed`, and what
    ///   `finish` was given.
    func next() async throws(EngineError) -> SpokenClause?
}

extension Speaking {
    /// Speaks the request's text clause by clause; `deliver` is called in the order of the text.
    /// - Throws: as `SpeechSession.next`, and whatever `deliver` throws.
    package func speak(
        _ request: SpeechRequest, work: WorkContext,
        deliver: @escaping @Sendable (SpokenClause) async throws(EngineError) -> Void
    ) async throws(EngineError) {
        let session = try await open(request, work: work)
        session.finish(throwing: nil)
        while let clause = try await session.next() { try await deliver(clause) }
    }
}

/// What is to be said, and how.
package struct SpeechRequest: Sendable, Equatable {
    package var text: String
    /// An id of `voices()`; nil is the default voice.
    package var voice: String?
    /// Rate of speech, 0.25–4; 1 is the voice's own.
    package var speed: Double
    /// Change of the voice's pitch in semitones, −12…12.
    package var pitch = 0.0
    /// The text is phonemes already, in the voice's own alphabet.
    package var isPhonemes: Bool
    /// Seeds the noise; the same order gives the same samples.
    package var seed: UInt64
    /// Words with pronunciations of their own: "/ipa/", IPA, or another spelling.
    package var lexicon: [String: String]
    /// The text is plain, and comes by `SpeechSession.add`: `text` is not looked at.
    package var arrivesInPieces = false
    /// What of the request was settled otherwise than it asks for.
    package var notes: [SpeechNote] = []

    package init(
        text: String, voice: String? = nil, speed: Double = 1, isPhonemes: Bool = false,
        seed: UInt64 = 0, lexicon: [String: String] = [:]
    ) {
        self.lexicon = lexicon
        self.text = text
        self.voice = voice
        self.speed = speed
        self.isPhonemes = isPhonemes
        self.seed = seed
    }
}

/// One clause as audio, with the times of what is said in it. The first sound of a speech's first
/// clause may come by itself, with the text and times of all of it, and then the rest as audio.
/// Times are seconds from the start of the whole speech.
package struct SpokenClause: Sendable, Equatable {
    package let text: String
    package let clip: AudioClip
    package let startSeconds: Double
    package let words: [TimedText]
    package let phonemes: [TimedText]
    package let visemes: [TimedViseme]
    /// The visemes are guessed from letters: to listen to the clip shows a truer mouth.
    package let isGuess: Bool
    /// Nothing comes after it; false where that is not known yet.
    package let isLast: Bool
    /// The rest of the clause before, whose text and times came already.
    package let isContinuation: Bool
    /// Samples of the whole speech; nil where that is not known yet.
    package let speechSamples: Int?

    package init(
        text: String, clip: AudioClip, startSeconds: Double, words: [TimedText],
        phonemes: [TimedText], visemes: [TimedViseme], isGuess: Bool = false, isLast: Bool = false,
        isContinuation: Bool = false, speechSamples: Int? = nil
    ) {
        self.speechSamples = speechSamples
        self.isGuess = isGuess
        self.isLast = isLast
        self.isContinuation = isContinuation
        self.text = text
        self.clip = clip
        self.startSeconds = startSeconds
        self.words = words
        self.phonemes = phonemes
        self.visemes = visemes
    }
}

/// A word or phoneme with its time in seconds.
package struct TimedText: Sendable, Equatable {
    package let text: String
    package let startSeconds: Double
    package let endSeconds: Double

    package init(text: String, startSeconds: Double, endSeconds: Double) {
        self.text = text
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
    }
}

/// A voice as `/voices` lists it.
package struct VoiceDescription: Sendable, Equatable {
    package let id: String
    package let language: String
    package let gender: String
    package let sampleRateHz: Int
    package let licence: String
    /// Whether its files are in the models folder.
    package let isPresent: Bool

    package init(
        id: String, language: String, gender: String, sampleRateHz: Int, licence: String,
        isPresent: Bool
    ) {
        self.id = id
        self.language = language
        self.gender = gender
        self.sampleRateHz = sampleRateHz
        self.licence = licence
        self.isPresent = isPresent
    }
}
