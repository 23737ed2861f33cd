import EngineAPI

/// Fields of the routes that transcribe.
enum TranscriptionFields {
    static let file = Field.file(
        "file",
        "The audio: \(Problem.audioForms); any rate, any channels. Also audio.",
        isRequired: true, aliases: ["audio"])

    /// A code of Whisper's; nil where the audio tells.
    static let language: Field<String?> = {
        var facts = APIField(
            "language", .text,
            "A code, locale or English name, as in de, de-AT or German; auto finds it out.",
            fallback: "auto", pattern: SpokenLanguage.pattern)
        facts.whenEmpty = .absent
        return Field(facts, default: nil) { text, facts throws(Problem) in
            try SpokenLanguage.code(
                text, of: facts, limit: "auto, en, de, en-US, English, …")
        }
    }()

    static let prompt = Field.text(
        "prompt",
        "Words that help with names and spelling; of a long one the last 224 tokens count."
    )

    static let temperature = Field.number(
        "temperature", 0...1, default: 0, "Sampling temperature.")

    static let format = Field.choice(
        "response_format", default: TranscriptFormat.json, "Form of the response.")

    static let granularities = Field.list(
        "timestamp_granularities[]", ["segment", "word"], default: ["segment"],
        "What verbose_json lists.")

    static let stream = Field.flag(
        "stream", default: false,
        "Server-sent events: transcript.text.delta for each segment, then transcript.text.done."
    )
    .withoutOption

    static let task = Field.choice(
        "task", default: TranscriptionTask.transcribe, "translate gives English.")

    /// whisper.cpp's way to say it.
    static let translate = Field.flag("translate", default: false, "Translate into English.")

    /// A model of the models folder; nil is the server's choice.
    static let model = Field.name(
        "model",
        "auto is tiny.en where language=en is said and base for all else; or a model by name.",
        fallback: "auto")

    /// The same, on routes of OpenAI's.
    static let openAIModel = model.described(
        OpenAIModels.transcription.joined(separator: ", ") + " mean our default; or base, tiny.en.",
        fallback: "whisper-1")

    static let vad = Field.flag(
        "vad", default: true, "Find speech first: silence and noise give an empty text.")

    /// 0 is the server's choice.
    static let track = Field.whole(
        "track", 0...AudioChoice.tracksMax, default: 0,
        "Which track of audio is heard, from 1; 0 is the first that has sound.")

    /// 0 is all of them.
    static let channel = Field.whole(
        "channel", 0...AudioChoice.channelsMax, default: 0,
        "Which channel of the track is heard, from 1; 0 is all together.")

    /// nil is the script's own.
    static let lineLength = Field<Int?>.whole(
        "max_line_length", CaptionLimits.lineLengths,
        "Characters of a caption's line; without it 42, and 16 of Chinese, Japanese or Korean.")

    static let linesMax = Field.whole(
        "max_lines", CaptionLimits.lines, default: 2, "Lines of a caption.")

    /// By any convention.
    private static let common = [
        file.facts, language.facts, prompt.facts, temperature.facts, format.facts,
        granularities.facts, stream.facts, vad.facts, track.facts, channel.facts,
        lineLength.facts, linesMax.facts,
    ]

    static let native = common + [task.facts, model.facts]
    static let openAI = [openAIModel.facts] + common + [task.facts]
    static let openAITranslation = [openAIModel.facts] + common
    static let whisperCpp = common + [translate.facts, model.facts]
}

extension CaptionLimits {
    /// What a request's fields ask for.
    init(_ fields: RequestFields) throws(Problem) {
        lineLength = try fields[TranscriptionFields.lineLength]
        linesMax = try fields[TranscriptionFields.linesMax]
    }
}

extension AudioChoice {
    /// What a request's fields ask for.
    init(_ fields: RequestFields) throws(Problem) {
        let track = try fields[TranscriptionFields.track]
        let channel = try fields[TranscriptionFields.channel]
        self.init(track: track > 0 ? track : nil, channel: channel > 0 ? channel : nil)
    }
}

/// What becomes of the words.
enum TranscriptionTask: String, CaseIterable { case transcribe, translate }

extension TranscriptionRequest {
    /// What a request's fields ask for.
    /// - translates: nil where the fields say it.
    init(
        _ fields: RequestFields, _ dialect: APIFlavor, translates: Bool?
    ) throws(Problem) {
        self.init()
        language = try fields[TranscriptionFields.language]
        isTranslation =
            if let translates {
                translates
            } else if dialect == .whisperCpp {
                try fields[TranscriptionFields.translate]
            } else {
                try fields[TranscriptionFields.task] == .translate
            }
        prompt = promptEnd(try fields[TranscriptionFields.prompt] ?? "")
        temperature = try fields[TranscriptionFields.temperature]
        if let named = try fields[TranscriptionFields.model],
            dialect != .openAI || !OpenAIModels.transcription.contains(named)
        {
            model = named
        }
        detectsSpeech = try fields[TranscriptionFields.vad]
    }
}

/// A model reads 224 tokens at most, and keeps the last of them, as OpenAI's does. No language
/// writes more than 18 characters a token for so long: what is before is let go here, from a
/// whole word on.
private func promptEnd(_ prompt: String) -> String {
    let scalarsMax = 4_096
    let scalars = prompt.unicodeScalars
    guard scalars.count > scalarsMax else { return prompt }
    let end = scalars.suffix(scalarsMax)
    let words = end.drop { !$0.properties.isWhitespace }
    return String(String.UnicodeScalarView(words.isEmpty ? end : words))
}
