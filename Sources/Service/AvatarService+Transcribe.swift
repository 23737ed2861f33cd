import EngineAPI
import HTTPWire

extension AvatarService {
    /// `POST /transcribe`, OpenAI's two routes and whisper.cpp's `/inference`.
    /// - translates: nil where the fields say it.
    func transcribe(
        _ fields: RequestFields, as dialect: Dialect = .native, translates: Bool? = nil
    ) throws(Problem) -> RouteWork {
        let format = try fields.choice("response_format", default: TranscriptFormat.json)
        let order = try transcriptionOrder(fields, dialect, translates: translates)
        let isStreamed = try fields.flag("stream", default: false)
        let granularities = try granularities(fields)
        let audio = fields.file("file", "audio")?.bytes ?? fields.rawBody
        guard !audio.isEmpty else {
            throw Problem(
                400, "field-missing",
                "Send the audio in the multipart field \"file\", or as the body.", field: "file")
        }
        return { [self] answer async throws(Problem) in
            let clip = try await clip(audio, answer.context)
            try await transcribe(clip, order, dialect, answer) { transcript, factor in
                if isStreamed { return nil }
                let body = format.body(
                    transcript, granularities: granularities,
                    task: order.isTranslation ? "translate" : "transcribe", dialect: dialect)
                return Response(
                    status: 200, type: format.mediaType, body: body,
                    fields: [("X-Realtime-Factor", factor)])
            }
        }
    }

    /// - response: nil where the transcript is told as events.
    private func transcribe(
        _ clip: AudioClip, _ order: TranscriptionOrder, _ dialect: Dialect, _ answer: RouteAnswer,
        response: (Transcript, _ factor: String) -> Response?
    ) async throws(Problem) {
        let start = ContinuousClock.now
        let transcript = try await transcript(clip, order, dialect, answer.context)
        metrics.made(audioSeconds: clip.seconds)
        let factor = realtimeFactor(since: start, mediaSeconds: clip.seconds)
        guard let response = response(transcript, factor) else {
            return try await send(events: transcript, answer)
        }
        await answer.send(response)
    }

    private func clip(
        _ audio: [UInt8], _ context: RequestContext
    ) async throws(Problem) -> AudioClip {
        let secondsMax = settings.audioSecondsMax
        let codec = engines.codec
        return try await mapping(field: "file") { () async throws(EngineError) in
            try await context.timed("decode") { () async throws(EngineError) in
                try await codec.decodeAudio(
                    audio, sampleRateHz: 16_000, secondsMax: secondsMax, work: context.work)
            }
        }
    }

    private func transcript(
        _ clip: AudioClip, _ order: TranscriptionOrder, _ dialect: Dialect,
        _ context: RequestContext
    ) async throws(Problem) -> Transcript {
        let transcriber = engines.transcriber
        do throws(Problem) {
            return try await mapping(field: "model") { () async throws(EngineError) in
                try await context.timed("infer") { () async throws(EngineError) in
                    try await transcriber.transcribe(clip, order, work: context.work)
                }
            }
        } catch {
            // OpenAI answers 404 to a model's name that it does not know.
            guard error.kind == "model-missing", let model = order.model else { throw error }
            guard dialect == .openAI else {
                throw Problem(
                    400, "model-unknown", "There is no such model here.", field: "model",
                    limit: "auto, tiny.en, base, or a file of the operator's", got: model)
            }
            throw Problem(
                404, "model-missing", "There is no such model here.", field: "model",
                limit: (OpenAIModels.hearing + ["tiny.en", "base"]).joined(separator: ", "),
                got: model)
        }
    }

    /// OpenAI's events: the segments in order, then the whole.
    private func send(events transcript: Transcript, _ answer: RouteAnswer) async throws(Problem) {
        try await mapping { () async throws(EngineError) in
            for (index, segment) in transcript.segments.enumerated() {
                try await answer.event(
                    "transcript.text.delta",
                    [
                        "delta": .string(index == 0 ? segment.text : " " + segment.text),
                        "start": .number(rounded(segment.startSeconds)),
                        "end": .number(rounded(segment.endSeconds)),
                    ])
            }
            try await answer.event(
                "transcript.text.done",
                [
                    "text": .string(transcript.text), "language": .string(transcript.language),
                    "duration": .number(rounded(transcript.seconds)),
                    "server_timing": .string(answer.context.serverTiming),
                ])
        }
        await answer.end()
    }

    private enum Task: String, CaseIterable { case transcribe, translate }

    private func transcriptionOrder(
        _ fields: RequestFields, _ dialect: Dialect, translates: Bool?
    ) throws(Problem) -> TranscriptionOrder {
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
        if let translates {
            order.isTranslation = translates
        } else if dialect == .whisperCpp {
            order.isTranslation = try fields.flag("translate", default: false)
        } else {
            order.isTranslation =
                try fields.choice("task", default: Task.transcribe) == .translate
        }
        order.prompt = fields.text("prompt") ?? ""
        guard order.prompt.utf8.count <= 4_096 else {
            throw Problem(
                400, "bad-field", "The prompt is too long.", field: "prompt", limit: "4096 bytes")
        }
        order.temperature = try fields.number("temperature", default: 0, in: 0...1)
        if let model = fields.text("model"), !model.isEmpty, model != "auto",
            dialect != .openAI || !OpenAIModels.hearing.contains(model)
        {
            order.model = model
        }
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
