/// Whose habits a response follows.
enum APIFlavor: Sendable {
    case native, openAI, whisperCpp
}

/// Names of OpenAI's models that mean our own defaults.
enum OpenAIModels {
    static let transcription = ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"]
    static let speech = ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"]
}
