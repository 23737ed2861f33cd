import EngineAPI
import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

/// Who is let in, what that holds, and when it is given back.
@Suite struct AdmissionTests {
    @Test("one request more than the queue holds is 429 before its body")
    func overload() async throws {
        var settings = ServiceSettings()
        settings.queueMax = 1
        let engine = HeldTalkingHead()
        let service = scriptedService(settings, talkingHeads: engine.alone)
        let form = portrait
        let first = Task {
            try await ask(service, "POST /animate", type: form.type, body: form.body)
        }
        await engine.waitForBegin()
        let refused = try await ask(service, "POST /speak", body: "{}")
        #expect(refused.head.status == 429 && refused.head.value("retry-after") != nil)
        engine.release()
        #expect(try await first.value.head.status == 200)
    }

    @Test("a body that is still coming takes no place, and its bytes are given back")
    func slowBodies() async throws {
        var settings = ServiceSettings()
        settings.queueMax = 1
        let memory = MemoryBudget(bytesMax: 5 << 20)
        let service = scriptedService(settings, memory: memory)
        let head = try parseHead(
            Array("POST /speak HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n".utf8))
        do {
            var coming: [(body: StalledBody, work: Task<HTTPError?, Never>)] = []
            var exchanges: [any Exchange] = []
            for _ in 0..<3 {
                guard case .exchange(let exchange) = service.admit(head) else {
                    Issue.record("a body was not let in")
                    return
                }
                let body = try StalledBody(1_000, for: exchange)
                exchanges.append(exchange)
                let work = Task { () -> HTTPError? in
                    do throws(HTTPError) {
                        try await exchange.respond(to: CollectingSink(), body: body)
                        return nil
                    } catch {
                        return error
                    }
                }
                coming.append((body, work))
            }
            #expect(memory.bytesHeld == 3_000)
            let response = try await ask(service, "POST /speak", body: #"{"text":"a"}"#)
            #expect(response.head.status == 200)
            let others = MemoryAccount(memory)
            try others.charge(memory.bytesMax - 4_000)
            #expect(throws: HTTPError.overloaded) { try exchanges[2].charge(1_001) }
            others.releaseAll()
            for (index, error) in [HTTPError.clientGone, .endedEarly].enumerated() {
                exchanges[index].cancel(index == 0 ? .clientGone : .refused)
                coming[index].body.breakOff(error)
                #expect(await coming[index].work.value == error)
            }
            coming.removeFirst(2)
            exchanges.removeFirst(2)
            #expect(memory.bytesHeld == 1_000)
            coming[0].body.breakOff(.tooSlow(seconds: 1))
            _ = await coming[0].work.value
        }
        #expect(memory.bytesHeld == 0)
    }

    @Test("a body that can't fit now is 503, one that never can 413, before it is read")
    func memoryShort() async throws {
        let memory = MemoryBudget(bytesMax: 12_000_000)
        let service = scriptedService(memory: memory)
        let never = try await ask(
            service, "POST /transcribe", fields: "Content-Length: 12000001\r\n")
        #expect(never.head.status == 413 && never.text.contains("memory-limit"))
        let held = MemoryAccount(memory)
        try held.charge(11_999_000)
        let later = try await ask(service, "POST /transcribe", fields: "Content-Length: 2000\r\n")
        #expect(later.head.status == 503 && later.head.value("retry-after") != nil)
        held.releaseAll()
        let good = try await ask(
            service, "POST /transcribe", type: "audio/wav", body: "sound",
            fields: "Content-Length: 5\r\n")
        #expect(good.head.status == 200)
        #expect(memory.bytesHeld == 0)
    }

    @Test("one client's requests are bounded by its key, where a bound is set")
    func clientQueue() async throws {
        var settings = ServiceSettings()
        settings.clientQueueMax = 1
        let engine = HeldTalkingHead()
        let service = scriptedService(settings, talkingHeads: engine.alone)
        let form = portrait
        let first = Task {
            try await ask(
                service, "POST /animate", type: form.type, body: form.body,
                fields: "Authorization: Bearer one\r\n")
        }
        await engine.waitForBegin()
        for (key, status) in [("one", 429), ("two", 200)] {
            let response = try await ask(
                service, "POST /speak", body: #"{"text":"a"}"#,
                fields: "Authorization: Bearer \(key)\r\n")
            #expect(response.head.status == status, "\(key)")
        }
        engine.release()
        _ = try await first.value
        let again = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#,
            fields: "Authorization: Bearer one\r\n")
        #expect(again.head.status == 200)
    }

    @Test(
        "doubled slashes and one at the end find their route, and every response says nosniff",
        arguments: [
            ("POST /v1//audio/speech", 200), ("POST //speak/", 200), ("GET /healthz/", 200),
            ("GET /voices/", 200), ("GET /nothing/", 404), ("GET /speak/", 405),
            ("OPTIONS /speak", 204), ("OPTIONS *", 204), ("GET /metrics", 200), ("GET /", 200),
        ])
    func tidiedPaths(line: String, status: Int) async throws {
        let service = scriptedService()
        let response = try await ask(service, line, body: #"{"input":"a"}"#)
        #expect(response.head.status == status)
        #expect(response.head.value("x-content-type-options") == "nosniff")
    }

    @Test("a server that stops is not ready, and healthy still")
    func stoppingReadiness() async throws {
        let service = scriptedService()
        #expect(try await ask(service, "GET /readyz").head.status == 200)
        service.willStop()
        let ready = try await ask(service, "GET /readyz")
        #expect(ready.head.status == 503 && ready.text.contains("stopping"))
        #expect(try await ask(service, "GET /healthz").head.status == 200)
    }
}
