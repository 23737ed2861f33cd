extension APISpec {
    static let transcriptTypes = [
        "text/plain", "application/x-subrip", "text/vtt", "text/tab-separated-values",
        "text/event-stream",
    ]

    static let audioTypes = [
        "audio/wav", "audio/mpeg", "audio/ogg", "audio/aac", "audio/flac", "audio/pcm",
    ]
    static let transcriptionProblems: [ProblemKind] = [
        .unreadableAudio, .audioTooLong, .languageUnknown, .modelUnknown, .fieldsConflict,
    ]
    static let speechProblems: [ProblemKind] = [
        .textTooLong, .nothingToSpeak, .scriptUnsupported, .badSSML, .voiceUnknown,
        .badJSON, .badForm, .encoderFailed, .badLexicon, .lexiconBroken,
        .languageUnknown, .readerMissing, .signingFailed,
    ]

    static let transcribe = APIOperation(
        .transcribe, .work, "Turn speech into text",
        "The audio is the field file of a form, or the body itself with the other fields in the "
            + "query. Silence, noise and music give an empty text, never an invented sentence.",
        fields: TranscriptionFields.native,
        responses: [
            APIResponse(
                types: ["application/json"],
                detail: "The transcript; verbose_json adds task, model, segments and words.",
                schema: "Transcript",
                example: ["text": "Hello, world.", "language": "en", "duration": 1.4],
                headers: ["X-Realtime-Factor", "Warning"]),
            APIResponse(
                types: transcriptTypes,
                detail: "The transcript as text, subtitles or events."),
        ], problems: transcriptionProblems,
        command: "curl -F file=@talk.mp3 -F response_format=srt $HOST/transcribe")

    static let speak = APIOperation(
        .speak, .work, "Turn text into speech",
        "The first bytes leave when the first clause is ready. Numbers, dates, money, units and "
            + "addresses are read as a person would read them.",
        fields: SpeechFields.native,
        responses: [
            APIResponse(types: audioTypes, detail: "The audio, streamed."),
            APIResponse(
                types: ["application/json"], detail: "With timestamps.", schema: "TimedSpeech"),
            APIResponse(types: ["text/event-stream"], detail: "With stream_format=sse."),
        ], problems: speechProblems,
        command: #"curl -d '{"text":"Hello, world."}' $HOST/speak -o hello.wav"#,
        example: ["text": "Hello, world.", "response_format": "mp3", "speed": 1.1])

    static let verify = APIOperation(
        .verify, .work, "Say what a file claims of its making",
        "Marks in its metadata, and Content Credentials (C2PA): who signed, what was done, and "
            + "whether the signature holds. Nothing is fetched, and the file is not kept.",
        fields: VerificationFields.all,
        responses: [
            APIResponse(
                types: ["application/json"],
                detail: "What was found; a signature that does not hold is told here too.",
                schema: "Verification",
                example: [
                    "marks": [
                        "digital_source_type": "trainedAlgorithmicMedia",
                        "made_by_avatar_backend": true,
                    ],
                    "content_credentials": [
                        "state": "none", "detail": "The file has no Content Credentials.",
                        "signer": .null, "generator": .null, "actions": .array([]),
                        "problems": .array([]),
                    ],
                ])
        ], problems: [.memoryFull, .memoryLimit],
        command: "curl -F file=@hello.mp4 $HOST/verify")

    static let animate = APIOperation(
        .animate, .work, "Turn a portrait and a voice into a video",
        "MP4, WebM or GIF. The same input and seed give the same frames. Of several faces the "
            + "largest speaks, and a Warning header says so.",
        fields: AnimationFields.all,
        responses: [
            APIResponse(
                types: ["video/mp4", "video/webm", "image/gif"], detail: "The video.",
                headers: ["X-Realtime-Factor", "X-Video-Frames", "X-Video-Size", "Warning"]),
            APIResponse(types: ["text/event-stream"], detail: "With progress."),
        ],
        problems: speechProblems + [
            .unreadableAudio, .audioTooLong, .audioTooShort, .unreadableImage,
            .imageTooLarge, .noFace, .noSilhouette, .fieldsConflict, .engineUnknown,
        ],
        command: "curl -F image=@face.png -F text='Hello, world.' $HOST/animate -o hello.mp4",
        oneOf: ["audio", "text"])
}
