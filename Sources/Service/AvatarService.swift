import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire
import Logging

import struct Synchronization.Atomic

/// The engines that the service speaks to. They load nothing until they are asked.
package struct Engines: Sendable {
    package let transcriber: any Transcribing
    package let speaker: any Speaking
    package let talkingHeads: TalkingHeadEngines
    package let codec: any MediaCoding
    /// Signs what is made, where the operator has a certificate.
    package let signer: (any ProvenanceSigning)?
    /// Reads what others or we have signed.
    package let verifier: (any ProvenanceReading)?

    package init(
        transcriber: any Transcribing, speaker: any Speaking,
        talkingHeads: TalkingHeadEngines,
        codec: any MediaCoding, signer: (any ProvenanceSigning)? = nil,
        verifier: (any ProvenanceReading)? = nil
    ) {
        self.transcriber = transcriber
        self.speaker = speaker
        self.talkingHeads = talkingHeads
        self.codec = codec
        self.signer = signer
        self.verifier = verifier
    }
}

/// Routes requests, lets them in or not, and answers them; the same for every transport.
package final class AvatarService: RequestHandling {
    let engines: Engines
    let settings: ServiceSettings
    let log: Logger
    let metrics = Metrics()
    private let access: AccessPolicy
    private let backend: @Sendable () -> String
    let residentBytes: @Sendable () -> Int
    let jobs: JobScheduler
    private let gate: AdmissionGate
    private let clients: ClientPlaces
    let memory: MemoryBudget
    private let isStopping = Atomic<Bool>(false)
    /// For those that read results or watch jobs, so that they take no place from work.
    private let readers: AdmissionGate
    private let ids = RequestIDs()
    private let health: Response
    private let openAPI: OpenAPIDocument
    let realtime: RealtimeHub
    /// Sends traces and metrics away, where an operator wants it.
    let telemetry: TelemetryExporter?
    let secrets: ClientSecrets

    /// - webhooks: tells other hosts of the ends of jobs.
    /// - chat: asks the chat endpoint of live conversations.
    /// - telemetry: where traces and metrics go; nil sends none.
    /// - now: the time of day.
    /// - backend: where networks run, in one word.
    /// - memory: what all requests together may hold.
    /// - residentBytes: asks the system for the process's memory.
    package init(
        engines: Engines, settings: ServiceSettings, log: Logger,
        memory: MemoryBudget = .unlimited(), webhooks: (any WebhookPosting)? = nil,
        chat: (any StreamedPosting)? = nil,
        telemetry: (settings: TelemetrySettings, poster: any TelemetryPosting)? = nil,
        now: @escaping @Sendable () -> Date = { Date() },
        uptime: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        backend: @escaping @Sendable () -> String = { "cpu" },
        residentBytes: @escaping @Sendable () -> Int = { 0 }
    ) {
        self.backend = backend
        self.residentBytes = residentBytes
        access = AccessPolicy(keys: settings.apiKeys, origins: settings.corsOrigins)
        self.engines = engines
        self.settings = settings
        openAPI = OpenAPIDocument(
            voices: { [speaker = engines.speaker] in speaker.voices().map(\.id) },
            talkingHeads: engines.talkingHeads.ids)
        self.log = log
        gate = AdmissionGate(depthMax: settings.queueMax)
        clients = ClientPlaces(countMax: settings.clientQueueMax)
        self.memory = memory
        realtime = RealtimeHub(
            engines: engines, settings: settings, memory: memory, log: log, ids: ids,
            poster: chat, now: { now().timeIntervalSince1970 },
            choices: RealtimeChoices(
                engines.speaker, charactersMax: settings.textCharactersMax))
        self.telemetry = telemetry.map { [metrics, gate, memory] telemetry in
            TelemetryExporter(
                telemetry.settings, poster: telemetry.poster,
                now: { nanoseconds(since1970: now()) },
                metrics: {
                    metrics.points($0, queueDepth: gate.count, memory: memory)
                        + [$0.gauge("process.memory.usage", "By", Double(residentBytes()))]
                })
        }
        secrets = ClientSecrets(now: { now().timeIntervalSince1970 })
        readers = AdmissionGate(depthMax: settings.readersMax)
        jobs = JobScheduler(
            settings, gate: gate,
            webhooks: webhooks.map {
                WebhookDelivery($0, secret: settings.webhookSecret, log: log)
            },
            metrics: metrics, log: log, now: now, uptime: uptime)
        health = Response(
            status: 200, type: "application/json", body: Array(#"{"status":"ok"}"#.utf8),
            fields: [("X-Content-Type-Options", "nosniff")]
        ).prepared()
    }

    package func admit(_ head: RequestHead) -> Admission {
        // A probe asks for the response alone; who sends an id or an origin gets the fields too.
        if head.isPath("/healthz"), head.isMethod("GET"), head.value("x-request-id") == nil,
            head.value("origin") == nil, access.origins.isEmpty
        {
            return .response(health)
        }
        let id = ids.id(for: head)
        let fields = access.sharing(head)
        do throws(Problem) {
            return try admit(head, id: id, fields: fields)
        } catch {
            metrics.refused(error.kind)
            log.info(
                "refused",
                metadata: [
                    "id": "\(id)", "status": "\(error.status)", "reason": "\(error.kind.rawValue)",
                ])
            let style = ErrorStyle(path: head.path)
            return .response(error.response(requestID: id, fields: fields, style: style))
        }
    }

    private func admit(
        _ head: RequestHead, id: String, fields: [(String, String)]
    ) throws(Problem) -> Admission {
        let path = head.path
        guard let route = Route(path: path) else {
            if path == "*", head.isMethod("OPTIONS") {
                var response = Response(head: ResponseHead(status: 204))
                response.head.addCommonFields(requestID: id, fields)
                return .response(response)
            }
            throw Problem(.notFound, "There is nothing at this path.", got: path)
        }
        let method = head.method
        if method == "OPTIONS" {
            var response = Response(
                head: ResponseHead(status: 204, fields: [("Allow", route.allow)]))
            response.head.addCommonFields(
                requestID: id, fields + access.preflight(head, allow: route.allow))
            return .response(response)
        }
        guard route.methods.contains(method) else {
            throw Problem(
                .methodNotAllowed, status: knownMethods.contains(method) ? 405 : 501,
                "This path does not take that method.", limit: route.allow, got: method,
                allow: route.allow)
        }
        if !route.isOpen { try authorise(head, route) }
        switch route.facts.answer {
        case .immediate(let response):
            var response = try response(self, head)
            response.head.addCommonFields(requestID: id, fields)
            return .response(response)
        case .webSocket(let handling):
            let upgrade: WebSocketUpgrade
            do throws(WebSocketUpgradeError) {
                upgrade = try WebSocketUpgrade(head)
            } catch {
                throw Problem(error)
            }
            return .upgrade(
                upgrade, try handling(self, head, RequestFacts(id: id, fields: fields)))
        case .work, .lookup, .jobResult:
            return .exchange(try exchange(route, head, id: id, fields: fields))
        }
    }

    /// Who opens a socket may send the key as browsers must, or a short-lived one, and comes from a
    /// page that may.
    private func authorise(_ head: RequestHead, _ route: Route) throws(Problem) {
        guard case .webSocket = route.facts.answer else { return try access.authorise(head) }
        try access.authoriseSocket(head, secrets)
        guard !isStopping.load(ordering: .relaxed) else {
            throw Problem(.cancelled, "The server stops.", retryAfterSeconds: 2)
        }
    }

    /// A conversation on a socket.
    func converse(
        _ head: RequestHead, _ facts: RequestFacts
    ) throws(Problem) -> any WebSocketHandling {
        try RealtimeConnection(
            head, hub: realtime, requestID: facts.id, visit: try clients.enter(head),
            fields: facts.fields,
            span: telemetry.flatMap { RequestSpan($0, continuing: TraceContext(head)) })
    }

    private func exchange(
        _ route: Route, _ head: RequestHead, id: String, fields: [(String, String)]
    ) throws(Problem) -> any Exchange {
        let visit = try clients.enter(head)
        let account = MemoryAccount(memory)
        let trace = TraceContext(head)
        let context = RequestContext(
            id: id, work: WorkContext(within: .seconds(settings.deadlineSeconds), memory: account),
            fields: fields, trace: trace?.traceID, style: ErrorStyle(path: head.path),
            span: telemetry.flatMap { RequestSpan($0, continuing: trace) })
        if case .jobResult = route.facts.answer {
            return JobResultResponder(
                route, head: head, service: self, context: context, visit: visit,
                permit: try placeNow(in: readers))
        }
        let becomesJob = settings.offersJobs && route.takesJobs && prefersAsync(head)
        if becomesJob { try jobs.check() }
        let gate = route.readsFiles ? readers : gate
        // The place itself is taken when the body is there.
        if !becomesJob { try checkPlaces(in: gate) }
        try checkMemory(head)
        return try RouteExchange(
            route, head: head, service: self, context: context, gate: gate, visit: visit,
            becomesJob: becomesJob)
    }

    /// A body that has no room now is refused before it is read.
    private func checkMemory(_ head: RequestHead) throws(Problem) {
        guard case .length(let bytes) = head.framing, bytes <= settings.bodyBytesMax,
            !memory.hasRoom(for: bytes)
        else { return }
        throw Problem(.memoryShort(needBytes: bytes, limitBytes: memory.bytesMax))
    }

    private func checkPlaces(in gate: AdmissionGate) throws(Problem) {
        do throws(Overload) { try gate.check() } catch { throw Problem(error) }
    }

    private func placeNow(in gate: AdmissionGate) throws(Problem) -> Permit {
        do throws(Overload) { return try gate.admit() } catch { throw Problem(error) }
    }

    /// A place for work whose body is there. Who came when there was room may wait for it, until
    /// its deadline.
    func place(in gate: AdmissionGate, _ work: WorkContext) async throws(Problem) -> Permit {
        let permit: Permit?
        do throws(EngineError) {
            permit = try await gate.admitInTurn(work: work, waitingMax: gate.depthMax)
        } catch {
            throw Problem(error)
        }
        guard let permit else { throw Problem(Overload(depthMax: gate.depthMax)) }
        return permit
    }

    /// `GET /healthz` and its like.
    func healthResponse(_ head: RequestHead) -> Response {
        head.path.contains("ready") ? readiness() : health
    }

    /// `GET /metrics`.
    var metricsResponse: Response {
        let text =
            metrics.text(
                queueDepth: gate.count, memory: memory, residentBytes: residentBytes(),
                jobs: jobs.counts) + realtime.metrics.text(faces: realtime.counts.faces)
        return Response(
            status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
    }

    /// Whether work is accepted: not while the server stops, nor where jobs are offered that could
    /// not be kept. As `health`, and where networks run.
    private func readiness() -> Response {
        let reason: String? =
            if isStopping.load(ordering: .relaxed) {
                "stopping"
            } else if settings.offersJobs, !jobs.canStore {
                "jobs-not-storable"
            } else {
                nil
            }
        let body: JSONValue = [
            "status": .string(reason ?? "ok"), "backend": .string(backend()),
            "talking_heads": .array(engines.talkingHeads.ids.map { .string($0) }),
        ]
        return Response(
            status: reason == nil ? 200 : 503, type: "application/json", body: json(body))
    }

    /// This process is a copy of one that was kept: what must be its own is made anew.
    package func wasRestored() {
        ids.renew()
        secrets.renew()
    }

    package func willStop() { isStopping.store(true, ordering: .relaxed) }

    /// `GET /openapi.json`.
    var openAPIResponse: Response { openAPI.response }

    package func refuse(_ error: HTTPError, path: String?) -> Response {
        let problem = Problem(error, route: path.flatMap(Route.init(path:)))
        metrics.refused(problem.kind)
        return problem.response(
            requestID: ids.next(), style: path.map(ErrorStyle.init(path:)) ?? .problem)
    }
}

/// In two steps: a Double has not digits enough for nanoseconds of today.
private func nanoseconds(since1970 date: Date) -> UInt64 {
    let seconds = max(0, date.timeIntervalSince1970)
    let whole = Int(bounded: seconds)
    return UInt64(whole) * 1_000_000_000 + UInt64(bounded: (seconds - Double(whole)) * 1e9)
}

/// RFC 9110 §9, RFC 5789 and QUERY of the registry; anything else is 501.
private let knownMethods: Set<String> = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
]
