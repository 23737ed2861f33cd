import EngineAPI

// What is said: clauses of the voice as events, with the times of words and mouth shapes.
extension RealtimeSession {
    /// Sound of one event at most: 100 ms.
    private static let slicesPerSecond = 10

    /// Says what the response's text comes to, clause by clause, while more is written.
    func speak(_ id: String) async {
        guard let response = current(id) else { return }
        var request = SpeechRequest(text: "", voice: response.order.voice)
        request.speed = response.order.speed
        request.arrivesInPieces = true
        let work = WorkContext(
            deadline: .now + .seconds(hub.settings.secondsMax), wantedBy: .now + .seconds(1),
            cancellation: response.cancellation, memory: memory)
        let texts = response.texts
        do throws(EngineError) {
            let speech = try await hub.engines.speaker.open(request, work: work)
            let feeding = Task {
                do throws(EngineError) {
                    while let text = try await texts.next() { try await speech.add(text) }
                    speech.finish(throwing: nil)
                } catch {
                    speech.finish(throwing: error)
                }
            }
            defer { feeding.cancel() }
            while let clause = try await speech.next() {
                guard await say(clause, id) else { return }
            }
            try await flushVoice(id)
        } catch {
            return await speechFailed(error, id)
        }
        if let response = current(id), let face, response.streamStart != nil {
            // The voice ends when its last sample was due, not when it was sent.
            await face.waitForVoiceEnd()
        }
        await complete(id)
    }

    private func speechFailed(_ error: EngineError, _ id: String) async {
        guard let response = current(id), error != .cancelled else { return }
        switch error {
        case .nothingToSpeak, .scriptUnsupported:
            // It can't be said, but it can be read.
            if response.message != nil, response.text.isEmpty, error != .nothingToSpeak {
                return await endResponse(
                    .failed(code: "speech_failed", message: "The text can't be spoken."))
            }
            await complete(id)
        default:
            hub.log.error("speech failed", metadata: ["error": "\(error)"])
            await endResponse(
                .failed(code: "internal", message: "The answer could not be spoken."))
        }
    }

    /// - Returns: false where the response has ended.
    private func say(_ clause: SpokenClause, _ id: String) async -> Bool {
        guard let response = current(id) else { return false }
        openMessage(response)
        response.spoken.add(clause)
        if !clause.isContinuation {
            tellText(clause, response)
            tellTimes(clause, response)
        }
        var streamStart: Int?
        if let face {
            streamStart = await face.hear(clause)
            guard current(id) != nil else { return false }
        }
        if !response.hasSound { beginVoice(response, streamStart) }
        report.saidMilliseconds += Int(bounded: clause.clip.seconds * 1_000)
        hub.metrics.add(.seconds, "out", clause.clip.seconds)
        return await send(clause.clip, streamStart, id)
    }

    private func tellText(_ clause: SpokenClause, _ response: ActiveResponse) {
        var text = clause.text
        if let last = response.text.last, let first = text.first, !last.isWhitespace,
            !first.isWhitespace
        {
            text = " " + text
        }
        response.text += text
        emit(
            "response.output_audio_transcript.delta",
            place(
                response,
                ["delta": .string(text), "start_time": .number(rounded(clause.startSeconds))]))
    }

    /// The first sound of a response is there.
    private func beginVoice(_ response: ActiveResponse, _ streamStart: Int?) {
        response.hasSound = true
        if let since = response.order.since {
            let time = (ContinuousClock.now - since) / .milliseconds(1)
            measured("sound", since: since, of: response)
            firstSounds.append(Int(bounded: time))
            if firstSounds.count > 1_000 { firstSounds.removeFirst() }
        }
        guard let streamStart else { return }
        response.streamStart = streamStart
        emit(
            "output_audio_buffer.started",
            [
                "response_id": .string(response.id), "stream_ms": .number(Double(streamStart)),
            ])
        emit(
            "session.avatar.switch_to_speaking",
            ["stream_ms": .number(Double(streamStart))])
    }

    /// Sends sound: as fast as the client takes it, or with a face a little before it is due.
    private func send(_ clip: AudioClip, _ streamStart: Int?, _ id: String) async -> Bool {
        let count = max(clip.sampleRateHz / Self.slicesPerSecond, 1)
        for from in stride(from: 0, to: clip.samples.count, by: count) {
            let offset = from * 1_000 / max(clip.sampleRateHz, 1)
            if let face, let streamStart {
                await face.wait(until: streamStart + offset)
            } else {
                await output.room()
            }
            guard let response = current(id) else { return false }
            let slice = Array(clip.samples[from..<min(from + count, clip.samples.count)])
            let samples: [Float]
            do throws(EngineError) {
                samples = try converted(slice, clip.sampleRateHz, response)
            } catch {
                await endResponse(
                    .failed(code: "internal", message: "The sound can't be converted."))
                return false
            }
            tellSound(samples, response, streamStart.map { $0 + offset })
        }
        return true
    }

    private func tellSound(_ samples: [Float], _ response: ActiveResponse, _ stream: Int?) {
        guard !samples.isEmpty else { return }
        var fields: [String: JSONValue] = [
            "delta": .string(base64Text(response.order.wire.bytes(samples)))
        ]
        fields["stream_ms"] = stream.map { .number(Double($0)) }
        emit("response.output_audio.delta", place(response, fields))
    }

    private func converted(
        _ samples: [Float], _ rateHz: Int, _ response: ActiveResponse
    ) throws(EngineError) -> [Float] {
        let wanted = response.order.wire.rateHz
        guard rateHz != wanted else { return samples }
        if let converter = response.converter { return try converter.convert(samples) }
        let converter = try hub.engines.codec.rateConverter(fromHz: rateHz, toHz: wanted)
        response.converter = converter
        return try converter.convert(samples)
    }

    /// What the converter still holds.
    private func flushVoice(_ id: String) async throws(EngineError) {
        guard let response = current(id), let rest = try response.converter?.finish() else {
            return
        }
        let stream = response.streamStart.map {
            $0 + Int(bounded: response.spoken.milliseconds)
        }
        tellSound(rest, response, stream)
    }

    // MARK: times

    private func tellTimes(_ clause: SpokenClause, _ response: ActiveResponse) {
        if configuration.tellsWords {
            for word in clause.words {
                emit(
                    "response.audio_timestamp.delta",
                    place(
                        response,
                        [
                            "audio_offset_ms": Self.milliseconds(word.startSeconds),
                            "audio_duration_ms": Self.milliseconds(
                                word.endSeconds - word.startSeconds),
                            "text": .string(word.text), "timestamp_type": "word",
                        ]))
            }
        }
        guard configuration.tellsVisemes else { return }
        for viseme in clause.visemes {
            emit(
                "response.animation_viseme.delta",
                place(
                    response,
                    [
                        "audio_offset_ms": Self.milliseconds(viseme.startSeconds),
                        "viseme_id": .number(Double(viseme.viseme.azureID)),
                        "viseme": .string(viseme.viseme.name),
                    ]))
        }
    }

    func emitTimesDone(_ response: ActiveResponse) {
        if configuration.tellsWords {
            emit("response.audio_timestamp.done", place(response, [:]))
        }
        if configuration.tellsVisemes {
            emit("response.animation_viseme.done", place(response, [:]))
        }
    }

    private static func milliseconds(_ seconds: Double) -> JSONValue {
        .number((seconds * 1_000).rounded())
    }
}

extension Viseme {
    /// The id of the shape in Azure's set of 22 (Microsoft, "Get facial position with viseme").
    var azureID: Int {
        switch self {
        case .sil: 0
        case .aa: 2
        case .E: 4
        case .ih: 6
        case .ou: 7
        case .oh: 8
        case .RR: 13
        case .SS: 15
        case .CH: 16
        case .TH: 17
        case .FF: 18
        case .DD, .nn: 19
        case .kk: 20
        case .PP: 21
        }
    }
}
