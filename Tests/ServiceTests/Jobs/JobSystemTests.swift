import EngineAPI
import Execution
import Foundation
import HTTPWire
import Testing

@testable import Service

@Suite struct JobSystemTests {
    private let folder = TestFolder()

    @Test("a job is told of with 202, Location and its status, which has an unguessable id")
    func accepted() async throws {
        let service = scriptedService(jobSettings(folder))
        let response = try await ask(
            service, "POST /animate", type: portrait.type, body: portrait.body,
            fields: "Prefer: respond-async\r\n")
        #expect(response.head.status == 202)
        #expect(response.head.value("preference-applied") == "respond-async")
        let value = try JSONValue(response)
        guard case .string(let id) = value["id"] else { throw Missing() }
        #expect(id.count == 32 && id.allSatisfy(\.isHexDigit))
        #expect(response.head.value("location") == "/jobs/\(id)")
        #expect(value["links"]["result"] == .string("/jobs/\(id)/result"))
        try await waitForEnd(service, id)
        #expect(try await startJob(service) != id)
        await service.closeJobs()
    }

    @Test("a job's result is the very answer of its route", arguments: works)
    fileprivate func results(work: RouteSample) async throws {
        let service = scriptedService(jobSettings(folder))
        let id = try await startJob(service, work.line, form(work.fields))
        let snapshot = try await waitForEnd(service, id)
        let result = try await ask(service, "GET /jobs/\(id)/result")
        let (type, body) = form(work.fields)
        let direct = try await ask(service, work.line, type: type, body: body)
        // Times differ from run to run, a job does not wait for a request's place, and a stream's
        // head is not mended as a file's is.
        func plain(_ response: CollectingSink.Collected) -> String {
            response.text.lowercased().filter { !$0.isNumber }
                .replacingOccurrences(of: "queue;dur=., ", with: "")
        }
        let isSame = plain(result) == plain(direct)
        #expect(isSame && result.head.status == direct.head.status)
        #expect(!result.body.isEmpty && result.isWhole)
        let volatile: Set = [
            "x-request-id", "server-timing", "x-realtime-factor", "trailer", "etag",
            "cache-control", "accept-ranges",
        ]
        func fields(_ response: CollectingSink.Collected) -> [String] {
            response.head.fields.filter { !volatile.contains($0.name.lowercased()) }
                .map { "\($0.name): \($0.value)" }
        }
        #expect(fields(result) == fields(direct))
        #expect(result.head.value("server-timing") != nil)
        let status = try JSONValue(try await ask(service, "GET /jobs/\(id)"))
        #expect(status["status"] == (direct.head.status == 200 ? "done" : "failed"))
        if case .done(let made) = snapshot.state { #expect(made.bytes == result.body.count) }
        await service.closeJobs()
    }

    @Test("a result has the lengths that its first bytes could not have")
    func lengths() async throws {
        let service = scriptedService(jobSettings(folder))
        let id = try await startJob(service, "POST /speak", form([("text", "one two")]))
        try await waitForEnd(service, id)
        #expect(try await ask(service, "GET /jobs/\(id)/result").text == "Ss.")
        await service.closeJobs()
    }

    @Test("what is wrong with the fields is told at once, and makes no job")
    func badFields() async throws {
        let service = scriptedService(jobSettings(folder))
        let (type, body) = form([("@image", "portrait"), ("text", "one"), ("fps", "9")])
        let response = try await ask(
            service, "POST /animate", type: type, body: body, fields: "Prefer: respond-async\r\n")
        #expect(response.head.status == 400 && service.jobs.counts.states.isEmpty)
        #expect(response.head.value("preference-applied") == nil)
    }

    @Test("a failed job tells the problem, and its result is that problem", arguments: failures)
    fileprivate func failed(work: RouteSample) async throws {
        let service = scriptedService(jobSettings(folder))
        let id = try await startJob(service, work.line, form(work.fields))
        try await waitForEnd(service, id)
        let status = try JSONValue(try await ask(service, "GET /jobs/\(id)"))
        #expect(status["status"] == "failed")
        #expect(status["problem"]["type"] == .string("/docs#\(work.kind)"))
        let result = try await ask(service, "GET /jobs/\(id)/result")
        #expect(result.head.value("content-type") == "application/problem+json")
        #expect(try JSONValue(result)["status"] == status["problem"]["status"])
        #expect(JSONValue.number(Double(result.head.status)) == status["problem"]["status"])
        #expect(service.jobs.counts.bytes == 0)
        await service.closeJobs()
    }

    @Test("a running job tells its progress and has no result; deleting it cancels it")
    func running() async throws {
        let engine = HeldTalkingHead()
        let service = scriptedService(jobSettings(folder), talkingHeads: engine.alone)
        let id = try await startJob(service)
        await engine.waitForBegin()
        let status = try JSONValue(try await ask(service, "GET /jobs/\(id)"))
        #expect(status["status"] == "running" && status["started_at"] != .null)
        #expect(status["progress"] == ["unit": "frames", "done": 25, "total": 100])
        let early = try await ask(service, "GET /jobs/\(id)/result")
        #expect(early.head.status == 409 && early.head.value("retry-after") == "1")

        let watched = try service.jobs.watch(id).changes
        let deleted = try await ask(service, "DELETE /jobs/\(id)")
        #expect(deleted.head.status == 200)
        #expect(try JSONValue(deleted)["status"] == "cancelled")
        var last: JobSnapshot?
        for await snapshot in watched { last = snapshot }
        #expect(last?.state == .cancelled)
        for path in ["/jobs/\(id)", "/jobs/\(id)/result", "/jobs/\(id)/events"] {
            #expect(try await ask(service, "GET \(path)").head.status == 404)
        }
        #expect(try await ask(service, "DELETE /jobs/\(id)").head.status == 404)
        engine.release()
        await service.closeJobs()
    }

    @Test("jobs wait their turn, as many as the queue holds; a waiting one can be deleted")
    func turns() async throws {
        let engine = HeldTalkingHead()
        var settings = jobSettings(folder)
        settings.queueMax = 2
        let service = scriptedService(settings, talkingHeads: engine.alone)
        var ids: [String] = []
        for _ in 0..<JobScheduler.runningMax {
            ids.append(try await startJob(service))
            await engine.waitForBegin()
        }
        for _ in 0..<2 { ids.append(try await startJob(service)) }
        #expect(service.jobs.counts.states == ["running": 2, "queued": 2])
        let refused = try await ask(
            service, "POST /animate", type: portrait.type, body: portrait.body,
            fields: "Prefer: respond-async\r\n")
        #expect(refused.head.status == 429 && refused.head.value("retry-after") != nil)
        #expect(
            try JSONValue(try await ask(service, "DELETE /jobs/\(ids[2])"))["status"] == "cancelled"
        )
        engine.release()
        engine.release()
        await engine.waitForBegin()
        engine.release()
        #expect(try await waitForEnd(service, ids[3]).hasEnded)
        #expect(service.jobs.counts.states == ["done": 3])
        await service.closeJobs()
    }

    @Test("a job waits for a place where requests hold them all")
    func places() async throws {
        var settings = jobSettings(folder)
        settings.queueMax = 1
        let engine = HeldTalkingHead()
        let service = scriptedService(settings, talkingHeads: engine.alone)
        let request = portrait
        let held = Task {
            try await ask(service, "POST /animate", type: request.type, body: request.body)
        }
        await engine.waitForBegin()
        let id = try await startJob(service, "POST /speak", form([("text", "one")]))
        #expect(service.jobs.snapshot(id)?.state == .queued)
        engine.release()
        _ = try await held.value
        guard case .done = try await waitForEnd(service, id).state else { throw Missing() }
        await service.closeJobs()
    }

    @Test("what may be kept is bounded: a full store is 503 and says when to come again")
    func bounds() async throws {
        let clock = TestClock()
        var settings = jobSettings(folder)
        settings.jobsMax = 1
        let service = scriptedService(settings, clock: clock)
        let id = try await startJob(service)
        try await waitForEnd(service, id)
        clock.advance(600)
        let refused = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#, fields: "Prefer: respond-async\r\n")
        #expect(refused.head.status == 503 && refused.head.value("retry-after") == "3000")
        #expect(try await ask(service, "POST /speak", body: #"{"text":"a"}"#).head.status == 200)
        clock.advance(3_001)
        #expect(try await ask(service, "GET /jobs/\(id)").head.status == 404)
        _ = try await startJob(service)
        await service.closeJobs()
    }

    @Test("a result that has no room fails its job, and leaves nothing")
    func noRoom() async throws {
        var settings = jobSettings(folder)
        settings.jobBytesMax = 3
        let service = scriptedService(settings)
        let snapshot = try await waitForEnd(service, try await startJob(service))
        #expect(snapshot.state == .failed(.storeFull) && service.jobs.counts.bytes == 0)
        await service.closeJobs()
    }

    @Test("without a folder for results no job is taken, and readiness says so")
    func noFolder() async throws {
        var settings = ServiceSettings()
        settings.temporaryFolder = folder.path + "/nothing"
        let service = scriptedService(settings)
        await service.sweepResults()
        let refused = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#, fields: "Prefer: respond-async\r\n")
        #expect(refused.head.status == 503 && refused.text.contains("store-unavailable"))
        let ready = try await ask(service, "GET /readyz")
        #expect(ready.head.status == 503 && ready.text.contains("jobs-not-storable"))
        #expect(try await ask(service, "POST /speak", body: #"{"text":"a"}"#).head.status == 200)
        await service.closeJobs()
    }

    @Test("a job that failed gives its place to a new one, and goes soon by itself")
    func failedJobs() async throws {
        let clock = TestClock()
        var settings = jobSettings(folder)
        settings.jobsMax = 2
        let service = scriptedService(settings, clock: clock)
        var ids: [String] = []
        for _ in 0..<4 {
            ids.append(try await startJob(service, "POST /animate", faceless))
            try await waitForEnd(service, ids.last!)
            clock.advance(1)
        }
        #expect(service.jobs.snapshot(ids[1]) == nil && service.jobs.snapshot(ids[3]) != nil)
        let good = try await startJob(service)
        guard case .done = try await waitForEnd(service, good).state else { throw Missing() }
        clock.advance(301)
        #expect(service.jobs.snapshot(ids[3]) == nil && service.jobs.snapshot(good) != nil)
        await service.closeJobs()
    }

    @Test("setting the time of day makes no job older")
    func timeOfDay() async throws {
        let clock = TestClock()
        let service = scriptedService(jobSettings(folder), clock: clock)
        let id = try await startJob(service)
        try await waitForEnd(service, id)
        clock.set(by: 86_400)
        #expect(service.jobs.snapshot(id) != nil)
        clock.set(by: -200_000)
        clock.advance(3_601)
        #expect(service.jobs.snapshot(id) == nil)
        await service.closeJobs()
    }

    @Test("a results folder that somebody removed is made anew, and the lost result is gone")
    func removedFolder() async throws {
        let service = scriptedService(jobSettings(folder))
        let lost = try await startJob(service)
        try await waitForEnd(service, lost)
        for name in folder.names {
            try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        }
        #expect(try await ask(service, "GET /jobs/\(lost)/result").head.status == 410)
        let next = try await startJob(service)
        guard case .done = try await waitForEnd(service, next).state else { throw Missing() }
        #expect(try await ask(service, "GET /jobs/\(next)/result").head.status == 200)
        await service.closeJobs()
    }

    @Test("where a process sleeps between requests the preference is passed over")
    func noJobs() async throws {
        var settings = jobSettings(folder)
        settings.offersJobs = false
        let service = scriptedService(settings)
        let response = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#, fields: "Prefer: respond-async\r\n")
        #expect(response.head.status == 200 && response.head.value("preference-applied") == nil)
        #expect(try await ask(service, "GET /jobs/0f").head.status == 404)
    }

    @Test("jobs ask for a key as other routes do")
    func keys() async throws {
        var settings = jobSettings(folder)
        settings.apiKeys = ["k"]
        let service = scriptedService(settings)
        for line in [
            "GET /jobs/0f", "DELETE /jobs/0f", "GET /jobs/0f/result", "GET /jobs/0f/events",
        ] {
            #expect(try await ask(service, line).head.status == 401)
            let fields = "Authorization: Bearer k\r\n"
            #expect(try await ask(service, line, fields: fields).head.status == 404)
        }
    }

    @Test("a stop cancels what has not ended and takes no more")
    func stop() async throws {
        let engine = HeldTalkingHead()
        let service = scriptedService(jobSettings(folder), talkingHeads: engine.alone)
        let id = try await startJob(service)
        await engine.waitForBegin()
        let changes = try service.jobs.watch(id).changes
        service.stopJobs()
        var last: JobSnapshot?
        for await snapshot in changes { last = snapshot }
        #expect(last?.state == .cancelled)
        let refused = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#, fields: "Prefer: respond-async\r\n")
        #expect(refused.head.status == 503)
        engine.release()
        await service.closeJobs()
        #expect(folder.names == [])
    }
}

/// Something that a test needs is not there.
private struct Missing: Error {}

/// A request, and the kind of problem that it ends in.
private struct RouteSample: Sendable, CustomTestStringConvertible {
    let line: String
    let fields: [(String, String)]
    var kind = ""

    var testDescription: String { "\(line) \(fields.map(\.1)) \(kind)" }
}

private let works = [
    RouteSample(line: "POST /transcribe", fields: [("@file", "sound")]),
    RouteSample(
        line: "POST /transcribe", fields: [("@file", "sound"), ("response_format", "srt")]),
    RouteSample(line: "POST /transcribe", fields: [("@file", "sound"), ("stream", "true")]),
    RouteSample(line: "POST /speak", fields: [("text", "one two")]),
    RouteSample(
        line: "POST /speak", fields: [("text", "one two"), ("response_format", "mp3")]),
    RouteSample(line: "POST /speak", fields: [("text", "one two"), ("timestamps", "true")]),
    RouteSample(line: "POST /animate", fields: [("@image", "portrait"), ("text", "one")]),
    RouteSample(
        line: "POST /animate",
        fields: [("@image", "portrait"), ("@audio", "sound"), ("stream", "true")]),
]

private let failures = [
    RouteSample(line: "POST /transcribe", fields: [("@file", "!")], kind: "unreadable-audio"),
    RouteSample(
        line: "POST /transcribe", fields: [("@file", "sound"), ("language", "xx")],
        kind: "language-unknown"),
    RouteSample(line: "POST /speak", fields: [("text", " ")], kind: "nothing-to-speak"),
    RouteSample(line: "POST /speak", fields: [("text", "<speak>")], kind: "bad-ssml"),
    RouteSample(line: "POST /speak", fields: [("text", "one fail")], kind: "engine-failed"),
    RouteSample(
        line: "POST /speak", fields: [("text", "one fail"), ("stream_format", "sse")],
        kind: "engine-failed"),
    RouteSample(
        line: "POST /animate", fields: [("@image", "x"), ("text", "one")], kind: "no-face"),
    // The voice is begun before the portrait is read.
    RouteSample(
        line: "POST /animate", fields: [("@image", "x"), ("text", "<speak>")], kind: "bad-ssml"),
    RouteSample(
        line: "POST /animate", fields: [("@image", "!"), ("text", "one")],
        kind: "unreadable-image"),
]
