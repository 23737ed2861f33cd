import EngineAPI

@testable import Service

/// Answers from a script; the service's own work is all that is tested.
struct ScriptedTranscriber: Transcribing {
    /// What tells ends of turns; most have none.
    var endOfTurn: (any EndOfTurnDetecting)?
    /// Told how each audio is to be transcribed.
    var onOpen: @Sendable (TranscriptionRequest) -> Void = { _ in }

    func modelNames() -> [String] { ["base", "brought", "tiny.en"] }

    func prepare() async throws(EngineError) -> EngineReport {
        EngineReport(models: ["m"], backend: "cpu", loadMilliseconds: 1)
    }

    func open(
        _ request: TranscriptionRequest, work: WorkContext
    ) async throws(EngineError) -> any TranscriptionSession {
        onOpen(request)
        if request.language == "xx" { throw .languageUnknown(code: "xx", model: "m") }
        return ScriptedTranscription(language: request.language ?? "en")
    }
}

/// Two words, as soon as the audio ends.
final class ScriptedTranscription: TranscriptionSession {
    private let language: String
    private let count = Mutex(0)
    private let events = BoundedChannel<TranscriptionEvent>(costMax: 8)

    init(language: String) { self.language = language }

    func add(_ samples: [Float]) async throws(EngineError) {
        count.withLock { $0 += samples.count }
    }

    func finish(throwing failure: EngineError?) {
        if let failure { return events.finish(throwing: failure) }
        let words = [
            TimedText(text: "Hello,", startSeconds: 0.5, endSeconds: 1),
            TimedText(text: "<you>.", startSeconds: 1, endSeconds: 61.25),
        ]
        var segment = TranscriptSegment(
            text: "Hello, <you>.", startSeconds: 0.5, endSeconds: 61.25,
            meanLogProbability: -0.25, noSpeechProbability: 0, tokens: [1, 2], words: words)
        segment.readings = [" Hello,", " <you>."].map {
            TokenReading(bytes: Array($0.utf8), logProbability: -0.25)
        }
        let heard = segment
        let transcript = Transcript(
            segments: [heard], language: language,
            seconds: Double(count.withLock { $0 }) / 16_000, model: "m")
        Task { [events] in
            try? await events.send(.segments([heard]))
            try? await events.send(.finished(transcript))
            events.finish()
        }
    }

    func next() async throws(EngineError) -> TranscriptionEvent? { try await events.next() }
}
