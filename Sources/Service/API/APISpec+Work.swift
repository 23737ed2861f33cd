extension APISpec {
    /// Fields that hearing has by any convention.
    static let hearingFields = [
        APIField(
            "file", .file,
            "The audio: wav, mp3, m4a, aac, mp4, mov, ogg, opus, flac, webm, mkv; any rate, any channels.",
            isRequired: true, lengths: 1...Int.max),
        APIField(
            "language", .text,
            "A code, locale or English name, as in de, de-AT or German; auto finds it out.",
            fallback: "auto", pattern: SpokenLanguage.pattern),
        APIField(
            "prompt", .text,
            "Words that help with names and spelling; of a long one the last 224 tokens count."),
        APIField("temperature", .number(0...1), "Sampling temperature.", fallback: 0),
        APIField(
            "response_format", .choice(TranscriptFormat.allCases.map(\.rawValue)),
            "Form of the response.", fallback: "json"),
    ]

    static let hearingStreams = [
        APIField(
            "timestamp_granularities[]", .list(["segment", "word"]),
            "What verbose_json lists.", fallback: ["segment"]),
        APIField(
            "stream", .flag,
            "Server-sent events: transcript.text.delta for each segment, then transcript.text.done.",
            fallback: false),
    ]

    /// Words, not a number: "low" and "+10%" are values too.
    static let pitchField: APIField = {
        var field = APIField(
            "pitch", .text,
            "Change of pitch: semitones from -12 to 12, or as SSML writes it: +2st, -10%, +20Hz, "
                + "180Hz, x-low to x-high. Brought voices keep their own, and a Warning tells so.",
            fallback: "0",
            pattern: #"^(x-low|low|medium|high|x-high|[+-]?([0-9]|1[01])(\.[0-9]{1,4})?(st)?|"#
                + #"[+-][1-4][0-9]?%|[+-][1-9][0-9]?Hz|[12][0-9][0-9]Hz)$"#)
        field.numbers = -12...12
        return field
    }()

    /// Who speaks what in which way, on every route that speaks.
    static let mannerFields = [
        APIField(
            "language", .text,
            "Without voice: a voice that speaks it, as in de, en-GB or German.",
            pattern: SpokenLanguage.pattern),
        APIField(
            "lexicon", .lexicon,
            "Words with pronunciations of their own: /IPA/, IPA, or another spelling; at most "
                + "\(RequestLexicon.entriesMax). A word in small letters is meant in any case, one "
                + "with a capital as it is written."),
    ]

    static let speechFields =
        mannerFields + [
            APIField("speed", .number(0.25...4), "Rate of speech.", fallback: 1),
            pitchField,
            APIField(
                "stream_format", .choice(["audio", "sse"]),
                "sse: events speech.audio.delta with base64, then speech.audio.done; /speak tells each "
                    + "word before its audio: speech.word with text, start and end.",
                fallback: "audio"),
        ]

    static let audioTypes = [
        "audio/wav", "audio/mpeg", "audio/ogg", "audio/aac", "audio/flac", "audio/pcm",
    ]
    static let hearingProblems = [
        "unreadable-audio", "audio-too-long", "language-unknown", "model-unknown",
    ]
    static let speechProblems = [
        "text-too-long", "nothing-to-speak", "script-unsupported", "bad-ssml", "voice-unknown",
        "bad-json", "bad-form", "encoder-failed", "bad-lexicon", "lexicon-broken",
        "language-unknown", "reader-missing",
    ]

    static let workOperations = [transcribe, speak, animate]

    private static let transcribe = APIOperation(
        .transcribe, .work, "Turn speech into text",
        "The audio is the field file of a form, or the body itself with the other fields in the "
            + "query. Silence, noise and music give an empty text, never an invented sentence.",
        fields: hearingFields + hearingStreams + [
            APIField(
                "task", .choice(["transcribe", "translate"]), "translate gives English.",
                fallback: "transcribe"),
            APIField(
                "model", .text,
                "auto is tiny.en where language=en is said and base for all else; or a model by name.",
                fallback: "auto"),
            APIField("vad", .flag, "Find speech first.", fallback: true),
        ],
        responses: [
            APIResponse(
                types: ["application/json"],
                detail: "The transcript; verbose_json adds task, model, segments and words.",
                schema: "Transcript",
                example: ["text": "Hello, world.", "language": "en", "duration": 1.4],
                headers: ["X-Realtime-Factor", "Warning"]),
            APIResponse(
                types: ["text/plain", "application/x-subrip", "text/vtt", "text/event-stream"],
                detail: "The transcript as text, subtitles or events."),
        ], problems: hearingProblems,
        command: "curl -F file=@talk.mp3 -F response_format=srt $HOST/transcribe")

    private static let speak = APIOperation(
        .speak, .work, "Turn text into speech",
        "The first bytes leave when the first clause is ready. Numbers, dates, money, units and "
            + "addresses are read as a person would read them.",
        fields: [
            APIField(
                "text", .text,
                "What is said; also called input. [word](/IPA/) says a word in its own way. One that "
                    + "begins with <speak> is SSML: break, say-as, sub, phoneme (ipa, x-sampa, "
                    + "arpabet), prosody, emphasis, w, voice, lang, p and s; other "
                    + "elements are passed over, which a Warning tells, and nothing is fetched.",
                isRequired: true,
                lengths: 1...Int.max),
            APIField(
                "voice", .text,
                "An id of /voices, or several of one network: af_bella(2)+af_sky. OpenAI's stock "
                    + "names mean the default voice, a man's a male voice where one is here."),
            APIField(
                "response_format", .choice(["wav", "mp3", "opus", "aac", "flac", "pcm"]),
                "Format of the audio; pcm is 16 bit, little-endian, mono, at the voice's rate.",
                fallback: "wav"),
        ] + speechFields + [
            APIField(
                "timestamps", .flag,
                "JSON: the audio in base64, and words, phonemes and visemes with their seconds.",
                fallback: false),
            APIField("phonemes", .flag, "The text is phonemes already.", fallback: false),
            APIField(
                "seed", .whole(0...RequestFields.wholeMax), "The same seed, the same audio.",
                fallback: 0),
        ],
        responses: [
            APIResponse(types: audioTypes, detail: "The audio, streamed."),
            APIResponse(
                types: ["application/json"], detail: "With timestamps.", schema: "TimedSpeech"),
            APIResponse(types: ["text/event-stream"], detail: "With stream_format=sse."),
        ], problems: speechProblems,
        command: #"curl -d '{"text":"Hello, world."}' $HOST/speak -o hello.wav"#,
        example: ["text": "Hello, world.", "response_format": "mp3", "speed": 1.1])

    private static let animate = APIOperation(
        .animate, .work, "Turn a portrait and a voice into a video",
        "MP4, WebM or GIF. The same input and seed give the same frames. Of several faces the "
            + "largest speaks, and a Warning header says so.",
        fields: [
            APIField(
                "image", .file,
                "The portrait: png, jpeg, webp, bmp, gif; up to 4096×4096. Also source_image.",
                isRequired: true, lengths: 1...Int.max),
            APIField(
                "audio", .file, "The voice as audio. Also driven_audio. This or text.",
                lengths: 1...Int.max),
            APIField(
                "text", .text, "The voice as words. This or audio.", lengths: 1...Int.max),
            APIField("voice", .text, "An id of /voices, for text."),
            APIField("speed", .number(0.25...4), "Rate of speech, for text.", fallback: 1),
            pitchField,
        ] + mannerFields + [
            APIField(
                "size", .choice(["256", "384", "512", "768", "1024"]),
                "Pixels of the longer side.", fallback: "512"),
            APIField("fps", .whole(12...60), "Frames a second.", fallback: 25),
            APIField(
                "preprocess", .choice(["full", "crop", "resize"]),
                "The whole image, the face's square, or the image squeezed to a square.",
                fallback: "full"),
            APIField("still", .flag, "Hold the head still.", fallback: false),
            APIField("blink", .flag, "Blink.", fallback: true),
            APIField(
                "expression_scale", .number(0...2), "How much the face moves.", fallback: 1),
            APIField("pose_style", .whole(0...45), "Which way the head moves.", fallback: 0),
            APIField(
                "face", .text, "x,y in pixels: which one of several.",
                pattern: #"^([0-9]{1,5}(\.[0-9]{1,5})?,[0-9]{1,5}(\.[0-9]{1,5})?)?$"#),
            APIField(
                "background", .text,
                "keep, or an opaque CSS colour that takes the place of what is behind the person.",
                pattern: CSSColour.pattern),
            APIField(
                "seed", .whole(0...RequestFields.wholeMax), "The same seed, the same video.",
                fallback: 0),
            APIField(
                "stream", .flag,
                "Fragments that leave while they are made, from the first second of the voice on; "
                    + "the mouth is read from audio by a smaller model, which listens 0.1 s ahead.",
                fallback: false),
            APIField(
                "engine", .text, "What draws: an id of /engines; the first where none is named."),
            APIField(
                "response_format", .choice(["mp4", "webm", "gif"]),
                "H.264 and AAC, VP8 and Opus, or images without audio: at most 20 a second and "
                    + "a minute.", fallback: "mp4"),
            APIField(
                "progress", .flag,
                "Server-sent events: animate.progress with frames_done, then animate.done with "
                    + "the video in base64. Not with stream.", fallback: false),
        ],
        responses: [
            APIResponse(
                types: ["video/mp4", "video/webm", "image/gif"], detail: "The video.",
                headers: ["X-Realtime-Factor", "X-Video-Frames", "X-Video-Size", "Warning"]),
            APIResponse(types: ["text/event-stream"], detail: "With progress."),
        ],
        problems: speechProblems + [
            "unreadable-audio", "audio-too-long", "audio-too-short", "unreadable-image",
            "image-too-large", "no-face", "no-silhouette", "fields-conflict",
            "engine-unknown",
        ],
        command: "curl -F image=@face.png -F text='Hello, world.' $HOST/animate -o hello.mp4",
        oneOf: ["audio", "text"])
}
