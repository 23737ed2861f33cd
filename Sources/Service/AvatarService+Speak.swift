import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire

import struct Synchronization.Atomic

extension AvatarService {
    /// `POST /speak`, and OpenAI's `/v1/audio/speech`: bytes leave as soon as the first clause
    /// is made.
    func speak(
        _ fields: RequestFields, as dialect: Dialect = .native
    ) throws(Problem) -> RouteWork {
        let order = try speechOrder(fields)
        let format = try fields.choice(
            "response_format", default: dialect == .openAI ? AudioFormat.mp3 : .wav)
        if dialect == .openAI { try checkSpeakingModel(fields) }
        let isEvents =
            try fields.choice("stream_format", default: StreamFormat.audio) == .sse
        if !isEvents, try fields.flag("timestamps", default: false) {
            return { [self] answer async throws(Problem) in
                try await speakWithTimes(order, format, answer)
            }
        }
        return { [self] answer async throws(Problem) in
            try await speak(order, format, isEvents: isEvents, answer)
        }
    }

    private func speak(
        _ order: SpeechOrder, _ format: AudioFormat, isEvents: Bool, _ answer: RouteAnswer
    ) async throws(Problem) {
        let context = answer.context
        let voice = VoiceStream(format: format, codec: engines.codec)
        let (speaker, metrics) = (engines.speaker, metrics)
        let start = ContinuousClock.now
        let clauses = Atomic<Int>(0)
        try await mapping(field: "text") { () async throws(EngineError) in
            try context.work.memory.charge(AvatarService.speechBytes)
            try await speaker.speak(order, work: context.work) { clause throws(EngineError) in
                let piece = try await voice.add(clause)
                metrics.made(audioSeconds: clause.clip.seconds)
                context.work.report(clauses.add(1, ordering: .relaxed).newValue, .clauses)
                if !answer.isBegun {
                    context.add(
                        StageTime(name: "first", milliseconds: context.elapsedMilliseconds))
                    if !isEvents { await answer.begin(type: format.mediaType) }
                }
                try await write(piece, to: answer, isEvents: isEvents)
            }
            try await write(try await voice.finish(), to: answer, isEvents: isEvents)
        }
        context.add(StageTime(name: "infer", milliseconds: (.now - start) / .milliseconds(1)))
        if isEvents {
            try await mapping { () async throws(EngineError) in
                // Nothing here is paid for by the token, but clients expect the counts.
                try await answer.event(
                    "speech.audio.done",
                    [
                        "usage": ["input_tokens": 0, "output_tokens": 0, "total_tokens": 0],
                        "server_timing": .string(context.serverTiming),
                    ])
            }
        }
        await answer.end()
    }

    /// A speech under way: the clauses ahead, the encoder, and what waits for the client.
    private static let speechBytes = 4 << 20

    private enum StreamFormat: String, CaseIterable { case audio, sse }

    /// OpenAI's names and our voices' are known; any other is an error there too.
    private func checkSpeakingModel(_ fields: RequestFields) throws(Problem) {
        guard let model = fields.text("model"), !model.isEmpty, model != "auto" else { return }
        let known = OpenAIModels.speaking + engines.speaker.voices().map(\.id)
        guard known.contains(model) else {
            throw Problem(
                404, "model-missing", "There is no such model for speech here.", field: "model",
                limit: known.joined(separator: ", "), got: model)
        }
    }

    func speechOrder(_ fields: RequestFields) throws(Problem) -> SpeechOrder {
        try fields.requireString("text", "input")
        guard let text = fields.text("text", "input") else {
            throw Problem(
                400, "field-missing", "Send the text that is to be spoken.", field: "text")
        }
        if text.isEmpty {
            var problem = Problem(.nothingToSpeak)
            problem.field = "text"
            throw problem
        }
        let count = text.unicodeScalars.count
        guard count <= settings.textCharactersMax else {
            throw Problem(
                413, "text-too-long", "The text is too long.", field: "text",
                limit: "\(settings.textCharactersMax) characters", got: "\(count) characters")
        }
        var order = try speechManner(fields)
        order.text = text
        return order
    }

    /// How something is to be said, whatever it is.
    func speechManner(_ fields: RequestFields) throws(Problem) -> SpeechOrder {
        try fields.requireString("voice")
        var order = SpeechOrder(text: "")
        if let voice = fields.filled("voice"), !openAIVoices.contains(voice) {
            let known = engines.speaker.voices().map(\.id)
            guard known.contains(voice) else {
                throw Problem(.voiceUnknown(name: voice, known: known))
            }
            order.voice = voice
        }
        order.speed = try fields.number("speed", default: 1, in: 0.25...4)
        order.pitch = try pitch(fields)
        order.isPhonemes = try fields.flag("phonemes", default: false)
        order.seed = UInt64(try fields.integer("seed", default: 0, in: 0...RequestFields.wholeMax))
        return order
    }

    /// A plain number is semitones; else as SSML writes it.
    private func pitch(_ fields: RequestFields) throws(Problem) -> Double {
        guard let text = fields.filled("pitch") else { return 0 }
        let semitones = Double(text) ?? PitchScale.semitones(text)
        guard let semitones, abs(semitones) <= PitchScale.semitonesMax else {
            throw Problem(
                400, "bad-field",
                "The field must be a change of pitch: semitones, or as in +2st, -10%, 180Hz, low.",
                field: "pitch", limit: "-12 to 12 semitones", got: text)
        }
        return semitones
    }

    /// JSON with the audio in base64 and the times of words, phonemes and visemes.
    private func speakWithTimes(
        _ order: SpeechOrder, _ format: AudioFormat, _ answer: RouteAnswer
    ) async throws(Problem) {
        let context = answer.context
        let voice = VoiceStream(format: format, codec: engines.codec)
        let spoken = Mutex(SpokenText())
        let (speaker, metrics) = (engines.speaker, metrics)
        try await mapping(field: "text") { () async throws(EngineError) in
            try await context.timed("infer") { () async throws(EngineError) in
                try await speaker.speak(order, work: context.work) { clause throws(EngineError) in
                    let piece = try await voice.add(clause)
                    metrics.made(audioSeconds: clause.clip.seconds)
                    // As bytes, in base64, in JSON's text and in JSON's bytes, with the times.
                    try context.work.memory.charge(piece.count * 6 + clause.text.utf8.count * 400)
                    spoken.withLock { $0.add(clause, bytes: piece) }
                }
                let rest = try await voice.finish()
                spoken.withLock { $0.audio += rest }
            }
        }
        let all = spoken.withLock { $0 }
        await answer.send(
            Response(
                status: 200, type: "application/json",
                body: json(TimedSpeech(all, format: format))))
    }

    func voicesResponse() -> Response {
        struct Voice: Encodable {
            let id: String
            let language: String
            let gender: String
            let sample_rate: Int
            let licence: String
            let present: Bool
        }
        let voices = engines.speaker.voices().map {
            Voice(
                id: $0.id, language: $0.language, gender: $0.gender, sample_rate: $0.sampleRateHz,
                licence: $0.licence, present: $0.isPresent)
        }
        return Response(
            status: 200, type: "application/json", body: json(["voices": voices]))
    }
}

/// Sends encoded sound as it is, or as an event in base64.
private func write(
    _ piece: [UInt8], to answer: RouteAnswer, isEvents: Bool
) async throws(EngineError) {
    guard isEvents else { return try await answer.write(piece) }
    guard !piece.isEmpty else { return }
    try await answer.event(
        "speech.audio.delta", ["audio": .string(Data(piece).base64EncodedString())])
}

/// OpenAI's stock names mean the default voice.
let openAIVoices: Set<String> = [
    "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer",
    "verse", "marin", "cedar",
]

/// Encodes clauses as they come; the encoder is made when the sample rate is known.
private final class VoiceStream: Sendable {
    private let format: AudioFormat
    private let codec: any MediaCoding
    private let encoder = Mutex<(any AudioEncoding)?>(nil)

    init(format: AudioFormat, codec: any MediaCoding) {
        self.format = format
        self.codec = codec
    }

    func add(_ clause: SpokenClause) async throws(EngineError) -> [UInt8] {
        let current: any AudioEncoding
        if let known = encoder.withLock({ $0 }) {
            current = known
        } else {
            current = try codec.encoder(format, sampleRateHz: clause.clip.sampleRateHz)
            encoder.withLock { $0 = current }
        }
        return try await current.add(clause.clip.samples)
    }

    func finish() async throws(EngineError) -> [UInt8] {
        guard let current = encoder.withLock({ $0 }) else { return [] }
        return try await current.finish()
    }
}

private struct SpokenText {
    var audio: [UInt8] = []
    var words: [TimedText] = []
    var phonemes: [TimedText] = []
    var visemes: [TimedViseme] = []
    var sampleRateHz = 0
    var seconds = 0.0

    mutating func add(_ clause: SpokenClause, bytes: [UInt8]) {
        audio += bytes
        words += clause.words
        phonemes += clause.phonemes
        visemes += clause.visemes
        sampleRateHz = clause.clip.sampleRateHz
        seconds = clause.startSeconds + clause.clip.seconds
    }
}

private struct TimedSpeech: Encodable {
    struct Span: Encodable {
        let text: String
        let start: Double
        let end: Double
    }
    let audio: String
    let format: String
    let sample_rate: Int
    let duration: Double
    let words: [Span]
    let phonemes: [Span]
    let visemes: [Span]

    init(_ spoken: SpokenText, format: AudioFormat) {
        audio = Data(spoken.audio).base64EncodedString()
        self.format = format.rawValue
        sample_rate = spoken.sampleRateHz
        duration = rounded(spoken.seconds)
        words = spoken.words.map(TimedSpeech.span)
        phonemes = spoken.phonemes.map(TimedSpeech.span)
        visemes = spoken.visemes.map {
            Span(
                text: $0.viseme.name, start: rounded($0.startSeconds),
                end: rounded($0.endSeconds))
        }
    }

    private static func span(_ timed: TimedText) -> Span {
        Span(
            text: timed.text, start: rounded(timed.startSeconds), end: rounded(timed.endSeconds))
    }
}
