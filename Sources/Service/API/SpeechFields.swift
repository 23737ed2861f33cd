import EngineAPI

/// Fields of the routes that speak.
enum SpeechFields {
    static let text = Field.text(
        "text",
        "What is said; also called input. [word](/IPA/) says a word in its own way. One that "
            + "begins with <speak> is SSML: break, say-as, sub, phoneme (ipa, x-sampa, "
            + "arpabet), prosody, emphasis, w, voice, lang, p and s; other "
            + "elements are passed over, which a Warning tells, and nothing is fetched.",
        isRequired: true, isQuoted: true, lengths: 1...Int.max, aliases: ["input"],
        whenEmpty: .value
    )
    .withoutOption

    /// The same by OpenAI's name.
    static let input = Field.text(
        "input", "What is said.", isRequired: true, isQuoted: true, lengths: 1...Int.max,
        aliases: ["text"], whenEmpty: .value)

    static let voice = Field.identifier(
        "voice",
        "An id of /voices, or several of one network: af_bella(2)+af_sky. OpenAI's stock "
            + "names mean the default voice, a man's a male voice where one is here.",
        whenEmpty: .wrongInJSON)

    /// OpenAI's words on how to speak.
    static let instructions = Field.text(
        "instructions",
        "Taken and without effect, which a Warning tells: speed, pitch and SSML say how to speak.",
        isQuoted: true)

    /// A tag; English names and three letters are understood as they are of audio.
    static let language: Field<String?> = {
        var facts = APIField(
            "language", .text,
            "Without voice: a voice that speaks it, as in de, en-GB or German.",
            pattern: SpokenLanguage.pattern)
        facts.isQuoted = true
        facts.whenEmpty = .absent
        return Field(facts, default: nil) { text, facts throws(Problem) in
            let code = try SpokenLanguage.code(
                text, of: facts, limit: "a code, a locale or an English name")
            // "en-GB" says more than its code.
            return LanguageTag.primary(text) == code ? text : code
        }
    }()

    static let lexicon = Field(
        APIField(
            "lexicon", .lexicon,
            "Words with pronunciations of their own: /IPA/, IPA, or another spelling; at most "
                + "\(RequestLexicon.entriesMax). A word in small letters is meant in any case, one "
                + "with a capital as it is written."), default: [:]
    ) { text, _ throws(Problem) in try RequestLexicon.entries(text) }

    static let speed = Field.number("speed", 0.25...4, default: 1, "Rate of speech.")

    /// Semitones. Words, not a number: "low" and "+10%" are values too.
    static let pitch: Field<Double> = {
        var facts = APIField(
            "pitch", .text,
            "Change of pitch: semitones from -12 to 12, or as SSML writes it: +2st, -10%, +20Hz, "
                + "180Hz, x-low to x-high. Brought voices keep their own, and a Warning tells so.",
            fallback: "0",
            pattern: #"^(x-low|low|medium|high|x-high|[+-]?([0-9]|1[01])(\.[0-9]{1,4})?(st)?|"#
                + #"[+-][1-4][0-9]?%|[+-][1-9][0-9]?Hz|[12][0-9][0-9]Hz)$"#)
        facts.numbers = -PitchScale.semitonesMax...PitchScale.semitonesMax
        return Field(facts, default: 0) { text, facts throws(Problem) in
            let semitones = Double(text) ?? PitchScale.semitones(text)
            guard let semitones, abs(semitones) <= PitchScale.semitonesMax else {
                throw Problem(
                    facts,
                    "The field must be a change of pitch: semitones, or as in +2st, -10%, 180Hz, "
                        + "low.", limit: "-12 to 12 semitones", got: text)
            }
            return semitones
        }
    }()

    static let format = Field.choice(
        "response_format", default: AudioFormat.wav,
        "Format of the audio; pcm is 16 bit, little-endian, mono, at the voice's rate.")

    static let openAIFormat = Field.choice(
        "response_format", default: AudioFormat.mp3, "Format of the audio.")

    static let streamFormat = Field.choice(
        "stream_format", default: SpeechStreamFormat.audio,
        "sse: events speech.audio.delta with base64, then speech.audio.done; /speak tells each "
            + "word before its audio: speech.word with text, start and end."
    )
    .withoutOption

    static let timestamps = Field.flag(
        "timestamps", default: false,
        "JSON: the audio in base64, and words, phonemes and visemes with their seconds."
    )
    .withoutOption

    static let phonemes = Field.flag(
        "phonemes", default: false, "The text is phonemes already.")

    static let seed = Field.whole(
        "seed", 0...RequestFields.wholeMax, default: 0, "The same seed, the same audio.")

    static let openAIModel = Field.name(
        "model", OpenAIModels.speech.joined(separator: ", ") + ", or a voice's id.",
        fallback: "tts-1")

    /// Who speaks in which way, on every route that speaks.
    static let manner = [
        language.facts, lexicon.facts, pitch.facts, phonemes.facts,
    ]

    static let native =
        [text.facts, voice.facts, format.facts, speed.facts] + manner + [
            streamFormat.facts, timestamps.facts, seed.facts,
        ]

    static let openAI =
        [
            input.facts, openAIModel.facts,
            voice.described(
                "Stock names (alloy, nova, …) mean the default voice; or an id, also as {\"id\": …}.",
                fallback: "alloy"
            ).facts,
            openAIFormat.facts, speed.facts, instructions.facts,
        ] + manner + [streamFormat.facts, timestamps.facts, seed.facts]
}

/// How audio is delivered.
enum SpeechStreamFormat: String, CaseIterable { case audio, sse }
