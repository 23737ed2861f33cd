import EngineAPI
import Execution
import HTTPWire

extension AvatarService {
    /// `POST /transcribe`, OpenAI's two routes and whisper.cpp's `/inference`.
    /// - translates: nil where the fields say it.
    func transcribe(
        _ fields: RequestFields, as dialect: APIFlavor = .native, translates: Bool? = nil
    ) throws(Problem) -> RouteHandler {
        let format = try fields[TranscriptionFields.format]
        var request = try TranscriptionRequest(fields, dialect, translates: translates)
        let isStreamed = try fields[TranscriptionFields.stream]
        var shape = try TranscriptShape(fields, dialect, request)
        let speakers = try ChannelSpeakers(fields)
        let voices = try VoiceSpeakers(
            fields, format, isPresent: engines.transcriber.tellsVoices())
        let remarks = try transcriptionRemarks(fields, format)
        let audio = try fields[TranscriptionFields.file] ?? fields.rawBody
        let incoming = fields.incomingFile
        let choice = try AudioChoice(fields)
        guard incoming != nil || !audio.isEmpty else {
            throw Problem(
                .fieldMissing,
                "Send the audio in the multipart field \"file\", or as the body.", field: "file")
        }
        request.alignsWords =
            isStreamed || format.hasTimes || shape.granularities?.contains("word") == true
            || speakers != nil || voices != nil
        shape.tellsVoices = voices != nil
        let wanted = request
        return { [self, shape] writer async throws(Problem) in
            writer.context.tell(remarks)
            if let speakers {
                let (transcript, factor) = try await transcript(
                    audio, choice, wanted, dialect, speakers, writer.context)
                guard isStreamed else {
                    return await send(transcript, format, shape, factor: factor, writer)
                }
                return try await tellSpeakers(transcript, shape, format, writer)
            }
            let audio = try await audioSource(audio, incoming, choice, writer.context)
            if let voices {
                var wanted = wanted
                try await mapping { () async throws(EngineError) in
                    try writer.context.work.memory.charge(VoiceSpeakers.bytes)
                }
                wanted.speakers = try await voices.choice(engines.codec, writer.context)
                let (transcript, factor) = try await transcript(
                    audio, wanted, dialect, writer.context)
                guard isStreamed else {
                    return await send(transcript, format, shape, factor: factor, writer)
                }
                return try await tellSpeakers(transcript, shape, format, writer)
            }
            if isStreamed { return try await stream(audio, wanted, shape, writer) }
            let (transcript, factor) = try await transcript(audio, wanted, dialect, writer.context)
            await send(transcript, format, shape, factor: factor, writer)
        }
    }

    private func send(
        _ transcript: Transcript, _ format: TranscriptFormat, _ shape: TranscriptShape,
        factor: String, _ writer: ResponseWriter
    ) async {
        await writer.send(
            Response(
                status: 200, type: format.mediaType, body: format.body(transcript, shape),
                fields: [("X-Realtime-Factor", factor)]))
    }

    func audioSource(
        _ audio: [UInt8], _ incoming: IncomingFile?, _ choice: AudioChoice,
        _ context: RequestContext
    ) async throws(Problem) -> any AudioSource {
        let secondsMax = settings.audioSecondsMax
        let codec = engines.codec
        return try await mapping(field: "file") { () async throws(EngineError) in
            try context.work.memory.charge(AvatarService.transcriptionBytes)
            return try await context.timed("decode") { () async throws(EngineError) in
                if let incoming {
                    return try await codec.reader(
                        incoming, choice: choice, secondsMax: secondsMax, work: context.work)
                }
                return try await codec.reader(
                    audio, choice: choice, secondsMax: secondsMax, work: context.work)
            }
        }
    }

    func transcript(
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
        case .unreadableAudio, .audioUnheard, .audioTooLong:
            var problem = Problem(error)
            problem.field = problem.field ?? "file"
            return problem
        case .modelMissing:
            // OpenAI answers 404 to a model's name that it does not know.
            guard let model = request.model else { return Problem(error) }
            guard dialect == .openAI else {
                return Problem(
                    .modelUnknown, "There is no such model here.", field: "model",
                    limit: (["auto"] + engines.transcriber.modelNames()).joined(separator: ", "),
                    got: model)
            }
            return Problem(
                .modelMissing, status: 404, "There is no such model here.", field: "model",
                limit: (OpenAIModels.transcription + engines.transcriber.modelNames())
                    .joined(separator: ", "),
                got: model)
        default: return Problem(error)
        }
    }

    /// OpenAI's events: the segments as they are heard, then the whole.
    private func stream(
        _ audio: any AudioSource, _ request: TranscriptionRequest, _ shape: TranscriptShape,
        _ writer: ResponseWriter
    ) async throws(Problem) {
        let reported = Mutex("")
        let (transcript, _) = try await transcript(
            audio, request, shape.dialect, writer.context
        ) {
            segments async throws(EngineError) in
            for segment in segments {
                let before = reported.withLock { before in
                    defer { before = segment.text }
                    return before
                }
                try await writer.delta(segment, behind: before, shape)
            }
        }
        try await mapping { () async throws(EngineError) in
            try await writer.done(transcript, shape)
        }
        await writer.end()
    }

    /// A transcription under way: the decoder, and the audio that is looked at, at most a minute.
    private static let transcriptionBytes = 10 << 20
}

/// Seconds of work for each second of media, for `X-Realtime-Factor`.
func realtimeFactor(since start: ContinuousClock.Instant, mediaSeconds: Double) -> String {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let thousandths = Int(bounded: (seconds / max(mediaSeconds, 0.001) * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
}
