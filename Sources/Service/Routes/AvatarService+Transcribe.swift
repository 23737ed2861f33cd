import EngineAPI
import Execution
import HTTPWire

extension AvatarService {
    /// `POST /transcribe`, OpenAI's two routes and whisper.cpp's `/inference`.
    /// - translates: nil where the fields say it.
    func transcribe(
        _ fields: RequestFields, as dialect: APIFlavor = .native, translates: Bool? = nil
    ) throws(Problem) -> RouteHandler {
        let format = try fields.choice("response_format", default: TranscriptFormat.json)
        var request = try transcriptionOrder(fields, dialect, translates: translates)
        let isStreamed = try fields.flag("stream", default: false)
        let granularities = try granularities(fields)
        let audio = fields.file("file", "audio")?.bytes ?? fields.rawBody
        let incoming = fields.incomingFile
        guard incoming != nil || !audio.isEmpty else {
            throw Problem(
                400, "field-missing",
                "Send the audio in the multipart field \"file\", or as the body.", field: "file")
        }
        request.alignsWords =
            isStreamed || [.srt, .vtt, .verbose_json].contains(format)
        let wanted = request
        return { [self] writer async throws(Problem) in
            let audio = try await audioSource(audio, incoming, writer.context)
            if isStreamed { return try await stream(audio, wanted, dialect, writer) }
            let (transcript, factor) = try await transcript(audio, wanted, dialect, writer.context)
            let body = format.body(
                transcript, granularities: granularities,
                task: wanted.isTranslation ? "translate" : "transcribe", dialect: dialect)
            await writer.send(
                Response(
                    status: 200, type: format.mediaType, body: body,
                    fields: [("X-Realtime-Factor", factor)]))
        }
    }

    private func audioSource(
        _ audio: [UInt8], _ incoming: IncomingFile?, _ context: RequestContext
    ) async throws(Problem) -> any AudioSource {
        let secondsMax = settings.audioSecondsMax
        let codec = engines.codec
        return try await mapping(field: "file") { () async throws(EngineError) in
            try context.work.memory.charge(AvatarService.hearingBytes)
            return try await context.timed("decode") { () async throws(EngineError) in
                if let incoming {
                    return try await codec.reader(
                        incoming, secondsMax: secondsMax, work: context.work)
                }
                return try await codec.reader(
                    audio, secondsMax: secondsMax, work: context.work)
            }
        }
    }

    private func transcript(
        _ audio: any AudioSource, _ request: TranscriptionRequest, _ dialect: APIFlavor,
        _ context: RequestContext, onSegments: SegmentHandler? = nil
    ) async throws(Problem) -> (Transcript, factor: String) {
        let transcriber = engines.transcriber
        let start = ContinuousClock.now
        let transcript: Transcript
        do throws(EngineError) {
            transcript = try await context.timed("infer") { () async throws(EngineError) in
                try await transcriber.transcribe(
                    audio, request, work: context.work, onSegments: onSegments)
            }
        } catch {
            throw problem(of: error, request, dialect)
        }
        metrics.made(audioSeconds: transcript.seconds)
        return (transcript, realtimeFactor(since: start, mediaSeconds: transcript.seconds))
    }

    private func problem(
        of error: EngineError, _ request: TranscriptionRequest, _ dialect: APIFlavor
    ) -> Problem {
        switch error {
        case .unreadableAudio, .audioTooLong:
            var problem = Problem(error)
            problem.field = "file"
            return problem
        case .modelMissing:
            // OpenAI answers 404 to a model's name that it does not know.
            guard let model = request.model else { return Problem(error) }
            guard dialect == .openAI else {
                return Problem(
                    422, "model-unknown", "There is no such model here.", field: "model",
                    limit: "auto, tiny.en, base, or a file of the operator's", got: model)
            }
            return Problem(
                404, "model-missing", "There is no such model here.", field: "model",
                limit: (OpenAIModels.hearing + ["tiny.en", "base"]).joined(separator: ", "),
                got: model)
        default: return Problem(error)
        }
    }

    /// OpenAI's events: the segments as they are heard, then the whole.
    private func stream(
        _ audio: any AudioSource, _ request: TranscriptionRequest, _ dialect: APIFlavor,
        _ writer: ResponseWriter
    ) async throws(Problem) {
        let reported = Mutex(0)
        let (transcript, _) = try await transcript(audio, request, dialect, writer.context) {
            segments async throws(EngineError) in
            for segment in segments {
                let isFirst = reported.withLock { count in
                    count += 1
                    return count == 1
                }
                try await writer.event(
                    "transcript.text.delta",
                    [
                        "delta": .string(isFirst ? segment.text : " " + segment.text),
                        "start": .number(rounded(segment.startSeconds)),
                        "end": .number(rounded(segment.endSeconds)),
                    ])
            }
        }
        try await mapping { () async throws(EngineError) in
            try await writer.event(
                "transcript.text.done",
                [
                    "text": .string(transcript.text), "language": .string(transcript.language),
                    "duration": .number(rounded(transcript.seconds)),
                    "server_timing": .string(writer.context.serverTiming),
                ])
        }
        await writer.end()
    }

    /// A transcription under way: the decoder, and the audio that is looked at, at most a minute.
    private static let hearingBytes = 10 << 20

    private enum Task: String, CaseIterable { case transcribe, translate }

    private func transcriptionOrder(
        _ fields: RequestFields, _ dialect: APIFlavor, translates: Bool?
    ) throws(Problem) -> TranscriptionRequest {
        var request = TranscriptionRequest()
        if let language = fields.text("language"), !language.isEmpty,
            language.lowercased() != "auto"
        {
            request.language = try spokenLanguage(language)
        }
        if let translates {
            request.isTranslation = translates
        } else if dialect == .whisperCpp {
            request.isTranslation = try fields.flag("translate", default: false)
        } else {
            request.isTranslation =
                try fields.choice("task", default: Task.transcribe) == .translate
        }
        request.prompt = promptEnd(fields.text("prompt") ?? "")
        request.temperature = try fields.number("temperature", default: 0, in: 0...1)
        if let model = fields.text("model"), !model.isEmpty, model != "auto",
            dialect != .openAI || !OpenAIModels.hearing.contains(model)
        {
            request.model = model
        }
        request.detectsSpeech = try fields.flag("vad", default: true)
        return request
    }

    private func spokenLanguage(_ text: String) throws(Problem) -> String {
        guard SpokenLanguage.isShaped(text) else {
            throw Problem(
                400, "bad-field", "The field must be a language's code, locale or name, or auto.",
                field: "language", limit: "auto, en, de, en-US, English, …", got: text)
        }
        guard let code = SpokenLanguage.code(text) else {
            throw Problem(
                422, "language-unknown", "There is no language of that name here.",
                field: "language", limit: "auto, en, de, en-US, English, …", got: text)
        }
        return code
    }

    /// A model reads 224 tokens at most, and keeps the last of them, as OpenAI's does. No language
    /// writes more than 18 characters a token for so long: what is before is let go here, from a
    /// whole word on.
    private func promptEnd(_ prompt: String) -> String {
        let scalars = prompt.unicodeScalars
        guard scalars.count > Self.promptScalarsMax else { return prompt }
        let end = scalars.suffix(Self.promptScalarsMax)
        let words = end.drop { !$0.properties.isWhitespace }
        return String(String.UnicodeScalarView(words.isEmpty ? end : words))
    }

    private static let promptScalarsMax = 4_096

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
    let thousandths = Int(bounded: (seconds / max(mediaSeconds, 0.001) * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
}
