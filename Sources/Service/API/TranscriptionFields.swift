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

    /// Several are one list.
    static let prompt = Field.listedText(
        "prompt",
        "Words that help with names and spelling; of a long one the last 224 tokens count.")

    static let keywords = Field.texts(
        "keywords[]", countMax: 48, lengthMax: 100,
        "Names and words that may be said, so that they are spelt so.")

    private static let languageTexts = Field<[String]>.texts(
        "languages[]", countMax: 16, lengthMax: 64, pattern: SpokenLanguage.pattern,
        "Languages that may be spoken: no other is found out. Written as in language.")

    /// Codes of Whisper's.
    static let languages = Field(languageTexts.facts) { fields, facts throws(Problem) in
        try languageTexts.read(fields, facts).map { text throws(Problem) in
            try SpokenLanguage.code(text, of: facts, limit: "en, de, en-US, English, …")
        }.compactMap(\.self)
    }

    /// What Chinese is written in, as the locales of `language` and of `languages[]` have it.
    static let characters = Field(language.facts, default: .simplified) { text, _ in
        SpokenLanguage.characters([text])
    }
    static let charactersOfSeveral = Field(languageTexts.facts) { fields, facts throws(Problem) in
        SpokenLanguage.characters(try languageTexts.read(fields, facts))
    }

    static let include = Field.list(
        "include[]", ["logprobs"], "What json and events hold besides: each token's logprob.")

    static let chunking = ChunkingStrategy.field

    static let temperature = Field.number(
        "temperature", 0...1, default: 0, "Sampling temperature.")

    static let format = Field.choice(
        "response_format", default: TranscriptFormat.json, "Form of the response.")

    static let granularities = Field.list(
        "timestamp_granularities[]", ["segment", "word"], default: ["segment"],
        "What verbose_json lists; word has an effect with json too.")

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
        granularities.facts, stream.facts, vad.facts, chunking.facts, languages.facts,
        keywords.facts, include.facts, track.facts, channel.facts, channels.facts,
        diarize.facts, speakers.facts, speakersMax.facts, speakerNames.facts,
        speakerReferences.facts, lineLength.facts, linesMax.facts,
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

/// What becomes of a recording's channels.
enum ChannelUse: String, CaseIterable { case mix, split }

/// What becomes of the words.
enum TranscriptionTask: String, CaseIterable { case transcribe, translate }
