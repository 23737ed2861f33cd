import EngineAPI
import HTTPWire

extension AvatarService {
    /// `POST /transcribe`.
    func transcribe(_ fields: RequestFields, _ answer: RouteAnswer) async throws(Problem) {
        let context = answer.context
        let format = try fields.choice("response_format", default: TranscriptFormat.json)
        let order = try transcriptionOrder(fields)
        let granularities = try granularities(fields)
        let audio = fields.file("file", "audio")?.bytes ?? fields.rawBody
        guard !audio.isEmpty else {
            throw Problem(
                400, "field-missing",
                "Send the audio in the multipart field \"file\", or as the body.", field: "file")
        }
        let secondsMax = settings.audioSecondsMax
        let codec = engines.codec
        let clip = try await mapping(field: "file") { () async throws(EngineError) in
            try await context.timed("decode") { () async throws(EngineError) in
                try await codec.decodeAudio(
                    audio, sampleRateHz: 16_000, secondsMax: secondsMax, work: context.work)
            }
        }
        let transcriber = engines.transcriber
        let start = ContinuousClock.now
        let transcript = try await mapping(field: "model") { () async throws(EngineError) in
            try await context.timed("infer") { () async throws(EngineError) in
                try await transcriber.transcribe(clip, order, work: context.work)
            }
        }
        metrics.made(audioSeconds: clip.seconds)
        let factor = realtimeFactor(since: start, mediaSeconds: clip.seconds)
        let body = format.body(
            transcript, granularities: granularities,
            task: order.isTranslation ? "translate" : "transcribe")
        await answer.send(
            Response(
                status: 200, type: format.mediaType, body: body,
                fields: [("X-Realtime-Factor", factor)]))
    }

    private enum Task: String, CaseIterable { case transcribe, translate }

    private func transcriptionOrder(_ fields: RequestFields) throws(Problem) -> TranscriptionOrder {
        var order = TranscriptionOrder()
        if let language = fields.text("language"), !language.isEmpty, language != "auto" {
            let code = language.lowercased()
            guard (2...3).contains(code.utf8.count),
                code.utf8.allSatisfy({ $0 >= 0x61 && $0 <= 0x7A })
            else {
                throw Problem(
                    400, "bad-field", "The field must be an ISO 639-1 code or auto.",
                    field: "language", limit: "auto, en, de, …", got: language)
            }
            order.language = code
        }
        order.isTranslation = try fields.choice("task", default: Task.transcribe) == .translate
        order.prompt = fields.text("prompt") ?? ""
        guard order.prompt.utf8.count <= 4_096 else {
            throw Problem(
                400, "bad-field", "The prompt is too long.", field: "prompt", limit: "4096 bytes")
        }
        order.temperature = try fields.number("temperature", default: 0, in: 0...1)
        if let model = fields.text("model"), !model.isEmpty, model != "auto" { order.model = model }
        order.detectsSpeech = try fields.flag("vad", default: true)
        return order
    }

    private func granularities(_ fields: RequestFields) throws(Problem) -> Set<String> {
        let wanted = fields.all("timestamp_granularities")
        for name in wanted where name != "word" && name != "segment" {
            throw Problem(
                400, "bad-field", "The field has a value that is not allowed.",
                field: "timestamp_granularities", limit: "segment, word", got: name)
        }
        return wanted.isEmpty ? ["segment"] : Set(wanted)
    }
}

/// Seconds of work for each second of media, for `X-Realtime-Factor`.
func realtimeFactor(since start: ContinuousClock.Instant, mediaSeconds: Double) -> String {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let thousandths = Int((seconds / max(mediaSeconds, 0.001) * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
}
