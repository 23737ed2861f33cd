import EngineAPI
import Execution
import HTTPWire
import Logging

/// A request that reads a job's result or watches its events. It has a place of its own kind and
/// takes none from work.
final class JobResultResponder: Exchange {
    /// A body has no meaning here and is passed over.
    let bodyBytesMax = 65_536

    private let route: Route
    private let service: AvatarService
    private let context: RequestContext
    private let permit: Permit
    private let visit: ClientVisit?
    private let id: String
    private let isHead: Bool
    private let range: String?
    private let ifRange: String?
    private let ifMatch: String?
    private let ifNoneMatch: String?
    private let lastEvent: Int?
    private let watching = Mutex<Int?>(nil)

    /// For a comment in a stream of events where nothing else was sent: under what proxies wait.
    static let keepAliveSeconds = 15
    /// Bytes of a result that are read at once.
    private static let pieceBytes = 256 * 1024

    init(
        _ route: Route, head: RequestHead, service: AvatarService, context: RequestContext,
        visit: ClientVisit?, permit: Permit
    ) {
        self.visit = visit
        self.route = route
        self.service = service
        self.context = context
        self.permit = permit
        id = jobID(head.path)
        isHead = head.isMethod("HEAD")
        // RFC 9110 §14.2: a range is defined for GET only.
        range = isHead ? nil : head.value("range")
        ifRange = head.value("if-range")
        ifMatch = Self.list(head, "if-match")
        ifNoneMatch = Self.list(head, "if-none-match")
        lastEvent = head.value("last-event-id").flatMap { Int($0) }
    }

    private static func list(_ head: RequestHead, _ name: String) -> String? {
        let values = head.values(name)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    var deadline: ContinuousClock.Instant { context.work.deadline }

    // The transport bounds what it reads ahead, and passes over it.
    func charge(_ bytes: Int) throws(HTTPError) {}
    func release(_ bytes: Int) {}

    func cancel(_ reason: CancellationReason) {
        context.cancel(reason)
        if let token = watching.withLock({ $0 }) { service.jobs.unwatch(id, token) }
    }

    func respond(to sink: any ResponseSink, body: any RequestBody) async {
        let response = ResponseWriter(sink: sink, context: context, place: permit)
        do throws(Problem) {
            if route == .jobResult {
                try await sendResult(response)
            } else {
                try await watch(response)
            }
        } catch {
            await response.fail(error)
        }
        let outcome = response.outcome
        service.metrics.answered(route.name, outcome: outcome, stages: [])
        service.log.info(
            "answered",
            metadata: [
                "id": "\(context.id)", "route": "\(route.name)", "status": "\(outcome)",
                "ms": "\(Int(bounded: context.elapsedMilliseconds))", "bytes": "\(response.bytes)",
            ])
    }

    // MARK: result

    private func sendResult(_ response: ResponseWriter) async throws(Problem) {
        guard let snapshot = service.jobs.snapshot(id) else { throw Problem.jobMissing }
        switch snapshot.state {
        case .queued, .running:
            throw Problem(
                .jobUnfinished, "The job has not ended yet.", got: snapshot.state.name,
                retryAfterSeconds: 1)
        case .failed(let problem): throw problem
        case .cancelled: throw Problem(.cancelled)
        case .done(let result): try await send(result, response)
        }
    }

    /// A result never changes, so that its id is its tag; half of it, since a tag is shown about.
    private var tag: String { "\"\(id.prefix(16))\"" }

    private func send(_ result: JobResult, _ response: ResponseWriter) async throws(Problem) {
        if let ifMatch, !names(ifMatch, tag: tag, weakly: false) {
            throw Problem(
                .precondition, "If-Match names another entity tag.", field: "If-Match")
        }
        var head = result.head
        head.add("ETag", tag)
        head.add("Cache-Control", "private, no-cache")
        if let ifNoneMatch, names(ifNoneMatch, tag: tag, weakly: true) {
            return await response.send(
                Response(
                    head: ResponseHead(
                        status: 304,
                        fields: [("ETag", tag), ("Cache-Control", "private, no-cache")])))
        }
        head.add("Accept-Ranges", "bytes")
        // A date matches nothing: there is no Last-Modified here (RFC 9110 §13.1.5).
        let wanted = ifRange == nil || ifRange == tag ? range : nil
        var bytes = 0..<result.bytes
        switch ByteRange(wanted, count: result.bytes) {
        case .whole: break
        case .part(let part):
            bytes = part.lowerBound..<part.upperBound + 1
            head.status = 206
            head.add(
                "Content-Range", "bytes \(part.lowerBound)-\(part.upperBound)/\(result.bytes)")
        case .unsatisfiable:
            var problem = Problem(
                .rangeUnsatisfiable, "The range begins after the end.", field: "Range",
                limit: "\(result.bytes) bytes")
            problem.contentRange = "bytes */\(result.bytes)"
            throw problem
        }
        head.bodyBytes = bytes.count
        try await send(head, bytes, response)
    }

    private func send(
        _ head: ResponseHead, _ bytes: Range<Int>, _ response: ResponseWriter
    ) async throws(Problem) {
        let store = service.jobs.store
        // A piece that is read, one that is framed, and what waits for the client.
        try await mapping { () async throws(EngineError) in
            try context.work.memory.charge(4 * Self.pieceBytes)
        }
        do throws(StoreError) {
            let file = bytes.isEmpty || isHead ? nil : try await store.reader(id)
            await response.begin(head)
            var at = bytes.lowerBound
            while let file, at < bytes.upperBound {
                let count = min(Self.pieceBytes, bytes.upperBound - at)
                let piece = try await store.read(file, at: at, count: count)
                guard piece.count == count else { return await response.abort() }
                do throws(EngineError) {
                    try await response.write(piece)
                } catch {
                    // The client has gone: nobody is left to tell.
                    return await response.abort()
                }
                at += count
            }
            await response.end()
        } catch {
            throw Problem(error)
        }
    }

    // MARK: events

    /// Server-sent events (HTML §9.2): `status` and `progress` while it lasts, `done` at the end,
    /// each with the whole status. An event's id is the job's version: a client that comes back
    /// with it gets what it has missed, and 204 where there is nothing more to come.
    private func watch(_ response: ResponseWriter) async throws(Problem) {
        let (changes, token) = try service.jobs.watch(id)
        watching.withLock { $0 = token }
        defer { service.jobs.unwatch(id, token) }
        if let last = service.jobs.snapshot(id), last.hasEnded, lastEvent == last.version {
            return await response.send(Response(head: ResponseHead(status: 204)))
        }
        await response.begin(
            type: "text/event-stream", fields: [("Cache-Control", "no-store")])
        if !isHead {
            let ticker = Task { [service, id, work = context.work] in
                while !Task.isCancelled, (try? work.check()) != nil {
                    try? await Task.sleep(for: .seconds(JobResultResponder.keepAliveSeconds))
                    service.jobs.nudge(id, token)
                }
                service.jobs.unwatch(id, token)
            }
            defer { ticker.cancel() }
            await tell(changes, response)
        }
        await response.end()
    }

    private func tell(_ changes: AsyncStream<JobSnapshot>, _ response: ResponseWriter) async {
        var reported = lastEvent ?? 0
        var state: String?
        for await snapshot in changes {
            let name =
                snapshot.hasEnded
                ? "done" : state == snapshot.state.name ? "progress" : "status"
            do throws(EngineError) {
                if snapshot.version == reported, !snapshot.hasEnded {
                    try await response.comment("still \(snapshot.state.name)")
                } else {
                    try await response.event(name, snapshot.status, id: snapshot.version)
                }
            } catch {
                // The client has gone; it can come back with the last event's id.
                return
            }
            (reported, state) = (snapshot.version, snapshot.state.name)
        }
    }
}
