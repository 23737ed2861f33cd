/// Turns speech into text. The actor behind it loads its models on first use.
package protocol Transcribing: Sendable {
    /// Loads what transcription needs; costs nothing when it is loaded.
    func prepare() async throws(EngineError) -> EngineReport

    /// Reports pieces to `work` as they are heard.
    /// Nothing heard is a transcript without segments.
    /// - onSegments: called with the segments, in order, as soon as it is known; nil where nobody
    ///   waits for the first words.
    /// - Throws: what `audio` throws, `.modelMissing`, `.languageUnknown`, `.cancelled`,
    ///   `.deadlinePassed`, `.backendFailed`.
    func transcribe(
        _ audio: any AudioSource, _ request: TranscriptionRequest, work: WorkContext,
        onSegments: SegmentHandler?
    ) async throws(EngineError) -> Transcript
}

/// Takes segments as they are heard.
package typealias SegmentHandler =
    @Sendable ([TranscriptSegment]) async throws(EngineError) -> Void

extension Transcribing {
    /// Transcribes a clip that is in memory.
    package func transcribe(
        _ clip: AudioClip, _ request: TranscriptionRequest, work: WorkContext
    ) async throws(EngineError) -> Transcript {
        try await transcribe(BufferedAudioSource(clip), request, work: work, onSegments: nil)
    }
}

/// How a clip is to be heard.
package struct TranscriptionRequest: Sendable, Equatable {
    /// ISO 639-1; nil detects it once.
    package var language: String?
    /// Translate into English instead of transcribing.
    package var isTranslation: Bool
    package var prompt: String
    /// Sampling temperature, 0…1.
    package var temperature: Double
    /// A ggml file of the models folder by its manifest name; nil picks by language.
    package var model: String?
    /// Detect speech first, so that silence and noise give an empty text.
    package var detectsSpeech: Bool
    /// Align each word with the audio. Without it a word's time is its share of the speech.
    package var alignsWords: Bool

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

/// What was heard.
package struct Transcript: Sendable, Equatable {
    package var segments: [TranscriptSegment]
    /// ISO 639-1 code of the language that was told or detected.
    package var language: String
    /// Length of the clip.
    package var seconds: Double
    /// The model that did it, by its manifest name.
    package var model: String

    package init(segments: [TranscriptSegment], language: String, seconds: Double, model: String) {
        self.segments = segments
        self.language = language
        self.seconds = seconds
        self.model = model
    }

    /// The whole text, segments joined by one space.
    package var text: String { segments.map(\.text).joined(separator: " ") }
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
