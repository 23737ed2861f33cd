import EngineAPI

/// What a session's fields are checked against.
struct RealtimeChoices: Sendable {
    /// The id of a voice by its name, nil inside for the default; nil where there is none.
    let voice: @Sendable (String) -> String??
    /// The voices that are here.
    let voices: @Sendable () -> [String]
    let instructionsMax: Int
}

extension RealtimeConfiguration {
    /// Fields of the former beta that have no field of the same name beside them.
    private static let betaFields = [
        "modalities", "voice", "input_audio_format", "output_audio_format", "turn_detection",
        "input_audio_transcription", "input_audio_noise_reduction",
        "max_response_output_tokens", "speed", "temperature",
    ]

    /// What it becomes by `session`.
    func updated(
        _ session: EventFields, _ choices: RealtimeChoices
    ) throws(RealtimeError) -> RealtimeConfiguration {
        for name in Self.betaFields where session.values[name] != nil {
            throw RealtimeError(
                .betaShape,
                "The field is of the former beta; audio.input, audio.output and "
                    + "output_modalities take its place.", param: session.param(name))
        }
        var new = self
        if let type = try session.string("type"), type != kind.rawValue {
            throw session.notAllowed("type", [kind.rawValue])
        }
        if let text = try session.string("instructions", bytesMax: choices.instructionsMax * 4) {
            new.instructions = text
        }
        if let isSpoken = try Self.isSpoken(session) { new.isSpoken = isSpoken }
        if let audio = try session.object("audio") { try new.takeAudio(audio, choices) }
        if let tools = try session.objects("tools", countMax: 128) {
            new.tools = tools.map { .object($0.values) }
        }
        if let choice = session["tool_choice"] { new.toolChoice = choice }
        if session.values["max_output_tokens"] != nil {
            new.maxOutputTokens = try Self.tokens(session)
        }
        if let animation = try session.object("animation"),
            let outputs = try animation.strings("outputs", countMax: 8)
        {
            new.tellsVisemes = outputs.contains("viseme_id")
        }
        if let types = try session.strings("output_audio_timestamp_types", countMax: 8) {
            new.tellsWords = types.contains("word")
        }
        try new.takeAvatar(session)
        return new
    }

    /// `output_modalities`; both at once are as sound, with which the text comes along.
    static func isSpoken(_ fields: EventFields) throws(RealtimeError) -> Bool? {
        guard let modalities = try fields.strings("output_modalities", countMax: 4) else {
            return nil
        }
        guard !modalities.isEmpty, modalities.allSatisfy({ ["audio", "text"].contains($0) }) else {
            throw fields.notAllowed("output_modalities", ["[\"audio\"]", "[\"text\"]"])
        }
        return modalities.contains("audio")
    }

    static func tokens(_ fields: EventFields) throws(RealtimeError) -> Int? {
        if case .string("inf") = fields.values["max_output_tokens"] { return nil }
        return try fields.integer("max_output_tokens", in: 1...4_096)
    }

    private mutating func takeAudio(
        _ audio: EventFields, _ choices: RealtimeChoices
    ) throws(RealtimeError) {
        if let input = try audio.object("input") {
            if let format = try input.object("format") {
                self.input = try AudioWire(format, now: self.input)
            }
            try takeTranscription(input)
            try takeDetection(input)
        }
        guard let output = try audio.object("output") else { return }
        if let format = try output.object("format") {
            self.output = try AudioWire(format, now: self.output)
        }
        if let speed = try output.number("speed", in: 0.25...4) { self.speed = speed }
        if let (id, name) = try Self.voice(output, choices) { (voice, voiceName) = (id, name) }
    }

    /// The id and the name of `voice`: a string, or an object with an id.
    static func voice(
        _ output: EventFields, _ choices: RealtimeChoices
    ) throws(RealtimeError) -> (String?, String)? {
        guard let value = output["voice"] else { return nil }
        let name: String
        if case .object = value, let object = try output.object("voice") {
            name = try object.requiredString("id", bytesMax: 256)
        } else {
            name = try output.requiredString("voice", bytesMax: 256)
        }
        guard let id = choices.voice(name) else {
            throw output.notAllowed("voice", choices.voices())
        }
        return (id, name)
    }

    private mutating func takeTranscription(_ input: EventFields) throws(RealtimeError) {
        if input.isNull("transcription") {
            // A session that only hears has nothing else to tell.
            transcription = kind == .transcription ? Transcription() : nil
        }
        guard let fields = try input.object("transcription") else { return }
        var new = transcription ?? Transcription()
        if let model = try fields.string("model", bytesMax: 256) { new.model = model }
        if fields.isNull("language") { (new.language, new.code) = (nil, nil) }
        if let language = try fields.string("language", bytesMax: 64) {
            let code =
                language.lowercased() == "auto" || language.isEmpty
                ? nil : SpokenLanguage.code(language)
            guard code != nil || language.isEmpty || language.lowercased() == "auto" else {
                throw fields.notAllowed("language", ["a language's code, as en"])
            }
            (new.language, new.code) = (language, code)
        }
        if let prompt = try fields.string("prompt") { new.prompt = prompt }
        let delays = ["minimal", "low", "medium", "high", "xhigh"]
        if let delay = try fields.choice("delay", of: delays) { new.delay = delay }
        if let words = try fields.strings("keywords", countMax: 128) { new.keywords = words }
        transcription = new
    }

    private mutating func takeDetection(_ input: EventFields) throws(RealtimeError) {
        if input.isNull("turn_detection") { detection = .manual }
        guard let fields = try input.object("turn_detection") else { return }
        let types = ["server_vad", "semantic_vad"]
        var type = try fields.choice("type", of: types)
        if type == nil, case .semantic = detection { type = "semantic_vad" }
        if type == "semantic_vad" {
            var new = SemanticDetection()
            if case .semantic(let now) = detection { new = now }
            let eagernesses = ["low", "medium", "high", "auto"]
            if let told = try fields.choice("eagerness", of: eagernesses) { new.eagerness = told }
            if let told = try fields.flag("create_response") { new.createsResponse = told }
            if let told = try fields.flag("interrupt_response") { new.interruptsResponse = told }
            detection = .semantic(new)
        } else {
            var new = ServerDetection()
            if case .server(let now) = detection { new = now }
            if let told = try fields.number("threshold", in: 0...1) { new.threshold = told }
            if let told = try fields.integer("prefix_padding_ms", in: 0...5_000) {
                new.paddingMilliseconds = told
            }
            if let told = try fields.integer("silence_duration_ms", in: 100...5_000) {
                new.silenceMilliseconds = told
            }
            if let told = try fields.flag("create_response") { new.createsResponse = told }
            if let told = try fields.flag("interrupt_response") { new.interruptsResponse = told }
            detection = .server(new)
        }
    }
}
