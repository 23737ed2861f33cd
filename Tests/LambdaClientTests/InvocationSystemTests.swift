import Foundation
import HTTPWire
import Testing

@testable import LambdaClient

/// An HTTP API event for a path.
private func event(
    _ path: String, method: String = "POST", body: [UInt8]? = nil, headers: String = "{}"
) -> String {
    let text = body.map { "\"body\":\"\(Data($0).base64EncodedString())\"," } ?? ""
    return #"{"version":"2.0","rawPath":"\#(path)","headers":\#(headers),\#(text)"#
        + #""isBase64Encoded":true,"requestContext":{"http":{"method":"\#(method)"}}}"#
}

/// Runs the transport against a platform for as long as `body` takes.
private func withClient(
    _ events: [FakeRuntime.Event], streams: Bool = false, apiKey: String? = nil,
    _ body: (FakeRuntime, ScriptedHandler) async throws -> Void
) async throws {
    let platform = FakeRuntime(events)
    var settings = LambdaSettings(runtimeAPI: platform.address)
    settings.streams = streams
    settings.apiKey = apiKey
    settings.graceSeconds = 1
    let handler = ScriptedHandler()
    let transport = LambdaClient(settings, handler: handler)
    try transport.start()
    defer {
        platform.stop()
        transport.stop()
    }
    try await body(platform, handler)
}

private func problem(_ posted: FakeRuntime.Posted) -> [String: Any] {
    let body = posted.json["body"] as? String ?? ""
    return (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
}

@Suite(.serialized) struct InvocationSystemTests {
    @Test("an event is answered in its shape, and the next one over the same connection")
    func responses() async throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let first = FakeRuntime.Event(body: event("/echo", body: bytes), id: "one")
        let second = FakeRuntime.Event(body: event("/ok", method: "GET"), id: "two")
        try await withClient([first, second]) { platform, _ in
            let posts = try await platform.posts(2)
            try #require(posts.count == 2)
            #expect(posts[0].target == "/2018-06-01/runtime/invocation/one/response")
            #expect(posts[0].json["statusCode"] as? Int == 201)
            #expect(posts[0].json["isBase64Encoded"] as? Bool == true)
            #expect(
                posts[0].json["body"] as? String == Data(bytes).base64EncodedString())
            let headers = posts[0].json["headers"] as? [String: String]
            #expect(headers?["X-Id"] == "one")
            #expect(posts[1].target == "/2018-06-01/runtime/invocation/two/response")
            #expect(posts[1].json["body"] as? String == "ok")
            #expect(platform.connections == 1)
        }
    }

    @Test("no WebSocket lives here")
    func upgrade() async throws {
        try await withClient([.init(body: event("/socket", method: "GET"))]) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(posted.json["statusCode"] as? Int == 501)
        }
    }

    @Test("a response over the platform's limit is a problem with advice")
    func oversize() async throws {
        try await withClient([.init(body: event("/big"))]) { platform, handler in
            let posted = try #require(try await platform.posts(1).first)
            #expect(posted.target.hasSuffix("/response"))
            #expect(posted.json["statusCode"] as? Int == 502)
            let detail = problem(posted)["detail"] as? String ?? ""
            #expect(detail.contains("response streaming"))
            #expect(posted.body.count < 2_000)
        }
    }

    @Test("work is cancelled before the deadline, and the client told why")
    func deadline() async throws {
        let began = ContinuousClock.now
        let event = FakeRuntime.Event(body: event("/wait"), deadlineInMilliseconds: 8_000)
        try await withClient([event]) { platform, handler in
            let posted = try #require(try await platform.posts(1).first)
            #expect(ContinuousClock.now - began < .milliseconds(8_000))
            #expect(posted.json["statusCode"] as? Int == 504)
            #expect(problem(posted)["type"] as? String == "/docs#deadline")
            #expect(handler.cancelled.load(ordering: .relaxed) > 0)
        }
    }

    @Test("work that does not hear is answered for before the deadline")
    func deafWork() async throws {
        let began = ContinuousClock.now
        let event = FakeRuntime.Event(body: event("/deaf"), deadlineInMilliseconds: 8_000)
        try await withClient([event]) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(ContinuousClock.now - began < .milliseconds(8_000))
            #expect(posted.json["statusCode"] as? Int == 504)
        }
    }

    @Test("work that ends without a response is our fault")
    func silence() async throws {
        try await withClient([.init(body: event("/silent"))]) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(posted.json["statusCode"] as? Int == 500)
        }
    }

    @Test(
        "an event that is none of ours is an error that says what is accepted",
        arguments: [
            "{}", "[]", "null", "nonsense", #"{"Records":[]}"#, #"{"warmup":false}"#,
            #"{"warmup":"yes"}"#, #"{"httpMethod":7,"path":"/ok"}"#, "",
            #"{"httpMethod":"POST","path":"/echo","isBase64Encoded":true,"body":"*"}"#,
        ])
    func badEvent(_ body: String) async throws {
        try await withClient([.init(body: body, id: "bad")]) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(posted.target == "/2018-06-01/runtime/invocation/bad/error")
            #expect(posted.fields["lambda-runtime-function-error-type"] == "Runtime.BadEvent")
            let message = posted.json["errorMessage"] as? String ?? ""
            #expect(message.contains("Function URL"))
        }
    }

    @Test("an event that is too long is told apart from a bad one")
    func longEvent() async throws {
        let long = FakeRuntime.Event(
            body: String(repeating: " ", count: LambdaSettings.eventBytesMax + 1))
        try await withClient([long, .init(body: event("/ok"))]) { platform, _ in
            let posts = try await platform.posts(2)
            try #require(posts.count == 2)
            #expect(posts[0].json["errorType"] as? String == "Runtime.EventTooLarge")
            #expect(posts[1].json["statusCode"] as? Int == 200)
        }
    }

    @Test("a body over the exchange's bound, or in a coding, is refused")
    func refusedBodies() async throws {
        let long = event("/echo", body: [UInt8](repeating: 0, count: 1_000_001))
        let coded = event("/echo", body: [1], headers: #"{"content-encoding":"gzip"}"#)
        let smuggled = event("/ok", headers: #"{"host":"a b"}"#)
        let spoiled =
            #"{"httpMethod":"POST","path":"/echo","headers":{"content-type":"audio/wav"},"#
            + #""body":"RIFF"}"#
        let events = [long, coded, smuggled, spoiled]
        try await withClient(events.map { .init(body: $0) }) { platform, _ in
            let posts = try await platform.posts(4)
            #expect(posts.map { $0.json["statusCode"] as? Int } == [413, 415, 400, 415])
            let detail = posts.last.flatMap { problem($0)["detail"] as? String } ?? ""
            #expect(detail.contains("binaryMediaTypes"))
        }
    }

    @Test("a warm-up event gets the route's JSON as it is, with the key of the transport")
    func warmup() async throws {
        let plain = FakeRuntime.Event(body: #"{"warmup":true}"#)
        let chosen = FakeRuntime.Event(body: #"{"warmup":true,"engines":["speak"]}"#)
        try await withClient([plain, chosen], apiKey: "k") { platform, _ in
            let posts = try await platform.posts(2)
            try #require(posts.count == 2)
            #expect(posts[0].json["key"] as? String == "Bearer k")
            #expect(posts[0].json["asked"] as? String == "0")
            #expect(posts[1].json["asked"] as? String == "21")
        }
    }

    @Test("a stopped transport leaves, and a platform that fails is given up")
    func failures() async throws {
        let platform = FakeRuntime([], brokenStatus: 500)
        defer { platform.stop() }
        let (errors, reported) = AsyncStream.makeStream(of: LambdaError.self)
        let transport = LambdaClient(
            LambdaSettings(runtimeAPI: platform.address), handler: ScriptedHandler(),
            ended: { reported.yield($0) })
        try transport.start()
        for await error in errors {
            #expect(error == .refused(status: 500))
            break
        }
        transport.stop()
    }

    @Test("a program that can't start tells the platform why")
    func initError() async throws {
        let platform = FakeRuntime([])
        defer { platform.stop() }
        try LambdaClient.reportInitError("PORT=x cannot be used", runtimeAPI: platform.address)
        let posted = try #require(try await platform.posts(1).first)
        #expect(posted.target == "/2018-06-01/runtime/init/error")
        #expect(posted.json["errorMessage"] as? String == "PORT=x cannot be used")
        #expect(throws: LambdaError.badAddress("a/b")) {
            try LambdaClient.reportInitError("", runtimeAPI: "a/b")
        }
    }
}

@Suite(.serialized) struct StreamingSystemTests {
    @Test("a whole response is mended, a stream that has left is not", arguments: [false, true])
    func mended(streams: Bool) async throws {
        try await withClient([.init(body: event("/mended"))], streams: streams) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            let text = String(decoding: posted.body, as: UTF8.self)
            let sent = streams ? "??cd" : Data("abcd".utf8).base64EncodedString()
            #expect(text.contains(sent) || (!streams && text.contains("\"abcd\"")))
        }
    }

    @Test("a streamed response is a prelude, eight NULs and the body")
    func streams() async throws {
        try await withClient([.init(body: event("/stream"))], streams: true) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(posted.target.hasSuffix("/response"))
            #expect(posted.fields["transfer-encoding"] == "chunked")
            #expect(posted.fields["lambda-runtime-function-response-mode"] == "streaming")
            #expect(
                posted.fields["content-type"]
                    == "application/vnd.awslambda.http-integration-response")
            #expect(posted.fields["expect"] == nil)
            let end = try #require(posted.body.firstIndex(of: 0))
            let head =
                try JSONSerialization.jsonObject(with: Data(posted.body[..<end]))
                as? [String: Any]
            #expect(head?["statusCode"] as? Int == 200)
            #expect(
                head?["headers"] as? [String: String]
                    == ["Content-Type": "audio/wav", "Server-Timing": "early"])
            #expect(
                Array(posted.body[end...])
                    == [UInt8](repeating: 0, count: 8)
                    + [UInt8](repeating: 0, count: 5) + [UInt8](repeating: 1, count: 5)
                    + [UInt8](repeating: 2, count: 5))
            #expect(posted.trailers.isEmpty)
        }
    }

    @Test("a streamed response may be longer than a buffered one")
    func longStream() async throws {
        try await withClient([.init(body: event("/big"))], streams: true) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(posted.body.count > 80 * 65_536)
        }
    }

    @Test("a streamed response that breaks off says so in its trailers")
    func broken() async throws {
        try await withClient([.init(body: event("/broken"))], streams: true) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(
                posted.trailers["lambda-runtime-function-error-type"] == "Runtime.AnswerBroken")
            let body = posted.trailers["lambda-runtime-function-error-body"] ?? ""
            let text = Data(base64Encoded: body).map { String(decoding: $0, as: UTF8.self) }
            #expect(text?.contains("not whole") == true)
        }
    }

    @Test("a deadline before the first piece is a whole response")
    func deadline() async throws {
        let event = FakeRuntime.Event(body: event("/wait"), deadlineInMilliseconds: 1_600)
        try await withClient([event], streams: true) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            let text = String(decoding: posted.body, as: UTF8.self)
            #expect(text.hasPrefix(#"{"headers":"#))
            #expect(text.contains(#""statusCode":504"#))
            #expect(text.contains("/docs#deadline"))
        }
    }

    @Test("an event that can't be streamed to is answered whole")
    func balancer() async throws {
        let event = #"{"httpMethod":"GET","path":"/ok","requestContext":{"elb":{}}}"#
        try await withClient([.init(body: event)], streams: true) { platform, _ in
            let posted = try #require(try await platform.posts(1).first)
            #expect(posted.json["statusDescription"] as? String == "200 OK")
            #expect(posted.fields["lambda-runtime-function-response-mode"] == nil)
        }
    }
}
