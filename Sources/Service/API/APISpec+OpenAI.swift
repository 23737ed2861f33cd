extension APISpec {
    static let transcriptions = transcription(
        .transcriptions, "Transcribe, as OpenAI's API",
        "Works with OpenAI's clients unchanged. In verbose_json the language is an English "
            + "name, as in english. Errors are in OpenAI's envelope.",
        fields: TranscriptionFields.openAI)

    static let translations = transcription(
        .translations, "Translate into English, as OpenAI's API",
        "As transcriptions, but the words are English.",
        fields: TranscriptionFields.openAITranslation)

    private static func transcription(
        _ route: Route, _ summary: String, _ detail: String, fields: [APIField]
    ) -> APIOperation {
        APIOperation(
            route, .openAI, summary, detail,
            fields: fields,
            responses: [
                APIResponse(
                    types: ["application/json"], detail: "The words, as OpenAI tells them.",
                    schema: "OpenAITranscript",
                    example: [
                        "text": "Hello, world.", "usage": ["type": "duration", "seconds": 2],
                    ], headers: ["X-Realtime-Factor"]),
                APIResponse(
                    types: transcriptTypes,
                    detail: "The words as text, subtitles or events."),
            ], problems: transcriptionProblems,
            command: "curl -F file=@talk.mp3 -F model=whisper-1 $HOST\(route.paths[0])")
    }

    static let speech = APIOperation(
        .speech, .openAI, "Speak, as OpenAI's API",
        "Audio leaves as it is made. instructions are taken and have no effect, which a Warning "
            + "tells. Nothing is counted in tokens: usage tells zeros.",
        fields: SpeechFields.openAI,
        responses: [
            APIResponse(types: audioTypes, detail: "The audio, streamed."),
            APIResponse(
                types: ["application/json"], detail: "With timestamps.", schema: "TimedSpeech"),
            APIResponse(types: ["text/event-stream"], detail: "With stream_format=sse."),
        ], problems: speechProblems,
        command: #"curl -d '{"model":"tts-1","voice":"alloy","input":"Hello."}' "#
            + "$HOST/v1/audio/speech -o hello.mp3",
        example: ["model": "tts-1", "voice": "alloy", "input": "Hello, world."])

    static let audioVoices = APIOperation(
        .audioVoices, .openAI, "List voices",
        "The voices whose files are here, as the field voice takes them; data and voices are the "
            + "same list, by the name that other servers have for it.",
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The list.", schema: "AudioVoiceList")
        ], command: "curl $HOST/v1/audio/voices")

    private static let aModel: JSONValue = [
        "id": "whisper-1", "object": "model", "created": 0, "owned_by": .string(Product.name),
    ]

    static let models = APIOperation(
        .models, .openAI, "List models",
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The list.", schema: "ModelList",
                example: ["object": "list", "data": [aModel]])
        ], command: "curl $HOST/v1/models")

    static let model = APIOperation(
        .model, .openAI, "Tell of one model",
        fields: [APIField("model", .path, "The model's name.", isRequired: true)],
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The model.", schema: "Model",
                example: aModel)
        ], problems: [.modelMissing], command: "curl $HOST/v1/models/whisper-1")

    static let inference = APIOperation(
        .inference, .whisperCpp, "Transcribe, as whisper.cpp's server",
        "Errors are {\"error\":\"…\"}, as there.",
        fields: TranscriptionFields.whisperCpp,
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The words.", schema: "WhisperTranscript",
                example: ["text": "Hello, world."], headers: ["X-Realtime-Factor"]),
            APIResponse(
                types: transcriptTypes,
                detail: "The words as text, subtitles or events."),
        ], problems: transcriptionProblems,
        command: "curl -F file=@talk.wav -F response_format=json $HOST/inference")
}
