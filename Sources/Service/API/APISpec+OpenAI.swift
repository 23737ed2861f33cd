extension APISpec {
    static let openAIOperations = [
        hearing(
            .transcriptions, "Transcribe, as OpenAI's API",
            "Works with OpenAI's clients unchanged. In verbose_json the language is an English "
                + "name, as in english. Errors are in OpenAI's envelope.",
            fields: hearingFields + hearingStreams),
        hearing(
            .translations, "Translate into English, as OpenAI's API",
            "As transcriptions, but the words are English.", fields: hearingFields),
        speech, models, model, inference,
    ]

    private static func hearing(
        _ route: Route, _ summary: String, _ detail: String, fields: [APIField]
    ) -> APIOperation {
        APIOperation(
            route, .openAI, summary, detail,
            fields: [
                APIField(
                    "model", .text,
                    OpenAIModels.hearing.joined(separator: ", ")
                        + " mean our default; or base, tiny.en.", fallback: "whisper-1")
            ] + fields,
            responses: [
                APIResponse(
                    types: ["application/json"], detail: "The words, as OpenAI tells them.",
                    schema: "OpenAITranscript",
                    example: [
                        "text": "Hello, world.", "usage": ["type": "duration", "seconds": 2],
                    ], headers: ["X-Realtime-Factor"]),
                APIResponse(
                    types: ["text/plain", "application/x-subrip", "text/vtt", "text/event-stream"],
                    detail: "The words as text, subtitles or events."),
            ], problems: hearingProblems,
            command: "curl -F file=@talk.mp3 -F model=whisper-1 $HOST\(route.paths[0])")
    }

    private static let speech = APIOperation(
        .speech, .openAI, "Speak, as OpenAI's API",
        "Audio leaves as it is made. Nothing is counted in tokens: usage tells zeros.",
        fields: [
            APIField(
                "input", .text, "What is said.", isRequired: true, lengths: 1...Int.max),
            APIField(
                "model", .text,
                OpenAIModels.speaking.joined(separator: ", ") + ", or a voice's id.",
                fallback: "tts-1"),
            APIField(
                "voice", .text, "Stock names (alloy, nova, …) mean the default voice; or an id.",
                fallback: "alloy"),
            APIField(
                "response_format", .choice(["mp3", "opus", "aac", "flac", "wav", "pcm"]),
                "Format of the audio.", fallback: "mp3"),
        ] + speechFields,
        responses: [
            APIResponse(types: audioTypes, detail: "The audio, streamed."),
            APIResponse(types: ["text/event-stream"], detail: "With stream_format=sse."),
        ], problems: speechProblems,
        command: #"curl -d '{"model":"tts-1","voice":"alloy","input":"Hello."}' "#
            + "$HOST/v1/audio/speech -o hello.mp3",
        example: ["model": "tts-1", "voice": "alloy", "input": "Hello, world."])

    private static let aModel: JSONValue = [
        "id": "whisper-1", "object": "model", "created": 0, "owned_by": .string(Product.name),
    ]

    private static let models = APIOperation(
        .models, .openAI, "List models",
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The list.", schema: "ModelList",
                example: ["object": "list", "data": [aModel]])
        ], command: "curl $HOST/v1/models")

    private static let model = APIOperation(
        .model, .openAI, "Tell of one model",
        fields: [APIField("model", .path, "The model's name.", isRequired: true)],
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The model.", schema: "Model",
                example: aModel)
        ], problems: ["model-missing"], command: "curl $HOST/v1/models/whisper-1")

    private static let inference = APIOperation(
        .inference, .whisperCpp, "Transcribe, as whisper.cpp's server",
        "Errors are {\"error\":\"…\"}, as there.",
        fields: hearingFields + [
            APIField("translate", .flag, "Translate into English.", fallback: false)
        ],
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The words.", schema: "WhisperTranscript",
                example: ["text": "Hello, world."], headers: ["X-Realtime-Factor"]),
            APIResponse(
                types: ["text/plain", "application/x-subrip", "text/vtt"],
                detail: "The words as text or subtitles."),
        ], problems: hearingProblems,
        command: "curl -F file=@talk.wav -F response_format=json $HOST/inference")
}
