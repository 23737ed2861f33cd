import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire

import struct Synchronization.Atomic

extension AvatarService {
    /// `POST /speak`, and OpenAI's `/v1/audio/speech`: bytes leave as soon as the first clause
    /// is made.
    func speak(
        _ fields: RequestFields, as dialect: APIFlavor = .native
    ) throws(Problem) -> RouteHandler {
        let request = try speechOrder(fields)
        let format = try fields[
            dialect == .openAI ? SpeechFields.openAIFormat : SpeechFields.format]
        if dialect == .openAI { try checkSpeakingModel(fields) }
        let instructions = dialect == .openAI ? try fields[SpeechFields.instructions] : nil
        let ineffective = instructions == nil ? [] : [SpeechFields.instructions.facts.name]
        let arriving = fields.incomingText
        let isEvents = try fields[SpeechFields.streamFormat] == .sse
        if !isEvents, try fields[SpeechFields.timestamps] {
            return { [self] writer async throws(Problem) in
                writer.context.ignore(ineffective)
                try await speakWithTimes(request, arriving, format, writer)
            }
        }
        let manner: SpeechDelivery =
            !isEvents ? .audio : dialect == .openAI ? .events : .eventsWithWords
        return { [self] writer async throws(Problem) in
            writer.context.ignore(ineffective)
            try await speak(request, arriving, format, manner, writer)
        }
    }

    private func speak(
        _ request: SpeechRequest, _ arriving: BoundedChannel<String>?, _ format: AudioFormat,
        _ delivery: SpeechDelivery,
        _ writer: ResponseWriter
    ) async throws(Problem) {
        let context = writer.context
        let voice = VoiceStream(format: format, codec: engines.codec)
        let (speaker, metrics) = (engines.speaker, metrics)
        let signing = signing(
            format.mediaType, speechClaim(request), isStream: delivery != .audio)
        tellUnsigned(format.mediaType, isStream: delivery != .audio, context)
        let isHeld = signing != nil && (writer.isCollected || settings.holdsStreams)
        let held = HeldBytes()
        let start = ContinuousClock.now
        let clauses = Atomic<Int>(0)
        @Sendable func madeSoFar() -> StageTime {
            StageTime(name: "infer", milliseconds: (.now - start) / .milliseconds(1))
        }
        try await mapping(field: "text") { () async throws(EngineError) in
            try context.work.memory.charge(AvatarService.speechBytes)
            context.work.notes.add(request.notes)
            try await speaker.speak(
                request, arriving: arriving, work: context.work
            ) { [self] clause throws(EngineError) in
                let piece = try await voice.add(clause)
                metrics.made(audioSeconds: clause.clip.seconds)
                if !clause.isContinuation {
                    context.work.report(clauses.add(1, ordering: .relaxed).newValue, .clauses)
                }
                if !writer.isBegun {
                    if clauses.load(ordering: .relaxed) == 1, !clause.isContinuation {
                        context.add(
                            StageTime(name: "first", milliseconds: context.elapsedMilliseconds))
                    }
                    if delivery == .audio, clause.isLast {
                        // All is there before the head leaves.
                        let whole = try await signed(
                            try await voice.whole(held.taken() + piece), signing, context)
                        context.add(madeSoFar())
                        return await writer.send(
                            Response(status: 200, type: format.mediaType, body: whole))
                    }
                    // The rest is milliseconds away, and makes the answer whole.
                    let isWholeSoon = clause.speechSamples != nil && delivery == .audio
                    if isHeld || isWholeSoon && (signing != nil || writer.isCollected) {
                        try context.work.memory.charge(piece.count)
                        return held.add(piece)
                    }
                    tellUnsigned(format.mediaType, isStream: true, context)
                    if delivery == .audio { await writer.begin(type: format.mediaType) }
                }
                try await write(piece, clause, to: writer, delivery)
            }
            if writer.isWhole { return }
            if isHeld {
                let whole = try await signed(
                    try await voice.whole(held.taken()), signing, context)
                context.add(madeSoFar())
                return await writer.send(
                    Response(status: 200, type: format.mediaType, body: whole))
            }
            try await write(try await voice.finish(), nil, to: writer, delivery)
            for amendment in await voice.amendments() where delivery == .audio {
                await writer.amend(amendment)
            }
        }
        if writer.isWhole { return }
        context.add(madeSoFar())
        if delivery != .audio {
            try await mapping { () async throws(EngineError) in
                // Nothing here is paid for by the token, but clients expect the counts.
                try await writer.event(
                    "speech.audio.done",
                    [
                        "usage": ["input_tokens": 0, "output_tokens": 0, "total_tokens": 0],
                        "server_timing": .string(context.serverTiming),
                    ])
            }
        }
        await writer.end()
    }

    /// A speech under way: the clauses ahead, the encoder, and what waits for the client.
    private static let speechBytes = 4 << 20

    /// OpenAI's names and our voices' are known; any other is an error there too.
    private func checkSpeakingModel(_ fields: RequestFields) throws(Problem) {
        guard let model = try fields[SpeechFields.openAIModel] else { return }
        let known = OpenAIModels.speech + engines.speaker.voices().map(\.id)
        guard known.contains(model) || OpenAIModels.isNamed(model, in: OpenAIModels.speech) else {
            throw Problem(
                .modelMissing, status: 404, "There is no such model for speech here.",
                field: "model",
                limit: known.joined(separator: ", "), got: model)
        }
    }

    func speechOrder(_ fields: RequestFields) throws(Problem) -> SpeechRequest {
        if fields.incomingText != nil {
            var request = try speechManner(fields)
            request.arrivesInPieces = true
            return request
        }
        guard let text = try fields[SpeechFields.text] else {
            throw Problem(
                .fieldMissing, "Send the text that is to be spoken.", field: "text")
        }
        if text.isEmpty {
            var problem = Problem(.nothingToSpeak)
            problem.field = "text"
            throw problem
        }
        let count = text.unicodeScalars.count
        guard count <= settings.textCharactersMax else {
            throw Problem(
                .textTooLong, "The text is too long.", field: "text",
                limit: "\(settings.textCharactersMax) characters", got: "\(count) characters")
        }
        var request = try speechManner(fields)
        request.text = text
        return request
    }

    /// How something is to be said, whatever it is.
    func speechManner(_ fields: RequestFields) throws(Problem) -> SpeechRequest {
        var request = SpeechRequest(text: "")
        try chooseVoice(fields, for: &request)
        request.speed = try fields[SpeechFields.speed]
        request.lexicon = try fields[SpeechFields.lexicon]
        request.pitch = try fields[SpeechFields.pitch]
        request.isPhonemes = try fields[SpeechFields.phonemes]
        request.seed = UInt64(try fields[SpeechFields.seed])
        return request
    }

    /// JSON with the audio in base64 and the times of words, phonemes and visemes.
    private func speakWithTimes(
        _ request: SpeechRequest, _ arriving: BoundedChannel<String>?, _ format: AudioFormat,
        _ writer: ResponseWriter
    ) async throws(Problem) {
        let context = writer.context
        let voice = VoiceStream(format: format, codec: engines.codec)
        let spoken = Mutex(SpokenText())
        let signing = signing(format.mediaType, speechClaim(request))
        tellUnsigned(format.mediaType, context)
        let (speaker, metrics) = (engines.speaker, metrics)
        try await mapping(field: "text") { () async throws(EngineError) in
            context.work.notes.add(request.notes)
            try await context.timed("infer") { () async throws(EngineError) in
                try await speaker.speak(
                    request, arriving: arriving, work: context.work
                ) { clause throws(EngineError) in
                    let piece = try await voice.add(clause)
                    metrics.made(audioSeconds: clause.clip.seconds)
                    // As bytes, in base64, in JSON's text and in JSON's bytes, with the times.
                    try context.work.memory.charge(piece.count * 6 + clause.text.utf8.count * 400)
                    spoken.withLock { $0.add(clause, bytes: piece) }
                }
                let rest = try await voice.finish()
                let amendments = await voice.amendments()
                spoken.withLock { spoken in
                    spoken.audio += rest
                    for amendment in amendments { amendment.apply(to: &spoken.audio) }
                }
            }
        }
        var all = spoken.withLock { $0 }
        let unsigned = all.audio
        all.audio = try await mapping { () async throws(EngineError) in
            try await signed(unsigned, signing, context)
        }
        await writer.send(
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

/// What of a speech is held back until it is whole.
private final class HeldBytes: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func add(_ piece: [UInt8]) { bytes.withLock { $0 += piece } }

    func taken() -> [UInt8] {
        bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }
}

/// How a speech leaves.
enum SpeechDelivery: Sendable { case audio, events, eventsWithWords }

/// Sends encoded audio as it is, or as events: the words of a clause, then its audio in base64.
private func write(
    _ piece: [UInt8], _ clause: SpokenClause?, to writer: ResponseWriter, _ delivery: SpeechDelivery
) async throws(EngineError) {
    guard delivery != .audio else { return try await writer.write(piece) }
    if delivery == .eventsWithWords {
        for word in clause?.words ?? [] {
            try await writer.event(
                "speech.word",
                [
                    "text": .string(word.text), "start": .number(rounded(word.startSeconds)),
                    "end": .number(rounded(word.endSeconds)),
                ])
        }
    }
    guard !piece.isEmpty else { return }
    try await writer.event(
        "speech.audio.delta", ["audio": .string(Data(piece).base64EncodedString())])
}

extension Speaking {
    /// As `speak`; of text that is still being written where there is some.
    fileprivate func speak(
        _ request: SpeechRequest, arriving: BoundedChannel<String>?, work: WorkContext,
        deliver: @escaping @Sendable (SpokenClause) async throws(EngineError) -> Void
    ) async throws(EngineError) {
        guard let arriving else { return try await speak(request, work: work, deliver: deliver) }
        let session = try await open(request, work: work)
        let feeding = Task {
            await pump(
                from: { () async throws(EngineError) in try await arriving.next() },
                into: { (text) async throws(EngineError) in try await session.add(text) },
                end: session.finish(throwing:))
        }
        let result: Result<Void, EngineError>
        do throws(EngineError) {
            while let clause = try await session.next() { try await deliver(clause) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        arriving.fail(.cancelled)
        session.finish(throwing: .cancelled)
        await feeding.value
        try result.get()
    }
}
