import EngineAPI
import HTTPWire
import Testing

@testable import Service

/// Pieces of a body that are handed over when the test says so.
private final class SteppedBody: RequestBody {
    private let pieces = BoundedChannel<[UInt8]>(costMax: 1_000)
    private let exchange: any Exchange
    private let error = Mutex<HTTPError?>(nil)

    init(_ exchange: any Exchange) { self.exchange = exchange }

    func send(_ text: String) async throws {
        try exchange.charge(text.utf8.count)
        try await pieces.send(Array(text.utf8))
    }

    func end(_ error: HTTPError? = nil) {
        self.error.withLock { $0 = error }
        pieces.finish()
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        if let piece = try? await pieces.next() { return piece }
        if let error = error.withLock({ $0 }) { throw error }
        return nil
    }
}

/// Work that begins before its body is whole.
@Suite(.timeLimit(.minutes(1))) struct IncomingBodyTests {
    private struct Running {
        let body: SteppedBody
        let sink: CollectingSink
        let task: Task<HTTPError?, Never>

        func result() async -> CollectingSink.Collected {
            _ = await task.value
            return sink.response
        }
    }

    private func begin(
        _ line: String, type: String, memory: MemoryBudget = .unlimited(),
        settings: ServiceSettings = ServiceSettings()
    ) throws -> Running {
        let service = scriptedService(settings, memory: memory)
        let head = try parseHead(
            Array(
                "\(line) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\r\n"
                    .utf8))
        guard case .exchange(let exchange) = service.admit(head) else {
            throw EngineError.cancelled
        }
        let (body, sink) = (SteppedBody(exchange), CollectingSink())
        let task = Task { () -> HTTPError? in
            do throws(HTTPError) {
                try await exchange.respond(to: sink, body: body)
                return nil
            } catch {
                return error
            }
        }
        return Running(body: body, sink: sink, task: task)
    }

    /// Waits until the response holds a text.
    private func comes(_ text: String, in running: Running) async throws {
        let isThere = await running.sink.holds(text)
        #expect(isThere, "no \(text) in \(running.sink.response.text)")
    }

    @Test("words leave while the text is still being written")
    func speech() async throws {
        let running = try begin("POST /speak?stream_format=sse", type: "text/plain; charset=utf-8")
        try await running.body.send("one ")
        try await comes(#""text":"one""#, in: running)
        try await running.body.send("two")
        running.body.end()
        let response = await running.result()
        #expect(response.text.contains(#""text":"two""#) && response.isWhole)
    }

    @Test("a text's letters are put together again, and other bytes are refused")
    func letters() async throws {
        let running = try begin("POST /speak?stream_format=sse", type: "text/plain")
        let bytes = Array("caf\u{E9}".utf8)
        try await running.body.send(String(decoding: bytes[..<3], as: UTF8.self))
        running.body.end()
        #expect(await running.result().text.contains("caf"))
        let service = scriptedService()
        let broken = try await ask(
            service, "POST /speak", type: "text/plain", body: "a", fields: "Content-Length: 1\r\n")
        #expect(broken.head.status == 415)
    }

    @Test("a job's text is taken whole, and must be UTF-8")
    func job() async throws {
        let service = scriptedService()
        let whole = try await ask(
            service, "POST /speak", type: "text/plain", body: "a b",
            fields: "Prefer: respond-async\r\nTransfer-Encoding: chunked\r\n")
        #expect(whole.head.status == 202, "\(whole.text)")
    }

    @Test("a text that is too long ends the speech with its limit")
    func tooLong() async throws {
        var settings = ServiceSettings()
        settings.textCharactersMax = 10
        let running = try begin("POST /speak", type: "text/plain", settings: settings)
        try await running.body.send("01234567890")
        running.body.end()
        let response = await running.result()
        #expect(response.head.status == 413 && response.text.contains("text-too-long"))
    }

    @Test("audio in a form is read as it comes where stream was said before it")
    func form() async throws {
        let memory = MemoryBudget(bytesMax: 64 << 20)
        do {
            let running = try begin(
                "POST /transcribe", type: "multipart/form-data; boundary=B", memory: memory)
            try await running.body.send(
                "--B\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n--B\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc")
            try await running.body.send("def\r\n--B--\r\n")
            running.body.end()
            let response = await running.result()
            #expect(response.text.contains("transcript.text.done"), "\(response.text)")
        }
        #expect(memory.bytesHeld == 0)
    }

    @Test("a field that comes after the file is told, not passed over")
    func lateField() async throws {
        let running = try begin(
            "POST /transcribe?stream=true", type: "multipart/form-data; boundary=B")
        try await running.body.send(
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc")
        try await running.body.send(
            "\r\n--B\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\nde\r\n--B--\r\n")
        running.body.end()
        let response = await running.result()
        #expect(response.head.status == 422, "\(response.text)")
        #expect(response.text.contains("fields-conflict") && response.text.contains("language"))
    }

    @Test("a body that breaks off says what was wrong with it")
    func broken() async throws {
        let running = try begin("POST /transcribe?stream=true", type: "audio/wav")
        try await running.body.send("abc")
        running.body.end(.badChunk)
        let response = await running.result()
        #expect(response.text.contains("bad-chunk"), "\(response.text)")
    }

    @Test("an empty file is a field that is missing, streamed or not")
    func empty() async throws {
        let running = try begin("POST /transcribe?stream=true", type: "audio/wav")
        running.body.end()
        #expect(await running.result().text.contains("field-missing"))
    }
}
