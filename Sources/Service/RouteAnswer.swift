import EngineAPI
import Execution
import HTTPWire

/// An answer with the fields that all of ours bear.
final class RouteAnswer: Sendable {
    private struct State {
        var status = 0
        var bytes = 0
        var isBegun = false
        var isEvents = false
    }

    private let sink: any ResponseSink
    let context: RequestContext
    private let state = Mutex(State())

    init(sink: any ResponseSink, context: RequestContext) {
        self.sink = sink
        self.context = context
    }

    var status: Int { state.withLock { $0.status } }
    var bytes: Int { state.withLock { $0.bytes } }
    var isBegun: Bool { state.withLock { $0.isBegun } }

    /// Sends a whole answer.
    func send(_ response: Response) async {
        var response = response
        addCommonFields(to: &response.head)
        state.withLock { state in
            (state.status, state.bytes, state.isBegun) =
                (response.head.status, response.body.count, true)
        }
        await sink.send(response)
    }

    private func addCommonFields(to head: inout ResponseHead) {
        head.add("X-Request-Id", context.id)
        for (name, value) in context.fields { head.add(name, value) }
        head.add("Server-Timing", context.serverTiming)
    }

    /// Begins a streamed answer; its times so far go into the head, the rest into the trailer.
    func begin(type: String, fields: [(String, String)] = []) async {
        var head = ResponseHead(status: 200, fields: [("Content-Type", type)] + fields)
        addCommonFields(to: &head)
        head.add("Trailer", "Server-Timing")
        state.withLock { ($0.status, $0.isBegun) = (200, true) }
        await sink.begin(head)
    }

    /// Begins an answer whose head is known; what every answer bears is added.
    func begin(_ head: ResponseHead) async {
        var head = head
        head.add("X-Request-Id", context.id)
        for (name, value) in context.fields { head.add(name, value) }
        state.withLock { ($0.status, $0.isBegun) = (head.status, true) }
        await sink.begin(head)
    }

    /// - Throws: `.cancelled` when the client has gone.
    func write(_ piece: [UInt8]) async throws(EngineError) {
        guard !piece.isEmpty else { return }
        state.withLock { $0.bytes += piece.count }
        guard await sink.write(piece) else { throw .cancelled }
    }

    /// Breaks the answer off, so that nobody takes it for whole.
    func abort() async { await sink.abort() }

    func end() async { await sink.end(trailers: [("Server-Timing", context.serverTiming)]) }

    /// Writes a server-sent event (HTML §9.2), and begins the answer when it is the first. Its
    /// name is also its `type`, as OpenAI has it.
    /// - id: what a client that comes back tells as `Last-Event-ID`.
    func event(
        _ name: String, _ values: [String: JSONValue], id: Int? = nil
    ) async throws(EngineError) {
        if !isBegun {
            state.withLock { $0.isEvents = true }
            await begin(type: "text/event-stream", fields: [("Cache-Control", "no-cache")])
        }
        let values = values.merging(["type": .string(name)]) { $1 }
        // JSON of ours holds no line end, so one data line is enough.
        let line = id.map { "id: \($0)\n" } ?? ""
        try await write(
            Array("\(line)event: \(name)\ndata: ".utf8) + json(JSONValue.object(values)) + [
                0x0A, 0x0A,
            ])
    }

    /// A line of events that clients pass over; it keeps a quiet connection open.
    func comment(_ text: String) async throws(EngineError) {
        try await write(Array(": \(text)\n\n".utf8))
    }

    /// Tells what went wrong; an answer that has begun is broken off, so that nobody takes it for
    /// whole. Events end with one of their own that tells it.
    func fail(_ problem: Problem) async {
        if state.withLock({ $0.isEvents }) {
            let bytes = problem.bytes(requestID: context.id, context.style)
            _ = await sink.write(Array("event: error\ndata: ".utf8) + bytes + [0x0A, 0x0A])
            return await end()
        }
        if isBegun { return await sink.abort() }
        state.withLock { ($0.status, $0.isBegun) = (problem.status, true) }
        var response = problem.response(
            requestID: context.id, fields: context.fields, style: context.style)
        response.head.add("Server-Timing", context.serverTiming)
        await sink.send(response)
    }
}

/// Runs engine work and turns its error into a problem.
func mapping<Value: Sendable>(
    field: String? = nil, _ body: () async throws(EngineError) -> Value
) async throws(Problem) -> Value {
    do throws(EngineError) {
        return try await body()
    } catch {
        var problem = Problem(error)
        if problem.field == nil { problem.field = field }
        throw problem
    }
}
