import Foundation
import HTTPWire
import Testing

@testable import Service

/// Results of jobs, from the store on disk.
@Suite struct JobResultSystemTests {
    private let folder = TestFolder()

    /// The scripted video is "videos".
    @Test("a result is served by range, by tag and as a head", arguments: readings)
    fileprivate func reading(sample: Reading) async throws {
        let service = scriptedService(jobSettings(folder))
        let id = try await startJob(service)
        try await waitForEnd(service, id)
        let tag = "\"\(id.prefix(16))\""
        let fields = sample.fields.replacingOccurrences(of: "TAG", with: tag)
        let response = try await ask(service, "\(sample.method) /jobs/\(id)/result", fields: fields)
        #expect(response.head.status == sample.status)
        #expect(response.head.value("content-range") == sample.contentRange)
        if sample.status < 400 {
            #expect(response.head.value("etag") == tag)
            #expect(response.text == sample.body)
        } else {
            #expect(response.head.value("content-type") == "application/problem+json")
        }
        if sample.status == 200 || sample.status == 206 {
            #expect(response.head.value("accept-ranges") == "bytes")
            #expect(response.head.value("content-type") == "video/mp4")
            #expect(response.head.bodyBytes == (sample.method == "HEAD" ? 5 : sample.body.count))
        }
        await service.closeJobs()
    }

    @Test("a failed job's result knows no range")
    func failedRange() async throws {
        let service = scriptedService(jobSettings(folder))
        let id = try await startJob(service, "POST /animate", faceless)
        try await waitForEnd(service, id)
        let response = try await ask(
            service, "GET /jobs/\(id)/result", fields: "Range: bytes=0-1\r\n")
        #expect(response.head.status == 422)
    }

    @Test("events tell the status, progress and the end, with ids that rise")
    func events() async throws {
        let engine = HeldTalkingHead()
        let service = scriptedService(jobSettings(folder), talkingHeads: engine.alone)
        let id = try await startJob(service)
        await engine.waitForBegin()
        async let response = ask(service, "GET /jobs/\(id)/events")
        engine.release()
        let text = try await response.text
        let events = text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
        var ids: [Int] = []
        for event in events {
            let lines = event.components(separatedBy: "\n")
            #expect(lines.count == 3 && lines[1].hasPrefix("event: "), "\(event)")
            ids.append(try #require(Int(lines[0].dropFirst("id: ".count))))
            let status = try JSONDecoder().decode(
                JSONValue.self, from: Data(lines[2].dropFirst("data: ".count).utf8))
            #expect(status["id"] == .string(id))
        }
        #expect(ids == ids.sorted() && !ids.isEmpty)
        let last = try #require(events.last)
        #expect(last.contains("event: done") && last.contains(#""status":"done""#))

        let again = try await ask(
            service, "GET /jobs/\(id)/events", fields: "Last-Event-ID: \(ids.last!)\r\n")
        #expect(again.head.status == 204)
        let late = try await ask(service, "GET /jobs/\(id)/events")
        #expect(late.text.hasPrefix("id: \(ids.last!)\nevent: done\n"))
        #expect(late.head.value("content-type") == "text/event-stream")
        await service.closeJobs()
    }

    @Test("too many watchers of one job are refused, and those that leave make room")
    func watchers() async throws {
        let engine = HeldTalkingHead()
        let service = scriptedService(jobSettings(folder), talkingHeads: engine.alone)
        let id = try await startJob(service)
        await engine.waitForBegin()
        var tokens: [Int] = []
        for _ in 0..<JobStore.watchersMax { tokens.append(try service.jobs.watch(id).token) }
        #expect(try await ask(service, "GET /jobs/\(id)/events").head.status == 429)
        service.jobs.unwatch(id, tokens[0])
        #expect(throws: Never.self) { try service.jobs.watch(id) }
        engine.release()
        try await waitForEndOf(service, id)
        await service.closeJobs()
    }

    private func waitForEndOf(_ service: AvatarService, _ id: String) async throws {
        while service.jobs.snapshot(id)?.hasEnded == false { await Task.yield() }
    }
}

/// A request for a result, and what it is answered with.
private struct Reading: Sendable, CustomTestStringConvertible {
    var method = "GET"
    let fields: String
    let status: Int
    var body = ""
    var contentRange: String?

    var testDescription: String { "\(method) \(fields)" }
}

private let readings = [
    Reading(fields: "", status: 200, body: "clips"),
    Reading(method: "HEAD", fields: "", status: 200),
    Reading(method: "HEAD", fields: "Range: bytes=1-2\r\n", status: 200),
    Reading(
        fields: "Range: bytes=1-2\r\n", status: 206, body: "li", contentRange: "bytes 1-2/5"),
    Reading(fields: "Range: bytes=4-\r\n", status: 206, body: "s", contentRange: "bytes 4-4/5"),
    Reading(fields: "Range: bytes=5-\r\n", status: 416, contentRange: "bytes */5"),
    Reading(fields: "Range: bytes=0-1,3-4\r\n", status: 200, body: "clips"),
    Reading(
        fields: "Range: bytes=-1\r\nIf-Range: TAG\r\n", status: 206, body: "s",
        contentRange: "bytes 4-4/5"),
    Reading(fields: "Range: bytes=-1\r\nIf-Range: \"other\"\r\n", status: 200, body: "clips"),
    Reading(fields: "Range: bytes=-1\r\nIf-Range: W/TAG\r\n", status: 200, body: "clips"),
    Reading(
        fields: "Range: bytes=-1\r\nIf-Range: Tue, 24 Nov 2026 12:00:00 GMT\r\n", status: 200,
        body: "clips"),
    Reading(fields: "If-None-Match: \"other\", W/TAG\r\n", status: 304),
    Reading(fields: "If-None-Match: *\r\n", status: 304),
    Reading(fields: "If-None-Match: \"other\"\r\n", status: 200, body: "clips"),
    Reading(fields: "If-Match: TAG\r\n", status: 200, body: "clips"),
    Reading(fields: "If-Match: \"other\"\r\n", status: 412),
]
