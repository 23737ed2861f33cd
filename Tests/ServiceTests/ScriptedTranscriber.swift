import EngineAPI

@testable import Service

/// Answers from a script; the service's own work is all that is tested.
struct ScriptedTranscriber: Transcribing {
    /// What tells ends of turns; most have none.
    var endOfTurn: (any EndOfTurnDetecting)?
    /// Told how each audio is to be transcribed.
    var onOpen: @Sendable (TranscriptionRequest) -> Void = { _ in }

    /// Whether it says that it can tell voices apart.
    var hasVoices = false

    func modelNames() -> [String] { ["base", "brought", "tiny.en"] }

    func tellsVoices() -> Bool { hasVoices }

    func prepare() async throws(EngineError) -> EngineReport {
        EngineReport(models: ["m"], backend: "cpu", loadMilliseconds: 1)
    }

    func open(
        _ request: TranscriptionRequest, work: WorkContext
    ) async throws(EngineError) -> any TranscriptionSession {
        onOpen(request)
        if request.language == "xx" { throw .languageUnknown(code: "xx", model: "m") }
        return ScriptedTranscription(
            language: request.language ?? "en", speakers: request.speakers)
    }
}

/// Two words, as soon as the audio ends; where speakers are asked for, the second is another's.
final class ScriptedTranscription: TranscriptionSession {
    private let language: String
    private let count = Mutex(0)
    private let events = BoundedChannel<TranscriptionEvent>(costMax: 8)

    private let speakers: SpeakerChoice?

    init(language: String, speakers: SpeakerChoice? = nil) {
        self.language = language
        self.speakers = speakers
    }

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
        var heard = [segment]
        if let speakers {
            let names = speakers.known.map(\.name) + ["A", "B"]
            heard = [0, 1].map { index in
                var part = segment
                part.words = [words[index]]
                part.text = words[index].text
                part.startSeconds = words[index].startSeconds
                part.endSeconds = words[index].endSeconds
                part.speaker = names[index]
                return part
            }
        }
        let transcript = Transcript(
            segments: heard, language: language,
            seconds: Double(count.withLock { $0 }) / 16_000, model: "m")
        Task { [events] in
            try? await events.send(.segments(transcript.segments))
            try? await events.send(.finished(transcript))
            events.finish()
        }
    }

    func next() async throws(EngineError) -> TranscriptionEvent? { try await events.next() }
}
