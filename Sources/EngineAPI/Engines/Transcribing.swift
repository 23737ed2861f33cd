/// Turns speech into text. The actor behind it loads its models on first use.
package protocol Transcribing: Sendable {
    /// Loads what transcription needs; costs nothing when it is loaded.
    func prepare() async throws(EngineError) -> EngineReport

    /// Names of the models that are here, in order. Looks at files and loads nothing.
    func modelNames() -> [String]

    /// Whether what tells voices apart is here. Looks at files and loads nothing.
    func tellsVoices() -> Bool

    /// Begins to transcribe one recording or one stream.
    /// - Throws: `.modelMissing`, `.languageUnknown`, `.cancelled`, `.deadlinePassed`.
    func open(
        _ request: TranscriptionRequest, work: WorkContext
    ) async throws(EngineError) -> any TranscriptionSession

    /// Opens a detector of speech for one stream of sound.
    /// - Throws: `.modelMissing`, `.backendFailed`, `.cancelled`, `.deadlinePassed`.
    func openDetector(work: WorkContext) async throws(EngineError) -> any SpeechDetecting

    /// Tells ends of turns by how they sound; nil where the net for it is not here.
    /// - Throws: `.modelDamaged`, `.runtimeRefused`, `.backendFailed`.
    func endOfTurnDetector() async throws(EngineError) -> (any EndOfTurnDetecting)?
}

/// One transcription under way: samples go in as they come, text comes out as it is known. The
/// result does not depend on how the samples were cut. One task adds and one reads; a session that
/// is let go stops its work.
package protocol TranscriptionSession: AnyObject, Sendable {
    /// Adds samples, mono at 16 000 Hz, any number at a time; waits while much is unread.
    /// - Throws: what ended the session.
    func add(_ samples: [Float]) async throws(EngineError)

    /// No more samples come: the rest is transcribed, or `failure` ends the session.
    func finish(throwing failure: EngineError?)

    /// What is known next; nil after `.finished`.
    /// - Throws: `.backendFailed`, `.modelMissing`, `.languageUnknown`, `.cancelled`,
    ///   `.deadlinePassed`, and what `finish` was given.
    func next() async throws(EngineError) -> TranscriptionEvent?
}

/// What a transcription tells while it runs.
package enum TranscriptionEvent: Sendable, Equatable {
    /// Somebody began to speak, seconds from the start.
    case speechStarted(seconds: Double)
    /// Nobody has spoken for half a second, since then.
    case speechStopped(seconds: Double)
    /// Segments that will not change, in order.
    case segments([TranscriptSegment])
    /// All of it; nothing comes after it.
    case finished(Transcript)
}

/// Takes segments as they are known.
package typealias SegmentHandler =
    @Sendable ([TranscriptSegment]) async throws(EngineError) -> Void

extension Transcribing {
    /// Transcribes audio as it is read, from its start to its end.
    /// - onSegments: called with the segments, in order, as soon as they are known; nil where
    ///   nobody waits for the first words.
    /// - Throws: what `audio` throws, and as `TranscriptionSession.next`.
    package func transcribe(
        _ audio: any AudioSource, _ request: TranscriptionRequest, work: WorkContext,
        onSegments: SegmentHandler? = nil
    ) async throws(EngineError) -> Transcript {
        var request = request
        request.deliversEarly = onSegments != nil
        let session = try await open(request, work: work)
        let block = request.deliversEarly ? earlyBlockSamples : blockSamples
        let feeding = Task { await feed(session, from: audio, block: block) }
        let result: Result<Transcript, EngineError>
        do throws(EngineError) {
            result = .success(try await collect(session, onSegments))
        } catch {
            result = .failure(error)
            session.finish(throwing: error)
        }
        // The source is not read any more when the caller lets it go.
        await feeding.value
        return try result.get()
    }

    /// Transcribes a clip that is in memory.
    package func transcribe(
        _ clip: AudioClip, _ request: TranscriptionRequest, work: WorkContext
    ) async throws(EngineError) -> Transcript {
        try await transcribe(BufferedAudioSource(clip), request, work: work)
    }
}

/// Ten seconds: what one message of a decoder process holds.
private let blockSamples = 160_000
/// Half a second, where somebody waits for the first words.
private let earlyBlockSamples = 8_000

private func feed(
    _ session: any TranscriptionSession, from audio: any AudioSource, block: Int
) async {
    var isOver = false
    await pump(
        from: { () async throws(EngineError) -> [Float]? in
            guard !isOver else { return nil }
            let samples = try await audio.read(block)
            isOver = samples.count < block
            return samples
        },
        into: { (samples) async throws(EngineError) in
            if !samples.isEmpty { try await session.add(samples) }
        }, end: session.finish(throwing:))
}

private func collect(
    _ session: any TranscriptionSession, _ onSegments: SegmentHandler?
) async throws(EngineError) -> Transcript {
    var transcript: Transcript?
    while let event = try await session.next() {
        switch event {
        case .segments(let segments): try await onSegments?(segments)
        case .finished(let whole): transcript = whole
        case .speechStarted, .speechStopped: break
        }
    }
    guard let transcript else { throw .cancelled }
    return transcript
}

/// How audio is to be transcribed.
package struct TranscriptionRequest: Sendable, Equatable {
    /// ISO 639-1; nil detects it once.
    package var language: String?
    /// Translate into English instead of transcribing.
    package var isTranslation: Bool
    /// Languages that may be spoken, where none is named: others are not detected. Empty is any.
    package var languages: [String] = []
    /// What Chinese is written in.
    package var characters = ChineseCharacters.simplified
    package var prompt: String
    /// Sampling temperature, 0…1.
    package var temperature: Double
    /// A ggml file of the models folder by its manifest name; nil picks by language.
    package var model: String?
    /// Detect speech first, so that silence and noise give an empty text.
    package var detectsSpeech: Bool
    /// How speech is told from silence.
    package var detection = SpeechDetection()
    /// Align each word with the audio. Without it a word's time is its share of the speech.
    package var alignsWords: Bool
    /// Somebody waits for the first words: audio is cut at the first good pause, where it would
    /// otherwise be cut at the best ones of half a minute.
    package var deliversEarly = false
    /// A doubtful reading is made again, with more time for it. Off where more audio will be read
    /// soon anyway.
    package var retries = true
    /// What has an unsure word is read again, in a tenth of a second or two, however sure the rest
    /// is. Off where somebody waits for an answer to the words.
    package var readsUnsureWordsAgain = true
    /// How those who speak are told apart; nil where nobody asks. Segments then come at the end
    /// only: who speaks is known when all are heard.
    package var speakers: SpeakerChoice?

    package init(
        language: String? = nil, isTranslation: Bool = false, prompt: String = "",
        temperature: Double = 0, model: String? = nil, detectsSpeech: Bool = true,
        alignsWords: Bool = false
    ) {
        self.language = language
        self.isTranslation = isTranslation
        self.prompt = prompt
        self.temperature = temperature
        self.model = model
        self.detectsSpeech = detectsSpeech
        self.alignsWords = alignsWords
    }
}

/// Chinese as it is written in China and Singapore, or as in Taiwan, Hong Kong and Macau.
package enum ChineseCharacters: Sendable {
    case simplified, traditional
}

/// How speech is told from silence, as Silero's own utility does unless told otherwise.
package struct SpeechDetection: Sendable, Equatable {
    /// How likely speech is where it begins, 0…1; it ends .15 below.
    package var threshold: Float = 0.5
    /// Silence that ends speech.
    package var silenceMilliseconds = 128
    /// What is heard before speech, so that no soft consonant is lost.
    package var paddingMilliseconds = 200

    package init() {}
}

/// The text of a recording.
package struct Transcript: Sendable, Equatable {
    package var segments: [TranscriptSegment]
    /// ISO 639-1 code of the language that was told or detected.
    package var language: String
    /// Length of the clip.
    package var seconds: Double
    /// The model that did it, by its manifest name.
    package var model: String
    /// How likely the language is, 0…1; nil where it was told.
    package var languageProbability: Double?

    package init(
        segments: [TranscriptSegment], language: String, seconds: Double, model: String,
        languageProbability: Double? = nil
    ) {
        self.languageProbability = languageProbability
        self.segments = segments
        self.language = language
        self.seconds = seconds
        self.model = model
    }

    /// The whole text, segments joined by one blank where their script has them.
    package var text: String {
        segments.reduce(into: "") { $0 += $0.joiner(before: $1.text) + $1.text }
    }
}

/// A token of the decoder's.
package struct TokenReading: Sendable, Equatable {
    /// What it stands for; may be a part of a character.
    package var bytes: [UInt8]
    /// Natural logarithm of its probability.
    package var logProbability: Double

    package init(bytes: [UInt8], logProbability: Double) {
        self.bytes = bytes
        self.logProbability = logProbability
    }
}

/// One stretch of speech. Times are seconds from the start of the clip.
package struct TranscriptSegment: Sendable, Equatable {
    package var text: String
    package var startSeconds: Double
    package var endSeconds: Double
    /// Mean natural logarithm of the tokens' probabilities.
    package var meanLogProbability: Double
    /// The model's own estimate that nobody speaks, 0…1.
    package var noSpeechProbability: Double
    package var tokens: [Int32]
    package var words: [TimedText]
    /// The language that it was read in; empty where that is the clip's.
    package var language = ""
    /// The tokens once more, with what they stand for; empty where it is not known.
    package var readings: [TokenReading] = []
    /// Who speaks; nil where nobody tells.
    package var speaker: String?

    package init(
        text: String, startSeconds: Double, endSeconds: Double, meanLogProbability: Double,
        noSpeechProbability: Double, tokens: [Int32], words: [TimedText]
    ) {
        self.text = text
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.meanLogProbability = meanLogProbability
        self.noSpeechProbability = noSpeechProbability
        self.tokens = tokens
        self.words = words
    }
}
