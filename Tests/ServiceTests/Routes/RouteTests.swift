import EngineAPI
import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

/// What a problem tells.
struct ProblemBody: Decodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let instance: String
    let field: String?
    let limit: String?
}

/// A problem as a client reads it.
func problem(_ response: CollectingSink.Collected) throws -> ProblemBody {
    #expect(response.head.value("content-type") == "application/problem+json")
    let body = try JSONDecoder().decode(ProblemBody.self, from: Data(response.body))
    #expect(body.status == response.head.status && body.type.hasPrefix("/docs#"))
    #expect(body.instance == response.head.value("x-request-id"))
    return body
}

@Suite struct RouteTests {
    private let service = scriptedService()

    @Test(
        "health answers at once",
        arguments: ["/healthz", "/livez", "/readyz", "/v2/health/live", "/v2/health/ready"])
    func health(path: String) async throws {
        #expect(try await ask(service, "GET \(path)").head.status == 200)
        #expect(try await ask(service, "HEAD \(path)").head.status == 200)
    }

    @Test("an unknown path is 404, a wrong method 405 with Allow, an unknown one 501")
    func routing() async throws {
        #expect(try problem(try await ask(service, "GET /nothing")).status == 404)
        let wrong = try await ask(service, "GET /speak")
        #expect(wrong.head.status == 405 && wrong.head.value("allow") == "POST, OPTIONS")
        #expect(try await ask(service, "BREW /speak").head.status == 501)
        let options = try await ask(service, "OPTIONS /voices")
        #expect(options.head.status == 204 && options.head.value("allow") == "GET, HEAD, OPTIONS")
    }

    @Test("a request id is echoed when it is harmless, and made otherwise")
    func requestIDs() async throws {
        let echoed = try await ask(service, "GET /voices", fields: "X-Request-Id: a-b.1\r\n")
        #expect(echoed.head.value("x-request-id") == "a-b.1")
        let probed = try await ask(service, "GET /healthz", fields: "X-Request-Id: a-b.1\r\n")
        #expect(probed.head.status == 200 && probed.head.value("x-request-id") == "a-b.1")
        let made = try await ask(service, "GET /voices", fields: "X-Request-Id: a b\"\r\n")
        #expect(made.head.value("x-request-id")?.count == 16)
    }

    @Test("a place is free again after a response")
    func places() async throws {
        var settings = ServiceSettings()
        settings.queueMax = 1
        let service = scriptedService(settings)
        for _ in 0..<5 {
            let response = try await ask(service, "POST /speak", body: #"{"text":"a"}"#)
            #expect(response.head.status == 200)
        }
    }

    // MARK: transcribe

    @Test(
        "a transcript comes in each format",
        arguments: [
            ("json", #""text":"Hello, <you>.""#), ("text", "Hello, <you>.\n"),
            ("srt", "1\n00:00:00,500 --> 00:00:04,000\nHello, <you>.\n"),
            ("vtt", "WEBVTT\n\n00:00:00.500 --> 00:00:04.000\nHello, &lt;you&gt;.\n"),
            ("lrc", "[00:00.50]Hello, <you>.\n"),
            ("tsv", "start\tend\ttext\n500\t4000\tHello, <you>.\n"),
            ("verbose_json", #""avg_logprob":-0.25"#),
        ])
    func formats(format: String, wanted: String) async throws {
        let (type, body) = form([("@file", "sound"), ("response_format", format)])
        let response = try await ask(service, "POST /transcribe", type: type, body: body)
        #expect(response.head.status == 200 && response.text.contains(wanted), "\(response.text)")
        #expect(response.head.value("server-timing")?.contains("infer;dur=") == true)
        #expect(response.head.value("x-realtime-factor") != nil)
    }

    @Test("the audio itself may be the body, with parameters in the query")
    func rawBody() async throws {
        let response = try await ask(
            service,
            "POST /transcribe?language=de&response_format=verbose_json&timestamp_granularities[]=word",
            type: "audio/wav", body: "sound")
        #expect(response.text.contains(#""language":"de""#))
        #expect(response.text.contains(#""words":["#) && !response.text.contains("segments"))
    }

    @Test(
        "bad input to /transcribe names its field",
        arguments: badTranscripts)
    func badTranscribe(parts: [(String, String)], status: Int, field: String) async throws {
        let (type, body) = form(parts)
        let response = try problem(
            try await ask(service, "POST /transcribe", type: type, body: body))
        #expect(response.status == status && response.field == field)
    }

    // MARK: speak

    @Test("speech streams clause by clause, with its times in the trailer")
    func speak() async throws {
        let response = try await ask(
            service, "POST /speak", type: "application/x-www-form-urlencoded",
            body: #"{"text":"one two","response_format":"mp3"}"#)
        #expect(response.head.status == 200 && response.text == "ss." && response.isWhole)
        #expect(response.head.value("content-type") == "audio/mpeg")
        #expect(response.trailers == ["Server-Timing"])
    }

    @Test("speech that is one clause leaves whole, with the lengths it has")
    func wholeSpeech() async throws {
        let response = try await ask(service, "POST /speak", body: #"{"text":"one"}"#)
        #expect(response.head.status == 200 && response.text == "S." && response.isWhole)
        #expect(response.trailers.isEmpty)
        let timing = response.head.value("server-timing") ?? ""
        #expect(timing.contains("first;dur=") && timing.contains("infer;dur="))
    }

    @Test("speech with times is JSON with the audio in base64")
    func timestamps() async throws {
        let response = try await ask(
            service, "POST /speak", type: "application/json",
            body: #"{"input":"one two","timestamps":true,"voice":"alloy"}"#)
        #expect(
            response.text.contains(#""audio":"U3Mu""#) && response.text.contains(#""duration":0.2"#)
        )
        #expect(response.text.contains(#"{"end":0.2,"start":0.1,"text":"two"}"#))
    }

    @Test("an error after the first clause breaks the response off")
    func brokenOff() async throws {
        let response = try await ask(service, "POST /speak", body: #"{"text":"one fail"}"#)
        #expect(response.head.status == 200 && !response.isWhole)
    }

    @Test(
        "bad input to /speak names its field",
        arguments: badSpeeches)
    func badSpeak(body: String, status: Int, field: String?) async throws {
        let response = try problem(try await ask(service, "POST /speak", body: body))
        #expect(response.status == status && response.field == field)
    }

    @Test("a text that is too long, or JSON that nests too deep, is refused")
    func longText() async throws {
        let long = #"{"text":""# + String(repeating: "a", count: 20_001) + #""}"#
        let response = try problem(try await ask(service, "POST /speak", body: long))
        #expect(response.status == 413 && response.limit == "20000 characters")
        let deep = #"{"text":"# + String(repeating: "[", count: 30_000)
        #expect(try await ask(service, "POST /speak", body: deep).head.status == 400)
    }

    // MARK: animate

    @Test("a video is made of a portrait and a text or audio")
    func animate() async throws {
        for voice in [("text", "one two three"), ("@audio", "sound")] {
            let (type, body) = form([("@image", "portrait"), voice, ("size", "256")])
            let response = try await ask(service, "POST /animate", type: type, body: body)
            #expect(response.head.status == 200 && response.text == "clips", "\(response.text)")
            #expect(response.head.value("content-type") == "video/mp4")
            #expect(response.head.value("x-video-size") == "256x2")
            #expect(response.head.value("x-video-frames") == (voice.0 == "text" ? "3" : "0"))
            #expect(response.head.value("warning")?.contains("2 faces") == true)
        }
    }

    @Test("a streamed video is streamed, under SadTalker's names too")
    func streamedVideo() async throws {
        let (type, body) = form([
            ("@source_image", "portrait"), ("@driven_audio", "sound"), ("stream", "true"),
        ])
        let response = try await ask(service, "POST /animate", type: type, body: body)
        #expect(response.text == "clips" && response.trailers == ["Server-Timing"])
        #expect(response.head.value("warning")?.contains("2 faces") == true)
    }

    @Test("a video comes in each format", arguments: VideoFormat.allCases)
    func videoFormats(format: VideoFormat) async throws {
        let (type, body) = form([
            ("@image", "portrait"), ("@audio", "sound"), ("response_format", format.rawValue),
        ])
        let response = try await ask(service, "POST /animate", type: type, body: body)
        #expect(response.head.status == 200 && response.text == "clips")
        #expect(response.head.value("content-type") == format.mediaType)
    }

    @Test("progress is told in events, and the last one holds the video")
    func videoProgress() async throws {
        let (type, body) = form([
            ("@image", "portrait"), ("text", "one two three"), ("progress", "true"),
            ("response_format", "webm"),
        ])
        let response = try await ask(service, "POST /animate", type: type, body: body)
        #expect(response.head.value("content-type") == "text/event-stream")
        let events = response.text.split(separator: "\n\n").map(String.init)
        #expect(events.count >= 2)
        #expect(events.dropLast().allSatisfy { $0.hasPrefix("event: animate.progress\ndata: ") })
        let last = try #require(events.last)
        #expect(last.hasPrefix("event: animate.done\ndata: "))
        #expect(
            last.contains(#""video":"Y2xpcHM=""#) && last.contains(#""content_type":"video/webm""#))
        #expect(last.contains("2 faces"))
    }

    @Test("no face is a plain problem before the first event")
    func videoProgressFails() async throws {
        let (type, body) = form([("@image", "p"), ("text", "one"), ("progress", "true")])
        let response = try problem(try await ask(service, "POST /animate", type: type, body: body))
        #expect(response.status == 422)
    }

    @Test(
        "bad input to /animate names its field",
        arguments: badAnimations)
    func badAnimate(parts: [(String, String)], status: Int, field: String) async throws {
        let (type, body) = form(parts)
        let response = try problem(try await ask(service, "POST /animate", type: type, body: body))
        #expect(response.status == status && response.field == field)
    }

    // MARK: the rest

    @Test("a warm-up tells of each engine, and a failed one is 503")
    func warmup() async throws {
        let good = try await ask(
            service, "POST /warmup", body: #"{"engines":["transcribe","speak"]}"#)
        #expect(good.head.status == 200 && good.text.contains(#""state":"ready""#))
        let all = try await ask(service, "POST /warmup")
        #expect(all.head.status == 503 && all.text.contains(#""state":"failed""#))
        #expect(!all.text.contains("/a/"), "no path leaves the program")
        #expect(
            try await ask(service, "POST /warmup", body: #"{"engines":["x"]}"#).head.status == 400)
    }

    @Test("a warm-up tells how much memory one engine took, and nothing where several are loaded")
    func warmupMemory() async throws {
        let asked = Mutex(0)
        let service = scriptedService(residentBytes: {
            asked.withLock {
                $0 += 1
                return $0 * 4_096
            }
        })
        let one = try await ask(service, "POST /warmup", body: #"{"engines":["speak"]}"#)
        #expect(one.text.contains(#""resident_bytes":4096"#), "\(one.text)")
        let two = try await ask(
            service, "POST /warmup", body: #"{"engines":["speak","transcribe"]}"#)
        #expect(!two.text.contains("resident_bytes"), "\(two.text)")
    }

    @Test("a key is asked for where keys are set, and health stays open")
    func keys() async throws {
        var settings = ServiceSettings()
        settings.apiKeys = ["first", "second"]
        let service = scriptedService(settings)
        let bare = try await ask(service, "GET /voices")
        #expect(bare.head.status == 401 && bare.head.value("www-authenticate") == "Bearer")
        for (key, status) in [("secon", 401), ("second", 200), ("first", 200), ("", 401)] {
            let response = try await ask(
                service, "GET /voices", fields: "Authorization: Bearer \(key)\r\n")
            #expect(response.head.status == status, "\(key)")
        }
        #expect(try await ask(service, "GET /healthz").head.status == 200)
        #expect(try await ask(service, "GET /readyz").head.status == 200)
    }

    @Test("only listed origins may read answers")
    func cors() async throws {
        var settings = ServiceSettings()
        settings.corsOrigins = ["https://a.example"]
        let service = scriptedService(settings)
        let listed = try await ask(
            service, "OPTIONS /speak", fields: "Origin: https://a.example\r\n")
        #expect(listed.head.value("access-control-allow-origin") == "https://a.example")
        #expect(listed.head.value("access-control-allow-methods") == "POST, OPTIONS")
        let other = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#, fields: "Origin: https://b.example\r\n")
        #expect(other.head.status == 200)
        #expect(other.head.value("access-control-allow-origin") == nil)
    }

    @Test("metrics count what was done, in Prometheus' format")
    func metrics() async throws {
        let service = scriptedService()
        _ = try await ask(service, "POST /speak", body: #"{"text":"one two"}"#)
        _ = try await ask(service, "GET /nothing")
        let text = try await ask(service, "GET /metrics").text
        #expect(text.contains(#"avatar_requests_total{route="speak",status="200"} 1"#))
        #expect(text.contains(#"avatar_refused_total{reason="not-found"} 1"#))
        #expect(text.contains("avatar_audio_seconds_total 0.2\n"))
        #expect(text.contains(#"avatar_stage_seconds_count{route="speak",stage="infer"} 1"#))
        #expect(text.contains("avatar_queue_depth 0\n"))
    }

    @Test("voices are listed")
    func voices() async throws {
        let response = try await ask(service, "GET /voices")
        #expect(response.text.contains(#""id":"v""#) && response.text.contains(#""present":true"#))
    }

    @Test("a multipart body that is not well formed is 400, a coded body 415")
    func badBodies() async throws {
        let type = "multipart/form-data; boundary=B"
        let broken = try await ask(service, "POST /animate", type: type, body: "--B\r\n\r\nx")
        #expect(broken.head.status == 400)
        let bare = try await ask(service, "POST /animate", type: "multipart/form-data", body: "x")
        #expect(bare.head.status == 400)
        let coded = try await ask(
            service, "POST /speak", body: "x", fields: "Content-Encoding: br\r\n")
        #expect(coded.head.status == 415)
    }
}

private typealias BadForm = (parts: [(String, String)], status: Int, field: String)

private let badTranscripts: [BadForm] = [
    ([("x", "y")], 400, "file"), ([("@file", "!")], 415, "file"),
    ([("@file", "s"), ("response_format", "doc")], 400, "response_format"),
    ([("@file", "s"), ("language", "5")], 400, "language"),
    ([("@file", "s"), ("language", "klingon")], 422, "language"),
    ([("@file", "s"), ("language", "xx-US")], 422, "language"),
    ([("@file", "s"), ("language", "xx")], 422, "language"),
    ([("@file", "s"), ("temperature", "9")], 400, "temperature"),
    ([("@file", "s"), ("task", "sing")], 400, "task"),
    ([("@file", "s"), ("vad", "maybe")], 400, "vad"),
    ([("@file", "s"), ("timestamp_granularities[]", "day")], 400, "timestamp_granularities"),
    ([("@file", ""), ("language", "en")], 400, "file"),
]

private let badSpeeches: [(body: String, status: Int, field: String?)] = [
    ("", 400, "text"), ("{", 400, nil), ("[1]", 415, "Content-Type"),
    (#"{"text":{"a":1}}"#, 400, "text"), (#"{"text":""}"#, 422, "text"),
    (#"{"text":5}"#, 400, "text"),
    (#"{"text":"a","voice":"nobody"}"#, 400, "voice"),
    (#"{"text":"a","speed":9}"#, 400, "speed"),
    (#"{"text":"a","speed":"fast"}"#, 400, "speed"),
    (#"{"text":"a","speed":[]}"#, 400, "speed"),
    (#"{"text":"a","pitch":13}"#, 400, "pitch"),
    (#"{"text":"a","pitch":"+150%"}"#, 400, "pitch"),
    (#"{"text":"a","pitch":"up"}"#, 400, "pitch"),
    (#"{"text":"a","response_format":"midi"}"#, 400, "response_format"),
    (#"{"text":"a","seed":-1}"#, 400, "seed"),
    (#"{"text":"fail"}"#, 500, "text"),
]

private let badAnimations: [BadForm] = [
    ([("text", "a")], 400, "image"), ([("@image", "p")], 400, "audio"),
    ([("@image", "pp"), ("text", "a"), ("@audio", "s")], 400, "audio"),
    ([("@image", "!"), ("text", "a")], 415, "image"),
    ([("@image", "p"), ("text", "a")], 422, "image"),
    ([("@image", "pp"), ("@audio", "!")], 415, "audio"),
    ([("@image", "pp"), ("text", "a"), ("size", "77")], 400, "size"),
    ([("@image", "pp"), ("text", "a"), ("fps", "1000")], 400, "fps"),
    ([("@image", "pp"), ("text", "a"), ("fps", "11")], 400, "fps"),
    ([("@image", "pp"), ("text", "a"), ("face", "1,2,3")], 400, "face"),
    ([("@image", "pp"), ("text", "a"), ("response_format", "avi")], 400, "response_format"),
    ([("@image", "pp"), ("text", "a"), ("preprocess", "none")], 400, "preprocess"),
    ([("@image", "pp"), ("text", "a"), ("pose_style", "46")], 400, "pose_style"),
    ([("@image", "pp"), ("text", "a"), ("blink", "often")], 400, "blink"),
    ([("@image", "pp"), ("text", "a"), ("still", "very")], 400, "still"),
    ([("@image", "pp"), ("text", "a"), ("seed", "-1")], 400, "seed"),
    ([("@image", "pp"), ("text", "a"), ("progress", "some")], 400, "progress"),
    (
        [("@image", "pp"), ("text", "a"), ("progress", "1"), ("stream", "1")], 422, "progress"
    ),
    ([("@image", "pp"), ("text", "a"), ("face", "left")], 400, "face"),
    ([("@image", "pp"), ("text", "a"), ("background", "transparent")], 400, "background"),
    ([("@image", "pp"), ("text", "a"), ("engine", "magic")], 422, "engine"),
    ([("@image", "pp"), ("text", "a"), ("expression_scale", "3")], 400, "expression_scale"),
    ([("@image", "pp"), ("text", "a"), ("expression", "sad")], 400, "expression"),
    (
        [("@image", "pp"), ("text", "a"), ("expression_intensity", "2")], 400,
        "expression_intensity"
    ),
    ([("@image", "pp"), ("text", "a"), ("head_yaw", "nan")], 400, "head_yaw"),
    ([("@image", "pp"), ("text", "a"), ("input_pitch", "91")], 400, "head_pitch"),
    ([("@image", "pp"), ("text", "a"), ("roll", "1;2")], 400, "head_roll"),
    ([("@image", "pp"), ("text", "a"), ("yaw", "1 2"), ("stream", "1")], 422, "stream"),
    ([("@image", "pp"), ("text", "a"), ("voice", "nobody")], 400, "voice"),
]
