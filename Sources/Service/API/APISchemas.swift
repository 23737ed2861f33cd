/// JSON Schemas of the responses, by name.
enum APISchemas {
    static let all: [String: JSONValue] = [
        "Problem": object(
            [
                "type": text("Names the kind: /docs#kind."), "title": text("The status in words."),
                "status": whole("The status."), "detail": text("What was wrong."),
                "instance": text("The request's id."), "field": text("The field at fault."),
                "limit": text("What is allowed."), "got": text("What came, cut to 80 characters."),
            ], required: ["type", "title", "status", "detail", "instance"]),
        "OpenAIError": object(
            [
                "error": object(
                    [
                        "message": text("What was wrong."),
                        "type": text("invalid_request_error, requests or server_error."),
                        "param": [
                            "type": ["string", "null"], "description": "The field at fault.",
                        ],
                        "code": ["type": ["string", "null"], "description": "The kind, with _."],
                    ], required: ["message", "type", "param", "code"])
            ], required: ["error"]),
        "WhisperError": object(["error": text("What was wrong.")], required: ["error"]),
        "Transcript": object(
            [
                "text": text("The words."), "language": text("ISO 639-1."),
                "duration": number("Seconds of audio."),
                "task": text("With verbose_json."), "model": text("With verbose_json."),
                "segments": ["type": "array", "items": ["anyOf": [segment, turn]]],
                "words": list(word),
                "logprobs": list(logprob),
            ], required: ["text", "language", "duration"]),
        "OpenAITranscript": object(
            [
                "text": text("The words."), "usage": usage,
                "languages": list(object(["code": text("ISO 639-1.")], required: ["code"])),
                "logprobs": list(logprob),
                "language": text("An English name, with verbose_json."),
                "duration": number("Seconds of audio, with verbose_json."),
                "task": text("With verbose_json."),
                "segments": ["type": "array", "items": ["anyOf": [openAISegment, turn]]],
                "words": list(word),
            ], required: ["text"]),
        "WhisperTranscript": object(
            [
                "text": text("The words."), "language": text("With verbose_json."),
                "duration": number("With verbose_json."), "task": text("With verbose_json."),
                "segments": ["type": "array", "items": ["anyOf": [openAISegment, turn]]],
                "words": list(word),
                "logprobs": list(logprob),
            ], required: ["text"]),
        "TimedSpeech": object(
            [
                "audio": [
                    "type": "string", "contentEncoding": "base64", "description": "The audio.",
                ],
                "format": text("Its format."), "sample_rate": whole("Hz."),
                "duration": number("Seconds."), "words": list(span), "phonemes": list(span),
                "visemes": list(span),
            ],
            required: [
                "audio", "format", "sample_rate", "duration", "words", "phonemes", "visemes",
            ]),
        "VoiceList": object(
            [
                "voices": list(
                    object(
                        [
                            "id": text(""), "language": text("BCP 47."), "gender": text(""),
                            "sample_rate": whole("Hz."), "licence": text("SPDX."),
                            "present": ["type": "boolean"],
                        ],
                        required: [
                            "id", "language", "gender", "sample_rate", "licence", "present",
                        ]))
            ], required: ["voices"]),
        "Verification": verification,
        "Warmup": object(
            [
                "engines": ["type": "object", "additionalProperties": engine],
                "talking_heads": talkingHeads, "elapsed_ms": number("All of it."),
            ], required: ["engines", "talking_heads", "elapsed_ms"]),
        "RealtimeSecret": object(
            [
                "value": text("The key."),
                "expires_at": whole("When it ends, seconds since 1970."),
                "session": ["type": "object", "description": "What a session begins with."],
            ], required: ["value", "expires_at", "session"]),
        "EngineList": object(
            [
                "engines": list(
                    object(
                        [
                            "id": text("As engine= takes it."),
                            "default": ["type": "boolean"],
                            "present": [
                                "type": "boolean",
                                "description": "Whether its models are in the models folder.",
                            ],
                            "enhancer": [
                                "type": "boolean",
                                "description": "Whether enhancer=face has its network there.",
                            ],
                        ], required: ["id", "default", "present", "enhancer"]))
            ], required: ["engines"]),
        "Model": model,
        "ModelList": object(
            ["object": text("list"), "data": list(["$ref": "#/components/schemas/Model"])],
            required: ["object", "data"]),
        "AudioVoiceList": object(
            [
                "object": text("list"), "data": list(audioVoice), "voices": list(audioVoice),
            ], required: ["object", "data", "voices"]),
        "Job": job,
        "Health": object(
            [
                "status": text("ok"),
                "backend": text(
                    "On the paths of readiness: cpu, vulkan or cuda; auto until it is decided."),
                "talking_heads": talkingHeads,
            ], required: ["status"]),
        "Home": object(
            ["name": text(""), "version": text(""), "routes": list(["type": "string"])],
            required: ["name", "version", "routes"]),
        "Any": ["type": "object"],
    ]

    private static let talkingHeads: JSONValue = [
        "type": "array", "items": ["type": "string"],
        "description": "Ids of /engines, the default first.",
    ]

    private static let verification = object(
        [
            "marks": object(
                [
                    "digital_source_type": optional(
                        "IPTC's term in the file's metadata, which anybody can write or remove."),
                    "made_by_avatar_backend": ["type": "boolean"],
                ], required: ["digital_source_type", "made_by_avatar_backend"]),
            "content_credentials": object(
                [
                    "state": [
                        "type": "string",
                        "enum": .array(
                            VerificationReport.State.allCases.map { .string($0.rawValue) }),
                    ],
                    "detail": text("The state in words."),
                    "signer": ["type": ["object", "null"]],
                    "generator": ["type": ["object", "null"]],
                    "actions": list(["type": ["object", "null"]]),
                    "problems": list(["type": "object"]),
                ],
                required: ["state", "detail", "signer", "generator", "actions", "problems"]),
        ], required: ["marks", "content_credentials"])

    private static func optional(_ detail: String) -> JSONValue {
        ["type": ["string", "null"], "description": .string(detail)]
    }

    private static let engine = object(
        [
            "state": ["type": "string", "enum": ["ready", "failed"]], "load_ms": number(""),
            "model": list(["type": "string"]),
            "backend": text("cpu, vulkan or cuda; joined by + where models differ."),
            "resident_bytes": whole(
                "By how much the process's memory grew, where this engine alone was loaded."
            ), "detail": text("Why it failed."),
        ], required: ["state"])

    private static let time: JSONValue = [
        "type": "string", "format": "date-time", "description": "RFC 3339, UTC.",
    ]

    private static let job = object(
        [
            "id": text("128 random bits."),
            "status": [
                "type": "string", "enum": ["queued", "running", "done", "failed", "cancelled"],
            ],
            "route": text("What it does, as in /animate."), "created_at": time,
            "started_at": time, "ended_at": time, "expires_at": time,
            "progress": object(
                [
                    "unit": text("frames, pieces or clauses."), "done": whole(""),
                    "total": whole("Where it is known."),
                ], required: ["unit", "done"]),
            "result": object(
                ["status": whole(""), "content_type": text(""), "bytes": whole("")],
                required: ["status", "content_type", "bytes"]),
            "problem": ["$ref": "#/components/schemas/Problem"],
            "links": object(
                ["self": text(""), "result": text(""), "events": text("")],
                required: ["self", "result", "events"]),
        ], required: ["id", "status", "route", "created_at", "links"])

    private static let model = object(
        [
            "id": text(""), "object": text("model"), "created": whole("0."), "owned_by": text(""),
        ], required: ["id", "object", "created", "owned_by"])

    private static let audioVoice = object(
        [
            "id": text(""), "object": text("audio.voice"), "name": text("Its id."),
            "created_at": whole("0."), "type": text("audio_sample"),
            "language": text("As in en-GB."),
            "gender": text(""),
        ], required: ["id", "object", "name", "created_at", "type"])

    private static let usage = object(
        [
            "type": ["type": "string", "enum": ["duration", "tokens"]],
            "seconds": number("Of audio."),
            "input_tokens": whole("Ten a second of audio, and the prompt's."),
            "output_tokens": whole("The decoder's."), "total_tokens": whole(""),
            "input_token_details": object(
                ["audio_tokens": whole(""), "text_tokens": whole("")], required: []),
        ], required: ["type"])

    private static let logprob = object(
        [
            "token": text("Its text."), "bytes": list(["type": "integer"]),
            "logprob": number("Natural logarithm of its probability."),
        ], required: ["token", "bytes", "logprob"])

    private static let turn = object(
        [
            "type": text("transcript.text.segment"), "id": text(""), "start": number("Seconds."),
            "end": number("Seconds."), "text": text(""), "speaker": text("A, B, … or a name."),
        ], required: ["type", "id", "start", "end", "text", "speaker"])

    private static let segmentFields: [String: JSONValue] = [
        "id": whole(""), "start": number("Seconds."), "end": number("Seconds."),
        "text": text(""), "tokens": list(["type": "integer"]),
        "avg_logprob": number("Mean natural logarithm."), "no_speech_prob": number("0 to 1."),
    ]

    private static let speaker = text("Who speaks, with diarize or channels=split.")

    private static let segment = object(
        segmentFields.merging(["speaker": speaker, "words": list(word)]) { $1 },
        required: segmentFields.keys.sorted())

    private static let openAISegment: JSONValue = {
        let fields = segmentFields.merging([
            "seek": whole("Hundredths of a second."), "temperature": number(""),
            "compression_ratio": number("Over 2.4 is a loop of words."),
        ]) { $1 }
        return object(
            fields.merging(["speaker": speaker, "words": list(word)]) { $1 },
            required: fields.keys.sorted())
    }()

    private static let word = object(
        [
            "word": text(""), "start": number("Seconds."), "end": number("Seconds."),
            "speaker": speaker,
        ], required: ["word", "start", "end"])

    private static let span = object(
        ["text": text(""), "start": number("Seconds."), "end": number("Seconds.")],
        required: ["text", "start", "end"])

    /// - oneOf: names of which exactly one is needed.
    static func object(
        _ fields: [String: JSONValue], required: [String], oneOf: [String] = []
    ) -> JSONValue {
        var out: [String: JSONValue] = [
            "type": "object", "properties": .object(fields),
            "required": .array(required.map { .string($0) }),
        ]
        if !oneOf.isEmpty {
            out["oneOf"] = .array(oneOf.map { ["required": [.string($0)]] })
        }
        return .object(out)
    }

    private static func list(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }
    private static func text(_ detail: String) -> JSONValue { plain("string", detail) }
    private static func number(_ detail: String) -> JSONValue { plain("number", detail) }
    private static func whole(_ detail: String) -> JSONValue { plain("integer", detail) }

    private static func plain(_ type: JSONValue, _ detail: String) -> JSONValue {
        detail.isEmpty ? ["type": type] : ["type": type, "description": .string(detail)]
    }
}
