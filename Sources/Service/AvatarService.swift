import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire
import Logging

/// The engines that the service speaks to. They load nothing until they are asked.
package struct Engines: Sendable {
    package let transcriber: any Transcribing
    package let speaker: any Speaking
    package let animator: any Animating
    package let codec: any MediaCoding

    package init(
        transcriber: any Transcribing, speaker: any Speaking, animator: any Animating,
        codec: any MediaCoding
    ) {
        self.transcriber = transcriber
        self.speaker = speaker
        self.animator = animator
        self.codec = codec
    }
}

/// Routes requests, lets them in or not, and answers them; the same for every door.
package final class AvatarService: RequestHandling {
    let engines: Engines
    let settings: ServiceSettings
    let log: Logger
    let metrics = Metrics()
    private let access: AccessPolicy
    private let backend: @Sendable () -> String
    private let residentBytes: @Sendable () -> Int
    let jobs: JobDesk
    private let gate: AdmissionGate
    /// For requests that become jobs: they take a place only while their body comes.
    private let lobby: AdmissionGate
    /// For those that read results or watch jobs, so that they take no place from work.
    private let readers: AdmissionGate
    private let ids = RequestIDs()
    private let health: Response
    private let openAPI: OpenAPIDocument

    /// - webhooks: tells other hosts of the ends of jobs.
    /// - now: the time of day.
    /// - backend: where networks run, in one word.
    /// - residentBytes: asks the system for the process's memory.
    package init(
        engines: Engines, settings: ServiceSettings, log: Logger,
        webhooks: (any WebhookPosting)? = nil, now: @escaping @Sendable () -> Date = { Date() },
        backend: @escaping @Sendable () -> String = { "cpu" },
        residentBytes: @escaping @Sendable () -> Int = { 0 }
    ) {
        self.backend = backend
        self.residentBytes = residentBytes
        access = AccessPolicy(keys: settings.apiKeys, origins: settings.corsOrigins)
        self.engines = engines
        self.settings = settings
        openAPI = OpenAPIDocument { [speaker = engines.speaker] in speaker.voices().map(\.id) }
        self.log = log
        gate = AdmissionGate(depthMax: settings.queueMax)
        lobby = AdmissionGate(depthMax: settings.queueMax)
        readers = AdmissionGate(depthMax: settings.readersMax)
        jobs = JobDesk(
            settings, gate: gate, webhooks: webhooks.map { WebhookDelivery($0, log: log) },
            metrics: metrics, log: log, now: now)
        health = Response(
            status: 200, type: "application/json", body: Array(#"{"status":"ok"}"#.utf8)
        ).prepared()
    }

    package func admit(_ head: RequestHead) -> Admission {
        // A probe asks for the answer alone; who sends an id or an origin gets the fields too.
        if head.isPath("/healthz"), head.isMethod("GET"), head.value("x-request-id") == nil,
            head.value("origin") == nil
        {
            return .answer(health)
        }
        let id = ids.id(for: head)
        let fields = access.sharing(head)
        do throws(Problem) {
            return try admit(head, id: id, fields: fields)
        } catch {
            metrics.refused()
            log.info("refused", metadata: ["id": "\(id)", "status": "\(error.status)"])
            let style = ErrorStyle(path: head.path)
            return .answer(error.response(requestID: id, fields: fields, style: style))
        }
    }

    private func admit(
        _ head: RequestHead, id: String, fields: [(String, String)]
    ) throws(Problem) -> Admission {
        let path = head.path
        guard let route = Route(path: path) else {
            if path == "*", head.isMethod("OPTIONS") {
                return .answer(Response(head: ResponseHead(status: 204)))
            }
            throw Problem(404, "not-found", "There is nothing at this path.", got: path)
        }
        let method = head.method
        if method == "OPTIONS" {
            let shared = fields + access.preflight(head, allow: route.allow)
            return .answer(
                Response(
                    head: ResponseHead(status: 204, fields: [("Allow", route.allow)] + shared)))
        }
        guard route.methods.contains(method) else {
            throw Problem(
                knownMethods.contains(method) ? 405 : 501, "method-not-allowed",
                "This path does not take that method.", limit: route.allow, got: method,
                allow: route.allow)
        }
        if !route.isOpen { try access.authorise(head) }
        if var response = try immediate(route, head) {
            response.head.add("X-Request-Id", id)
            for (name, value) in fields { response.head.add(name, value) }
            return .answer(response)
        }
        let style = ErrorStyle(path: path)
        let context = RequestContext(
            id: id, work: Work(within: .seconds(settings.deadlineSeconds)), fields: fields,
            trace: traceID(head), style: style)
        if route == .jobResult || route == .jobEvents {
            return .exchange(
                JobReading(
                    route, head: head, service: self, context: context,
                    permit: try place(in: readers)))
        }
        let becomesJob = settings.offersJobs && route.takesJobs && prefersAsync(head)
        if becomesJob { try jobs.check() }
        return .exchange(
            try RouteExchange(
                route, head: head, service: self, context: context,
                permit: try place(in: becomesJob ? lobby : gate), becomesJob: becomesJob))
    }

    private func place(in gate: AdmissionGate) throws(Problem) -> Permit {
        do throws(Overload) {
            return try gate.admit()
        } catch {
            throw Problem(
                429, "overloaded", "All places are taken; try again shortly.",
                limit: "\(error.depthMax) requests at once", retryAfterSeconds: 2)
        }
    }

    /// Answers that are made without waiting.
    private func immediate(_ route: Route, _ head: RequestHead) throws(Problem) -> Response? {
        switch route {
        case .health: head.path.contains("ready") ? readiness() : health
        case .voices: voicesResponse()
        case .home: homeResponse(accept: head.values("accept").joined(separator: ","))
        case .docs: DocumentPage.response
        case .openapi: openAPI.response
        case .models: modelsResponse()
        case .model: try modelResponse(path: head.path)
        case .job: try jobResponse(head)
        case .metrics:
            Response(
                status: 200, type: "text/plain; version=0.0.4; charset=utf-8",
                body: Array(
                    metrics.text(
                        queueDepth: gate.count, residentBytes: residentBytes(), jobs: jobs.counts
                    ).utf8))
        case .transcribe, .speak, .animate, .warmup, .transcriptions, .translations, .speech,
            .inference, .jobResult, .jobEvents:
            nil
        }
    }

    /// As `health`, and where networks run.
    private func readiness() -> Response {
        Response(
            status: 200, type: "application/json",
            body: Array(#"{"status":"ok","backend":"\#(backend())"}"#.utf8))
    }

    package func refuse(_ error: WireError, path: String?) -> Response {
        metrics.refused()
        return Problem(error).response(
            requestID: ids.next(), style: path.map(ErrorStyle.init(path:)) ?? .problem)
    }
}

/// RFC 9110 §9, RFC 5789 and QUERY of the registry; anything else is 501.
private let knownMethods: Set<String> = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
]
