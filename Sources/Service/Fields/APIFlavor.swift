/// Whose habits a response follows.
enum APIFlavor: Sendable {
    case native, openAI, whisperCpp
}

/// Names of OpenAI's models that mean our own defaults.
enum OpenAIModels {
    static let transcription = [
        "whisper-1", "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
        "gpt-4o-transcribe-diarize",
    ]
    static let speech = ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"]

    /// Whether a name is one of those, also with the date of a version: gpt-4o-mini-tts-2025-12-15.
    static func isNamed(_ name: String, in names: [String]) -> Bool {
        names.contains { known in
            guard name.hasPrefix(known) else { return false }
            let date = name.dropFirst(known.count)
            return date.isEmpty || isDate(date)
        }
    }

    /// -2025-12-15, or -1106 as the first ones had it.
    private static func isDate(_ text: Substring) -> Bool {
        let digits = text.filter { $0 != "-" }
        guard text.first == "-", digits.allSatisfy({ ("0"..."9").contains($0) }) else {
            return false
        }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(\.count)
        return parts == [0, 4, 2, 2] || parts == [0, 4]
    }
}
