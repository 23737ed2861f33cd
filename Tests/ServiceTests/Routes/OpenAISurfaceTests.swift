import EngineAPI
import HTTPWire
import Testing

@testable import Service

/// What OpenAI's clients may send and read of a transcript, beside the plain answers.
@Suite struct OpenAISurfaceTests {
    private let service = scriptedService()

    private func hear(
        _ fields: [(String, String)], path: String = "/v1/audio/transcriptions"
    ) async throws -> CollectingSink.Collected {
        let (type, body) = form([("@file", "sound")] + fields)
        return try await ask(service, "POST \(path)", type: type, body: body)
    }

    @Test("tokens come with their bytes and probabilities, and are the text")
    func logprobs() async throws {
        let value = try JSONValue(try await hear([("include[]", "logprobs")]))
        #expect(
            value["logprobs"][0]["token"] == "Hello," && value["logprobs"][1]["token"] == " <you>.")
        #expect(value["logprobs"][0]["bytes"][0] == 72 && value["logprobs"][0]["logprob"] == -0.25)
        let events = try events(try await hear([("include[]", "logprobs"), ("stream", "true")]))
        for event in events { #expect(event.value["logprobs"][1]["token"] == " <you>.") }
        let plain = try JSONValue(try await hear([]))
        #expect(plain["logprobs"] == .null)
    }

    @Test("the last event has the usage in tokens, by every model's name")
    func streamedUsage() async throws {
        for model in ["whisper-1", "gpt-4o-transcribe"] {
            let events = try events(try await hear([("stream", "true"), ("model", model)]))
            #expect(events.last?.value["usage"]["type"] == "tokens")
            #expect(events.last?.value["usage"]["output_tokens"] == 2)
        }
    }

    @Test("words come in plain JSON too, where they are asked for")
    func words() async throws {
        for path in ["/transcribe", "/v1/audio/transcriptions", "/inference"] {
            let value = try JSONValue(
                try await hear([("timestamp_granularities[0]", "word")], path: path))
            #expect(value["words"][1]["word"] == "<you>.", "\(path)")
        }
    }

    // MARK: channels

    @Test("each channel is a speaker, by name where it has one")
    func channels() async throws {
        let value = try JSONValue(
            try await hear([
                ("channels", "split"), ("response_format", "diarized_json"),
                ("known_speaker_names[]", "agent"),
            ]))
        #expect(
            value["segments"][0]["speaker"] == "agent" && value["segments"][1]["speaker"] == "B")
        #expect(value["segments"][2] == .null && value["task"] == "transcribe")
        #expect(value["segments"][0]["type"] == "transcript.text.segment")
        let text = try await hear([("channels", "split"), ("response_format", "text")])
        #expect(text.text == "A: Hello, <you>.\nB: Hello, <you>.\n")
        let srt = try await hear([("channels", "split"), ("response_format", "srt")])
        #expect(srt.text.contains("\nA: Hello,") && srt.text.contains("\nB: Hello,"))
    }

    @Test("speakers come as events with their segments")
    func streamedChannels() async throws {
        let events = try events(
            try await hear([
                ("channels", "split"), ("stream", "true"), ("response_format", "diarized_json"),
            ]))
        let segment = "transcript.text.segment"
        #expect(
            events.map(\.name) == [
                "transcript.text.delta", segment, "transcript.text.delta", segment,
                "transcript.text.done",
            ])
        #expect(events[0].value["segment_id"] == events[1].value["id"])
        #expect(events[3].value["speaker"] == "B")
    }

    @Test(
        "what can't be had is refused, with the field's name",
        arguments: [
            ([("response_format", "diarized_json")], "response_format"),
            ([("channels", "split"), ("channel", "1")], "channel"),
            ([("channels", "both")], "channels"),
            ([("chunking_strategy", "never")], "chunking_strategy"),
            ([("chunking_strategy[threshold]", "0.5")], "chunking_strategy"),
            ([("chunking_strategy", #"{"type":"server_vad","threshold":2}"#)], "chunking_strategy"),
            ([("languages[]", "1")], "languages"), ([("include[]", "all")], "include"),
            ([("max_line_length", "7")], "max_line_length"), ([("max_lines", "0")], "max_lines"),
            ([("keywords[]", String(repeating: "a", count: 101))], "keywords"),
            (Array(repeating: ("keywords[]", "a"), count: 65), "keywords"),
        ] as [([(String, String)], JSONValue)])
    func refused(fields: [(String, String)], field: JSONValue) async throws {
        let response = try await hear(fields)
        let value = try JSONValue(response)
        let isConflict = fields.contains { ["diarized_json", "split"].contains($0.1) }
        #expect(response.head.status == (isConflict ? 422 : 400), "\(response.text)")
        #expect(value["error"]["param"] == field, "\(response.text)")
    }

    // MARK: what the engine is told

    private func request(_ fields: [(String, String)]) async throws -> TranscriptionRequest {
        let seen = Mutex<TranscriptionRequest?>(nil)
        let service = scriptedService(
            transcriber: ScriptedTranscriber(onOpen: { request in seen.withLock { $0 = request } }))
        let (type, body) = form([("@file", "sound")] + fields)
        let response = try await ask(
            service, "POST /v1/audio/transcriptions", type: type, body: body)
        try #require(response.head.status == 200, "\(response.text)")
        return try #require(seen.withLock { $0 })
    }

    @Test("keywords and prompts of any shape reach the model whole")
    func prompts() async throws {
        let listed = try await request([("prompt[]", "Ada"), ("prompt[]", "Grace")])
        #expect(listed.prompt == " Ada, Grace.")
        let repeated = try await request([("prompt", "Ada"), ("prompt", "Grace")])
        #expect(repeated.prompt == " Ada, Grace.")
        let keywords = try await request([
            ("keywords[]", "Ada"), ("keywords[]", "Grace"), ("prompt", "Names."),
        ])
        #expect(keywords.prompt == " Ada, Grace. Names.")
        #expect(try await request([("prompt", "Ada; Grace,")]).prompt == " Ada; Grace.")
        #expect(try await request([("prompt", "Ada, Grace!")]).prompt == " Ada, Grace!")
        // What goes on goes on.
        let text = "and so, as you all know, my fellow citizens, ask"
        #expect(try await request([("prompt", text)]).prompt == " " + text)
    }

    @Test("the detector's knobs come as an object's members, as JSON or not at all")
    func chunking() async throws {
        let members = try await request([
            ("chunking_strategy[type]", "server_vad"), ("chunking_strategy[threshold]", "0.7"),
            ("chunking_strategy[prefix_padding_ms]", "300"),
            ("chunking_strategy[silence_duration_ms]", "640"),
        ])
        #expect(members.detection.threshold == 0.7 && members.detection.paddingMilliseconds == 300)
        #expect(members.detection.silenceMilliseconds == 640)
        let json = try await request([
            ("chunking_strategy", #"{"type":"server_vad","threshold":0.7}"#)
        ])
        #expect(json.detection.threshold == 0.7 && json.detection.silenceMilliseconds == 128)
        let auto = try await request([("chunking_strategy", "auto")])
        #expect(auto.detection == SpeechDetection())
    }

    @Test("languages bound what is found out; one alone is the language")
    func languages() async throws {
        let two = try await request([("languages[]", "en"), ("languages[]", "German")])
        #expect(two.language == nil && two.languages == ["en", "de"])
        let one = try await request([("languages[]", "de-AT")])
        #expect(one.language == "de" && one.languages.isEmpty)
        let named = try await request([("language", "fr"), ("languages[]", "de")])
        #expect(named.language == "fr" && named.languages.isEmpty)
    }

    // MARK: speaking

    @Test("a voice is a name or an object with an id")
    func voices() async throws {
        for (voice, status) in [
            (#""v""#, 200), (#"{"id":"v"}"#, 200), (#"{"id":"alloy"}"#, 200), (#"{"id":"x"}"#, 400),
            (#"{"id":1}"#, 400), (#"{}"#, 400), ("1", 400),
        ] {
            let response = try await ask(
                service, "POST /v1/audio/speech",
                body: #"{"model":"tts-1-1106","input":"one","voice":"# + voice + "}")
            #expect(response.head.status == status, "\(voice) \(response.text)")
        }
    }

    @Test("instructions are told to have no effect")
    func instructions() async throws {
        let response = try await ask(
            service, "POST /v1/audio/speech",
            body: #"{"model":"gpt-4o-mini-tts-2025-12-15","input":"one","instructions":"Sing."}"#)
        #expect(response.head.status == 200)
        #expect(response.head.value("warning")?.contains("'instructions'") == true)
    }

    @Test("the voices are listed as OpenAI's objects")
    func voiceList() async throws {
        let value = try JSONValue(try await ask(service, "GET /v1/audio/voices"))
        #expect(value["data"][0]["id"] == "v" && value["voices"] == value["data"])
        #expect(value["data"][0]["object"] == "audio.voice")
    }
}
