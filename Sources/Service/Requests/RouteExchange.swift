import EngineAPI
import Execution
import HTTPWire
import Logging

import struct Synchronization.Atomic

/// One admitted request: collects its body, which is charged to the memory budget, then waits for a
/// place and lets its route answer.
final class RouteExchange: Exchange {
    private let route: Route
    private let service: AvatarService
    private let context: RequestContext
    private let gate: AdmissionGate
    /// Counts the client's requests while this one lives.
    private let visit: ClientVisit?
    /// The client would rather be told where the response will be.
    private let becomesJob: Bool
    private let path: String
    private let method: String
    private let queryFields: RequestFields
    /// Takes the body, as long as it is empty.
    private let collector: BodyCollector
    /// The body is still being pulled.
    private let isReading = Atomic<Bool>(true)
    private let isCounted = Atomic<Bool>(false)

    var deadline: ContinuousClock.Instant { context.work.deadline }

    var bodyBytesMax: Int { route.bodyBytesMax(service.settings) }

    /// - gate: where the work takes its place, once the body is there.
    init(
        _ route: Route, head: RequestHead, service: AvatarService, context: RequestContext,
        gate: AdmissionGate, visit: ClientVisit?, becomesJob: Bool
    ) throws(Problem) {
        self.becomesJob = becomesJob
        self.route = route
        self.service = service
        self.context = context
        self.gate = gate
        self.visit = visit
        path = head.path
        method = head.method
        let bytesExpected = min(
            head.value("content-length").flatMap { Int($0) } ?? 0,
            route.bodyBytesMax(service.settings))
        queryFields = try RequestFields(head: head, of: route)
        // The transport inflates what it can before the body comes here.
        if let coding = head.value("content-encoding"),
            !["identity", "gzip", "x-gzip", "deflate"].contains(coding.lowercased())
        {
            throw Problem(
                .encodingUnsupported, "The body has a coding that is not understood.",
                field: "Content-Encoding", limit: "gzip, deflate, identity", got: coding)
        }
        collector = try BodyCollector(
            contentType: head.value("content-type") ?? "", bytesExpected: bytesExpected,
            isLengthKnown: head.value("content-length") != nil)
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) {
            try context.work.memory.charge(bytes)
        } catch {
            throw .overloaded
        }
    }

    func release(_ bytes: Int) { context.work.memory.release(bytes) }

    func cancel(_ reason: CancellationReason) {
        context.cancel(reason)
        // Nobody will answer a client that left within its body; who refused it counts it.
        if reason == .clientGone, isReading.load(ordering: .relaxed) { count("499") }
    }

    func respond(to sink: any ResponseSink, body: any RequestBody) async throws(HTTPError) {
        var collector = collector
        let begun = try await collector.collect(
            body, of: route, query: queryFields, for: self,
            charactersMax: service.settings.textCharactersMax, mayBeginEarly: !becomesJob)
        guard let (rest, bytes, fields) = begun else {
            let fields = try collector.fields(adding: queryFields, of: route)
            isReading.store(false, ordering: .relaxed)
            return tell(await makeResponse(to: sink, fields, nil))
        }
        isReading.store(false, ordering: .relaxed)
        let feeding = Task { await rest.feed(bytes) }
        var whole = fields
        whole.incoming = rest.medium
        let outcome = await makeResponse(to: sink, .success(whole), rest)
        rest.stop()
        // What is left of the body is the transport's from here on.
        feeding.cancel()
        await feeding.value
        tell(outcome)
    }

    /// Counts and logs what came of it.
    private func tell(_ outcome: (text: String, bytes: Int)?) {
        guard let outcome else { return }
        count(outcome.text)
        context.endSpan(
            "\(method) \(route.paths[0])", kind: .server,
            attributes: [
                ("http.request.method", .string(method)), ("http.route", .string(route.paths[0])),
                ("http.response.status_code", .number(Double(outcome.text) ?? 0)),
                ("http.response.body.size", .number(Double(outcome.bytes))),
                ("avatar.request.id", .string(context.id)),
                ("avatar.outcome", .string(outcome.text)),
            ], isFault: outcome.text.hasPrefix("5") || outcome.text == "aborted")
        var notes: Logger.Metadata = [
            "id": "\(context.id)", "route": "\(route.name)", "status": "\(outcome.text)",
            "ms": "\(Int(bounded: context.elapsedMilliseconds))", "bytes": "\(outcome.bytes)",
        ]
        if let trace = context.trace { notes["trace"] = "\(trace)" }
        service.log.info("answered", metadata: notes)
    }

    /// Waits for a place, works and answers; the place and the body go when it returns.
    private func makeResponse(
        to sink: any ResponseSink, _ taken: Result<RequestFields, Problem>, _ rest: IncomingBody?
    ) async -> (text: String, bytes: Int)? {
        var writer = ResponseWriter(sink: sink, context: context)
        do throws(Problem) {
            let fields = try taken.get()
            context.ignore(fields.unknownNames)
            let webhook = try service.webhook(fields, route, becomesJob: becomesJob)
            guard let work = try service.work(route, fields, path: path) else { return nil }
            if becomesJob {
                let request = JobRequest(
                    route: route, requestID: context.id, trace: context.trace,
                    span: context.span?.child(), webhook: webhook,
                    inputBytes: fields.mediaBytes, memory: context.work.memory, work: work)
                await writer.send(try service.accept(request))
            } else {
                let asked = ContinuousClock.now
                let place = try await service.place(in: gate, context.work)
                context.add(
                    StageTime(name: "queue", milliseconds: (.now - asked) / .milliseconds(1)))
                writer = ResponseWriter(sink: sink, context: context, place: place)
                try await work(writer)
            }
        } catch {
            // Work that its body failed says less than what was wrong with the body.
            await writer.fail(rest?.problem ?? error)
        }
        return (writer.outcome, writer.bytes)
    }

    private func count(_ outcome: String) {
        guard !isCounted.exchange(true, ordering: .relaxed) else { return }
        service.metrics.answered(route.name, outcome: outcome, stages: context.stageTimes)
    }
}
