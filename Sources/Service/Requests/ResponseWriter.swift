import EngineAPI
import Execution
import HTTPWire

/// A response with the fields that all of ours bear.
final class ResponseWriter: Sendable {
    /// A write that has waited so long for its client lends the work's place.
    private static let patience = Duration.seconds(1)
    /// Larger bodies are charged to the memory budget until they have left.
    private static let chargedBytesMin = 64 * 1024
    /// Larger pieces of a stream too. Smaller ones are part of what the work was charged for before
    /// it began: a stream is not cut for want of the last of them.
    private static let chargedPieceBytesMin = 1 << 20

    private struct State {
        var status = 0
        /// Told in place of the status where it is not the whole truth.
        var outcome: String?
        var bytes = 0
        var isBegun = false
        var isWhole = false
        var isEvents = false
    }

    private let sink: any ResponseSink
    let context: RequestContext
    /// The work's place, lent to others while a write waits for the client.
    private let place: Permit?
    private let state = Mutex(State())

    init(sink: any ResponseSink, context: RequestContext, place: Permit? = nil) {
        self.sink = sink
        self.context = context
        self.place = place
    }

    /// How it ended, as metrics and the log have it: its status, 499 where the client left before
    /// it was whole, "aborted" where it had begun and the deadline, a stop or a fault cut it.
    var outcome: String {
        state.withLock { $0.outcome ?? String($0.status) }
    }

    /// Whether nothing leaves before the end.
    var isCollected: Bool { sink.isCollected }

    private var hasClientLeft: Bool { context.cancellationReason == .clientGone }
    var bytes: Int { state.withLock { $0.bytes } }
    var isBegun: Bool { state.withLock { $0.isBegun } }
    /// Sent in one piece: there is nothing to end.
    var isWhole: Bool { state.withLock { $0.isWhole } }

    /// Sends a whole response.
    func send(_ response: Response) async {
        var response = response
        if response.body.count >= Self.chargedBytesMin {
            do throws(EngineError) {
                try context.work.memory.charge(response.body.count)
            } catch {
                state.withLock { $0.isWhole = true }
                return await fail(Problem(error))
            }
        }
        addCommonFields(to: &response.head)
        state.withLock { state in
            (state.status, state.bytes) = (response.head.status, response.body.count)
            (state.isBegun, state.isWhole) = (true, true)
        }
        await sink.send(response)
    }

    private func addCommonFields(to head: inout ResponseHead) {
        head.addCommonFields(requestID: context.id, context.fields)
        for warning in context.warnings { head.add("Warning", warning) }
        head.add("Server-Timing", context.serverTiming)
    }

    /// Begins a streamed response; its times so far go into the head, the rest into the trailer.
    func begin(type: String, fields: [(String, String)] = []) async {
        var head = ResponseHead(status: 200, fields: [("Content-Type", type)] + fields)
        addCommonFields(to: &head)
        head.add("Trailer", "Server-Timing")
        state.withLock { ($0.status, $0.isBegun) = (200, true) }
        await sink.begin(head)
    }

    /// Begins a response whose head is known; what every response bears is added.
    func begin(_ head: ResponseHead) async {
        var head = head
        head.addCommonFields(requestID: context.id, context.fields)
        state.withLock { ($0.status, $0.isBegun) = (head.status, true) }
        await sink.begin(head)
    }

    /// - Throws: `.cancelled` when the client has gone, `.deadlinePassed` when it was too slow.
    func write(_ piece: [UInt8]) async throws(EngineError) {
        guard !piece.isEmpty else { return }
        let isCharged = piece.count >= Self.chargedPieceBytesMin
        if isCharged { try context.work.memory.charge(piece.count) }
        defer { if isCharged { context.work.memory.release(piece.count) } }
        state.withLock { $0.bytes += piece.count }
        guard await deliver(piece) else {
            try context.work.check()
            throw .cancelled
        }
        try await place?.takeBack(work: context.work)
    }

    private func deliver(_ piece: [UInt8]) async -> Bool {
        guard let place, sink.wouldWait(for: piece.count) else { return await sink.write(piece) }
        let lending = Task {
            if (try? await Task.sleep(for: Self.patience)) != nil { place.lend() }
        }
        defer { lending.cancel() }
        return await sink.write(piece)
    }

    /// Mends what was written before, where it has not left.
    func amend(_ amendment: StreamAmendment) async {
        await sink.amend(amendment.bytes, at: amendment.offset)
    }

    /// Breaks the response off, so that nobody takes it for whole.
    func abort() async {
        // Looked at now: the transport takes what we break off for a client that left.
        let outcome = hasClientLeft ? "499" : "aborted"
        state.withLock { $0.outcome = outcome }
        await sink.abort()
    }

    func end() async { await sink.end(trailers: [("Server-Timing", context.serverTiming)]) }

    /// Writes a server-sent event (HTML §9.2), and begins the response when it is the first. Its
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

    /// Tells what went wrong; a response that has begun is broken off, so that nobody takes it for
    /// whole. Events end with one of their own that tells it.
    func fail(_ problem: Problem) async {
        if hasClientLeft { state.withLock { $0.outcome = "499" } }
        if state.withLock({ $0.isEvents }) {
            state.withLock { $0.status = problem.status }
            let bytes = problem.bytes(requestID: context.id, context.style)
            _ = await sink.write(Array("event: error\ndata: ".utf8) + bytes + [0x0A, 0x0A])
            return await end()
        }
        if isBegun { return await abort() }
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
