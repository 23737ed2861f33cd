import Foundation
import HTTPWire
import Testing

@testable import LambdaClient

private func event(_ path: String) -> String {
    #"{"version":"2.0","rawPath":"\#(path)","headers":{},"#
        + #""requestContext":{"http":{"method":"POST"}}}"#
}

/// What a busy function sees, in turn: path, bytes after which its client leaves, time left.
private let mix: [(path: String, cut: Int?, milliseconds: Int)] = [
    ("/stream", nil, 60_000), ("/ok", nil, 60_000), ("/broken", nil, 60_000),
    ("/big", 30_000, 60_000), ("/stream", nil, 60_000), ("/silent", nil, 60_000),
    ("/stream", 2, 60_000), ("/warmup", nil, 60_000), ("/big", nil, 60_000),
    ("/wait", nil, 120), ("/stream", nil, 60_000),
]

@Suite(.serialized) struct LambdaClientSystemTests {
    /// A function lives for hours and thousands of invocations: what one leaves behind in a kept
    /// connection must not hurt the next.
    @Test(
        "hundreds of invocations in a row, some cut, late or broken, are each answered",
        arguments: [true, false])
    func manyInvocations(_ streams: Bool) async throws {
        let rounds = 40
        let events = (0..<rounds * mix.count).map { number in
            let kind = mix[number % mix.count]
            return FakeRuntime.Event(
                body: event(kind.path), id: "inv-\(number)",
                deadlineInMilliseconds: kind.milliseconds, cutAfterBytes: kind.cut)
        }
        let platform = FakeRuntime(events)
        var settings = LambdaSettings(runtimeAPI: platform.address)
        settings.streams = streams
        let transport = LambdaClient(settings, handler: ScriptedHandler())
        try transport.start()
        defer {
            platform.stop()
            transport.stop()
        }
        let posts = try await platform.posts(events.count, seconds: 60)
        try #require(posts.count == events.count)
        for (number, posted) in posts.enumerated() {
            let kind = mix[number % mix.count]
            #expect(posted.target.hasSuffix("/inv-\(number)/response"), "\(kind)")
            if posted.isCut { continue }
            let wrong = posted.trailers["lambda-runtime-function-error-type"]
            #expect(wrong == (streams && kind.path == "/broken" ? "Runtime.AnswerBroken" : nil))
            let head = streams ? posted.body.prefix { $0 != 0 } : posted.body[...]
            let reported = try JSONSerialization.jsonObject(with: Data(head)) as? [String: Any]
            #expect(
                reported?["statusCode"] as? Int == status(kind.path, streams: streams), "\(kind)")
        }
        // A connection is lost where the platform cut it, and nowhere else.
        #expect(platform.connections == 1 + posts.count { $0.isCut })
    }

    private func status(_ path: String, streams: Bool) -> Int {
        switch path {
        case "/silent": 500
        case "/broken": streams ? 200 : 500
        case "/big": streams ? 200 : 502
        case "/wait": 504
        default: 200
        }
    }

    @Test("a platform that refuses a stream before its end is heard, and the next one served")
    func earlyRefusal() async throws {
        let platform = FakeRuntime([
            .init(body: event("/big"), id: "first", refusalStatus: 413),
            .init(body: event("/stream"), id: "second"),
        ])
        var settings = LambdaSettings(runtimeAPI: platform.address)
        settings.streams = true
        let (notes, reported) = AsyncStream.makeStream(of: LambdaNote.self)
        let transport = LambdaClient(
            settings, handler: ScriptedHandler(), note: { reported.yield($0) })
        try transport.start()
        defer {
            platform.stop()
            transport.stop()
        }
        for await note in notes {
            guard case .postFailed(let id, let error) = note else { continue }
            #expect(id == "first")
            #expect(error == .refused(status: 413))
            break
        }
        let posts = try await platform.posts(2)
        #expect(posts.last?.target.hasSuffix("/second/response") == true)
    }
}
