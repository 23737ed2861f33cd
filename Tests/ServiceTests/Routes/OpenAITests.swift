import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

/// The events of a response: names and their JSON.
func events(_ response: CollectingSink.Collected) throws -> [(name: String, value: JSONValue)] {
    #expect(response.head.value("content-type") == "text/event-stream")
    return try response.text.split(separator: "\n\n").map { text in
        let lines = text.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].hasPrefix("event: ") && lines[1].hasPrefix("data: "))
        let value = try JSONDecoder().decode(
            JSONValue.self, from: Data(lines[1].dropFirst(6).utf8))
        return (String(lines[0].dropFirst(7)), value)
    }
}

extension JSONValue {
    init(_ response: CollectingSink.Collected) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(response.body))
    }

    /// A field of an object; null where there is none.
    subscript(name: String) -> JSONValue {
        guard case .object(let fields) = self else { return .null }
        return fields[name] ?? .null
    }

    subscript(index: Int) -> JSONValue {
        guard case .array(let elements) = self, elements.indices.contains(index) else {
            return .null
        }
        return elements[index]
    }
}

@Suite struct OpenAITests {
    private let service = scriptedService()

    private func hear(
        _ path: String, _ fields: [(String, String)]
    ) async throws -> CollectingSink.Collected {
        let (type, body) = form([("@file", "sound")] + fields)
        return try await ask(service, "POST \(path)", type: type, body: body)
    }

    // MARK: transcription

    @Test(
        "OpenAI's names of transcription models mean our default",
        arguments: [
            ("whisper-1", "duration"), ("gpt-4o-transcribe", "tokens"),
            ("gpt-4o-mini-transcribe", "tokens"), ("gpt-transcribe", "tokens"),
            ("gpt-4o-mini-transcribe-2025-12-15", "tokens"), ("brought", "duration"),
            ("gpt-4o-transcribe-diarize", "tokens"),
        ])
    func transcriptionModels(model: String, usage: JSONValue) async throws {
        let response = try await hear("/v1/audio/transcriptions", [("model", model)])
        let value = try JSONValue(response)
        #expect(response.head.status == 200 && value["text"] == "Hello, <you>.")
        #expect(value["usage"]["type"] == usage)
        #expect(usage == "tokens" || value["usage"]["seconds"] == 1)
        #expect(usage == "duration" || value["usage"]["total_tokens"] == 12)
        #expect(
            value["languages"] == (model == "gpt-transcribe" ? [["code": "en"]] : .null))
        #expect(value["language"] == .null, "OpenAI's plain answer holds the text only")
    }

    @Test("the verbose answer names the language in English and has every field of a segment")
    func verbose() async throws {
        let response = try await hear(
            "/v1/audio/transcriptions",
            [
                ("model", "whisper-1"), ("response_format", "verbose_json"), ("language", "de"),
                ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"),
            ])
        let value = try JSONValue(response)
        #expect(value["language"] == "german" && value["task"] == "transcribe")
        #expect(value["words"][1]["word"] == "<you>.")
        let wanted: [String: JSONValue] = [
            "id": 0, "seek": 50, "start": 0.5, "end": 61.25, "text": "Hello, <you>.",
            "temperature": 0, "avg_logprob": -0.25, "no_speech_prob": 0, "tokens": [1, 2],
        ]
        for (name, field) in wanted { #expect(value["segments"][0][name] == field, "\(name)") }
        guard case .number = value["segments"][0]["compression_ratio"] else {
            Issue.record("no compression ratio")
            return
        }
    }

    @Test("a translation is English, and takes the formats of a transcription")
    func translations() async throws {
        let verbose = try await hear(
            "/v1/audio/translations",
            [("model", "whisper-1"), ("response_format", "verbose_json")])
        let value = try JSONValue(verbose)
        #expect(value["language"] == "english" && value["task"] == "translate")
        let text = try await hear("/v1/audio/translations", [("response_format", "text")])
        #expect(text.text == "Hello, <you>.\n")
    }

    @Test(
        "a streamed transcript has its pieces, then the whole",
        arguments: ["/v1/audio/transcriptions", "/transcribe"])
    func streamedTranscript(path: String) async throws {
        let response = try await hear(path, [("stream", "true")])
        let events = try events(response)
        #expect(events.map(\.name) == ["transcript.text.delta", "transcript.text.done"])
        #expect(events.allSatisfy { $0.value["type"] == .string($0.name) })
        #expect(events[0].value["delta"] == "Hello, <you>.")
        #expect(events[1].value["text"] == "Hello, <you>." && response.isWhole)
    }

    @Test(
        "a text that repeats itself compresses, and one that does not does not",
        arguments: [
            ("", 1.0...1.0), ("abc", 0.2...0.5), ("The quick brown fox jumps.", 0.6...1),
            (String(repeating: "thank you. ", count: 40), 15...30),
        ])
    func compression(text: String, range: ClosedRange<Double>) {
        #expect(range.contains(compressionRatio(Array(text.utf8))))
    }

    // MARK: speaking

    @Test(
        "OpenAI's speech is mp3 unless another format is asked for",
        arguments: [
            ("", "audio/mpeg"), (#","response_format":"wav""#, "audio/wav"),
            (#","response_format":"pcm""#, "audio/pcm"),
        ])
    func speech(extra: String, type: String) async throws {
        let response = try await ask(
            service, "POST /v1/audio/speech",
            body: #"{"model":"tts-1","voice":"nova","input":"one two""# + extra + "}")
        #expect(response.head.status == 200 && response.text == "ss.", "\(response.text)")
        #expect(response.head.value("content-type") == type)
    }

    @Test("speech comes as events too", arguments: ["/v1/audio/speech", "/speak"])
    func speechEvents(path: String) async throws {
        let response = try await ask(
            service, "POST \(path)", body: #"{"input":"one two","stream_format":"sse"}"#)
        let all = try events(response)
        // Words are our own: clients of OpenAI's would not know them.
        let words = all.filter { $0.name == "speech.word" }
        #expect(words.map { $0.value["text"] } == (path == "/speak" ? ["one", "two"] : []))
        if let second = words.last {
            #expect(second.value["start"] == 0.1 && second.value["end"] == 0.2)
            #expect(all.map(\.name).prefix(2) == ["speech.word", "speech.audio.delta"])
        }
        let events = all.filter { $0.name != "speech.word" }
        #expect(
            events.map(\.name) == [
                "speech.audio.delta", "speech.audio.delta", "speech.audio.delta",
                "speech.audio.done",
            ])
        #expect(events[0].value["audio"] == "cw==" && events[2].value["audio"] == "Lg==")
        #expect(events[3].value["usage"]["total_tokens"] == 0 && response.isWhole)
    }

    @Test("an error after the first event is an event of its own")
    func brokenEvents() async throws {
        let body = #"{"input":"one fail","stream_format":"sse"}"#
        let foreign = try events(try await ask(service, "POST /v1/audio/speech", body: body))
        #expect(foreign.map(\.name) == ["speech.audio.delta", "error"])
        #expect(foreign[1].value["error"]["code"] == "engine_failed")
        let native = try events(try await ask(service, "POST /speak", body: body))
            .filter { $0.name != "speech.word" }
        #expect(
            native[1].value["status"] == 500 && native[1].value["type"] == "/docs#engine-failed")
    }

    // MARK: models

    @Test("models are listed, and each is found by its name")
    func models() async throws {
        let list = try JSONValue(try await ask(service, "GET /v1/models"))
        #expect(list["object"] == "list" && list["data"][0]["id"] == "whisper-1")
        for name in ["whisper-1", "tts-1", "base", "tiny.en", "brought", "v"] {
            let model = try JSONValue(try await ask(service, "GET /v1/models/\(name)"))
            #expect(model["id"] == .string(name) && model["object"] == "model")
        }
        let missing = try await ask(service, "GET /v1/models/gpt-9")
        let error = try JSONValue(missing)["error"]
        #expect(missing.head.status == 404 && error["code"] == "model_not_found")
        #expect(error["param"] == "model")
    }

    // MARK: errors

    @Test("every error under /v1 is in OpenAI's envelope", arguments: foreignErrors)
    func errors(line: String, body: String, status: Int, param: JSONValue, code: JSONValue)
        async throws
    {
        let response = try await ask(service, line, body: body)
        #expect(response.head.status == status, "\(response.text)")
        #expect(response.head.value("content-type") == "application/json")
        let error = try JSONValue(response)["error"]
        #expect(error["param"] == param && error["code"] == code, "\(error)")
        #expect(error["type"] == "invalid_request_error")
        guard case .string(let message) = error["message"] else {
            Issue.record("no message")
            return
        }
        #expect(message.hasSuffix("."))
    }

    @Test("a form's errors under /v1 are in the envelope, whole or broken")
    func formErrors() async throws {
        let (type, body) = form([("@file", "!"), ("model", "whisper-1")])
        let path = "POST /v1/audio/transcriptions"
        let unreadable = try JSONValue(try await ask(service, path, type: type, body: body))
        #expect(unreadable["error"]["code"] == "unreadable_audio")
        for body in ["--B\r\n\r\nx", "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"] {
            let broken = try await ask(service, path, type: type, body: body)
            #expect(broken.head.status == 400)
            #expect(try JSONValue(broken)["error"]["code"] == "bad_multipart")
        }
    }

    @Test("a key that lacks, a full queue and a body too large are told in the envelope")
    func refusals() async throws {
        var settings = ServiceSettings()
        settings.apiKeys = ["key"]
        let closed = try await ask(scriptedService(settings), "GET /v1/models")
        #expect(closed.head.status == 401)
        #expect(try JSONValue(closed)["error"]["code"] == "invalid_api_key")

        settings = ServiceSettings()
        settings.queueMax = 0
        let full = try await ask(scriptedService(settings), "POST /v1/audio/speech", body: "{}")
        #expect(full.head.status == 429 && full.head.value("retry-after") == "2")
        #expect(try JSONValue(full)["error"]["code"] == "rate_limit_exceeded")

        settings = ServiceSettings()
        settings.bodyBytesMax = 10
        let large = try await ask(
            scriptedService(settings), "POST /v1/audio/transcriptions",
            fields: "Content-Length: 11\r\n")
        #expect(large.head.status == 413)
        #expect(try JSONValue(large)["error"]["code"] == "body_too_large")
    }

    // MARK: whisper.cpp

    @Test("whisper.cpp's route answers as its server does")
    func inference() async throws {
        let plain = try await hear("/inference", [("temperature", "0.0")])
        #expect(plain.text == #"{"text":"Hello, <you>."}"#)
        let srt = try await hear("/inference", [("response_format", "srt")])
        #expect(srt.text.hasPrefix("1\n00:00:00,500 --> "))
        let verbose = try JSONValue(
            try await hear(
                "/inference", [("response_format", "verbose_json"), ("translate", "true")]))
        #expect(verbose["language"] == "english" && verbose["task"] == "translate")
        let (type, body) = form([("a", "b")])
        let bare = try await ask(service, "POST /inference", type: type, body: body)
        guard bare.head.status == 400, case .string = try JSONValue(bare)["error"] else {
            Issue.record("\(bare.text)")
            return
        }
    }
}

private typealias ForeignError = (
    line: String, body: String, status: Int, param: JSONValue, code: JSONValue
)

private let foreignErrors: [ForeignError] = [
    ("GET /v1/nothing", "", 404, .null, "not_found"),
    ("GET /v1", "", 404, .null, "not_found"),
    ("GET /v1/audio/speech", "", 405, .null, "method_not_allowed"),
    ("POST /v1/audio/speech", "{", 400, .null, "bad_json"),
    ("POST /v1/audio/speech", #"{"model":"tts-1"}"#, 400, "input", "field_missing"),
    ("POST /v1/audio/speech", #"{"input":""}"#, 422, "input", "nothing_to_speak"),
    (
        "POST /v1/audio/speech", #"{"input":"a","model":"gpt-9"}"#, 404, "model",
        "model_not_found"
    ),
    ("POST /v1/audio/speech", #"{"input":"a","voice":"nobody"}"#, 400, "voice", "voice_unknown"),
    ("POST /v1/audio/speech", #"{"input":"a","speed":9}"#, 400, "speed", "bad_field"),
    (
        "POST /v1/audio/speech", #"{"input":"a","stream_format":"x"}"#, 400, "stream_format",
        "bad_field"
    ),
    ("POST /v1/audio/transcriptions", "", 400, "file", "field_missing"),
    (
        "POST /v1/audio/transcriptions?language=5", "sound", 400, "language", "bad_field"
    ),
]
