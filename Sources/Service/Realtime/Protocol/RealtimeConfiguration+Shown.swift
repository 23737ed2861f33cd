extension RealtimeConfiguration {
    /// `session` as its events show it.
    /// - canAnswer: somebody is there who answers.
    func shown(id: String, expiresAt: Int, canAnswer: Bool) -> JSONValue {
        var input: [String: JSONValue] = [
            "format": input.shown, "noise_reduction": .null,
            "turn_detection": shownDetection(canAnswer: canAnswer),
        ]
        input["transcription"] = shownTranscription
        var session: [String: JSONValue] = [
            "id": .string(id), "type": .string(kind.rawValue),
            "expires_at": .number(Double(expiresAt)),
        ]
        guard kind == .conversation else {
            session["object"] = "realtime.transcription_session"
            session["audio"] = ["input": .object(input)]
            return .object(session)
        }
        session["object"] = "realtime.session"
        session["model"] = .string(model)
        session["instructions"] = .string(instructions)
        session["output_modalities"] = [isSpoken ? "audio" : "text"]
        session["tools"] = .array(tools)
        session["tool_choice"] = toolChoice
        session["max_output_tokens"] = maxOutputTokens.map { .number(Double($0)) } ?? "inf"
        session["audio"] = [
            "input": .object(input),
            "output": [
                "format": output.shown, "voice": .string(voiceName), "speed": .number(speed),
            ],
        ]
        if tellsVisemes { session["animation"] = ["outputs": ["viseme_id"]] }
        if tellsWords { session["output_audio_timestamp_types"] = ["word"] }
        session["avatar"] = avatar?.shown
        return .object(session)
    }

    private var shownTranscription: JSONValue {
        guard let transcription else { return .null }
        var fields: [String: JSONValue] = ["model": .string(transcription.model)]
        fields["language"] = transcription.language.map { .string($0) }
        if !transcription.prompt.isEmpty { fields["prompt"] = .string(transcription.prompt) }
        if transcription.delay != "low" { fields["delay"] = .string(transcription.delay) }
        if !transcription.keywords.isEmpty {
            fields["keywords"] = .array(transcription.keywords.map { .string($0) })
        }
        return .object(fields)
    }

    private func shownDetection(canAnswer: Bool) -> JSONValue {
        let answers = canAnswer && kind == .conversation
        switch detection {
        case .manual: return .null
        case .server(let server):
            return [
                "type": "server_vad", "threshold": .number(server.threshold),
                "prefix_padding_ms": .number(Double(server.paddingMilliseconds)),
                "silence_duration_ms": .number(Double(server.silenceMilliseconds)),
                "create_response": .bool(server.createsResponse && answers),
                "interrupt_response": .bool(server.interruptsResponse),
            ]
        case .semantic(let semantic):
            return [
                "type": "semantic_vad", "eagerness": .string(semantic.eagerness),
                "create_response": .bool(semantic.createsResponse && answers),
                "interrupt_response": .bool(semantic.interruptsResponse),
            ]
        }
    }
}
