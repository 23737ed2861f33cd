extension APISpec {
    static let realtime = APIOperation(
        .realtime, .openAI, "Hold a live conversation, as OpenAI's Realtime API",
        "A WebSocket: sound goes in and comes out, text and a face's video too. The query names "
            + "model, or intent=transcription for a session that only hears. Browsers send the key "
            + "as the subprotocol openai-insecure-api-key.KEY beside realtime. AVATAR_CHAT_URL "
            + "names who answers; without it the server says what it is given.",
        responses: [
            APIResponse(status: 101, types: [], detail: "The socket is open."),
            APIResponse(
                status: 426, types: ["application/json"],
                detail: "The request asks for no WebSocket of version 13.", schema: "OpenAIError"),
        ], problems: [.badUpgrade, .originRefused, .upgradeUnsupported],
        command: "scripts/realtime_demo.py --url $HOST question.wav")

    static let realtimeSecrets = APIOperation(
        .realtimeSecrets, .openAI, "Make a short-lived key for a page",
        "It opens /v1/realtime and nothing else, for ten minutes at most.",
        fields: RealtimeFields.all,
        responses: [
            APIResponse(
                types: ["application/json"], detail: "The key.", schema: "RealtimeSecret",
                example: ["value": "ek_1767225600_0_5a1c", "expires_at": 1_767_225_600])
        ], problems: [.badJSON],
        command: "curl -X POST $HOST/v1/realtime/client_secrets",
        example: ["expires_after": ["anchor": "created_at", "seconds": 60]])
}
