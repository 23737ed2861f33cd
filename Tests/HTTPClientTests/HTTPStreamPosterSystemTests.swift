import EngineAPI
import Glibc
import Testing

import class Foundation.Thread

@testable import HTTPClient

/// Posts whose responses are read as they come, against a host on a loopback port.
@Suite struct HTTPStreamPosterSystemTests {
    private static let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// What came, and when.
    private final class Pieces: Sendable {
        private let state = Mutex(
            (text: "", statuses: Set<Int>(), times: [ContinuousClock.Instant]()))

        var text: String { state.withLock { $0.text } }
        var statuses: Set<Int> { state.withLock { $0.statuses } }
        var times: [ContinuousClock.Instant] { state.withLock { $0.times } }

        func add(_ status: Int, _ bytes: [UInt8]) {
            state.withLock { state in
                state.text += String(decoding: bytes, as: UTF8.self)
                state.statuses.insert(status)
                state.times.append(.now)
            }
        }
    }

    private final class Raised: Sendable {
        let time = Mutex<ContinuousClock.Instant?>(nil)
    }

    private func request(
        _ url: String, _ change: (inout StreamedPost) -> Void = { _ in }
    ) -> StreamedPost {
        var request = StreamedPost(
            url: url, body: Array(#"{"a":1}"#.utf8),
            fields: [("Content-Type", "application/json"), ("Accept", "text/event-stream")])
        change(&request)
        return request
    }

    private func post(
        _ request: StreamedPost, by poster: HTTPStreamPoster = HTTPStreamPoster(agent: "test/1"),
        cancellation: Cancellation = Cancellation()
    ) async -> (StreamedPostOutcome, Pieces) {
        let pieces = Pieces()
        let outcome = await poster.post(request, cancellation: cancellation) {
            pieces.add($0, $1)
        }
        return (outcome, pieces)
    }

    @Test("pieces come as the host sends them, with the response's status")
    func pieces() async throws {
        let host = StubHost([
            .send(Self.head + "5\r\nfirst\r\n"), .pause(milliseconds: 150),
            .send("6\r\nsecond\r\n0\r\n\r\n"),
        ])
        defer { host.stop() }
        let (outcome, pieces) = await post(request(host.url))
        #expect(outcome == .whole(status: 200))
        #expect(pieces.text == "firstsecond" && pieces.statuses == [200])
        let times = pieces.times
        try #require(times.count == 2)
        #expect(times[1] - times[0] > .milliseconds(100))
        let sent = try #require(host.requests.first)
        #expect(sent.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
        #expect(sent.contains("User-Agent: test/1\r\n") && sent.hasSuffix(#"{"a":1}"#))
        #expect(sent.contains("Accept: text/event-stream\r\n") && !sent.contains("Expect"))
    }

    @Test("one connection serves posts that follow each other, and side by side ones don't wait")
    func connections() async throws {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let host = StubHost([.send(whole)])
        defer { host.stop() }
        let poster = HTTPStreamPoster(agent: "test/1")
        var waits: [Duration] = []
        for _ in 0..<20 {
            let started = ContinuousClock.now
            let (outcome, pieces) = await post(request(host.url), by: poster)
            #expect(outcome == .whole(status: 200))
            waits.append((pieces.times.first ?? .now) - started)
        }
        #expect(host.connections == 1)
        let median = waits.sorted()[10]
        print("post to first byte: \(median)")
        #expect(median < .seconds(10))
        let slow = StubHost([.pause(milliseconds: 3_000), .send(whole)])
        defer { slow.stop() }
        let started = ContinuousClock.now
        await withTaskGroup(of: StreamedPostOutcome.self) { group in
            for _ in 0..<20 {
                group.addTask { await post(request(slow.url), by: poster).0 }
            }
            for await outcome in group { #expect(outcome == .whole(status: 200)) }
        }
        // One after the other they would take a minute.
        #expect(ContinuousClock.now - started < .seconds(45))
    }

    @Test(
        "a cancellation ends a post at once, before the response, inside it, and before the post",
        arguments: ["", head, head + "5\r\nfirst\r\n"])
    func cancelled(sent: String) async throws {
        let host = StubHost([.send(sent.isEmpty ? "HTTP/1.1 200 " : sent), .waitForEnd])
        defer { host.stop() }
        let cancellation = Cancellation()
        // On threads of their own: the tests' pool may be busy for seconds.
        let raised = Raised()
        Thread.detachNewThread {
            while host.requests.isEmpty { usleep(1_000) }
            usleep(50_000)
            raised.time.withLock { $0 = .now }
            cancellation.raise()
        }
        let patient = request(host.url) { ($0.firstByteSecondsMax, $0.secondsMax) = (300, 300) }
        let (outcome, _) = await post(patient, cancellation: cancellation)
        let took = try await host.end() - (try #require(raised.time.withLock { $0 }))
        print("cancelled after \(took)")
        #expect(outcome == .cancelled)
        #expect(took < .seconds(20))
        let late = await post(request(host.url), cancellation: cancellation).0
        #expect(late == .cancelled)
        #expect(host.requests.count == 1)
    }

    @Test("a host that sends nothing, or does not end, is left when its time is over")
    func timedOut() async throws {
        let host = StubHost(
            [.waitForEnd],
            [.send(Self.head + "5\r\nfirst\r\n"), .waitForEnd])
        defer { host.stop() }
        var started = ContinuousClock.now
        let (first, _) = await post(request(host.url) { $0.firstByteSecondsMax = 1 })
        #expect(first == .timedOut)
        #expect(.now - started > .milliseconds(950))
        started = .now
        let (second, pieces) = await post(
            request(host.url) { ($0.firstByteSecondsMax, $0.secondsMax) = (1, 2) })
        #expect(second == .timedOut && pieces.text == "first")
        #expect(.now - started > .milliseconds(1_950))
    }

    @Test(
        "a response that breaks off is a failure, however far it came",
        arguments: [
            [.close], [.send(head), .close], [.send(head + "5\r\nfi"), .close],
            [.send(head + "5\r\nfirst\r\n"), .close], [.send(head + "5\r\nfirst\r\n"), .reset],
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst"), .close],
            [.send("no HTTP at all\r\n\r\n"), .close],
        ] as [[StubHost.Step]])
    func brokenOff(script: [StubHost.Step]) async throws {
        let host = StubHost(script)
        defer { host.stop() }
        let (outcome, _) = await post(request(host.url))
        guard case .failed(let code) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(code > 0)
    }

    @Test("an error and a redirect are responses, which are not followed")
    func statuses() async throws {
        let host = StubHost(
            [.send("HTTP/1.1 429 Slow\r\nContent-Length: 4\r\n\r\nwait")],
            [.send("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")])
        defer { host.stop() }
        let (first, pieces) = await post(request(host.url))
        #expect(first == .whole(status: 429) && pieces.text == "wait" && pieces.statuses == [429])
        #expect(await post(request(host.url)).0 == .whole(status: 302))
        #expect(host.requests.count == 2)
    }

    @Test("what is longer than it may be is cut, and other schemes and broken fields are refused")
    func refused() async throws {
        let host = StubHost([.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlong")])
        defer { host.stop() }
        let (long, pieces) = await post(request(host.url) { $0.bytesMax = 3 })
        #expect(long == .tooLong && pieces.text.isEmpty)
        #expect(await post(request(host.url) { $0.bytesMax = 4 }).0 == .whole(status: 200))
        for url in ["ftp://127.0.0.1:\(host.port)/", "file:///etc/passwd", "nothing", ""] {
            guard case .failed = await post(request(url)).0 else {
                Issue.record("\(url) was asked")
                continue
            }
        }
        let broken = request(host.url) { $0.fields.append(("Authorization", "a\r\nX: b")) }
        #expect(await post(broken).0 == .failed(code: 43))
        #expect(host.requests.count == 2)
    }

    @Test("a poster that goes ends its thread")
    func ends() async throws {
        let host = StubHost([.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
        defer { host.stop() }
        for _ in 0..<3 { #expect(await post(request(host.url)).0 == .whole(status: 200)) }
        #expect(host.connections == 3)
    }
}
