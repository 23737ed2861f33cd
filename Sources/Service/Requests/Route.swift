import HTTPWire

/// The paths that are served.
enum Route: Int, Sendable, CaseIterable {
    case transcribe, speak, animate
    case job, jobResult, jobEvents
    case transcriptions, translations, speech, audioVoices, models, model, inference
    case verify
    case realtime, realtimeSecrets
    case warmup, voices, engines, health, metrics, home, worklets, docs, openapi

    /// All that is declared of it.
    var facts: RouteFacts { Route.table[rawValue] }

    private static let table = allCases.map(\.declaration)

    private var declaration: RouteFacts {
        switch self {
        case .transcribe:
            RouteFacts(
                ["/transcribe"],
                .work { service, fields throws(Problem) in try service.transcribe(fields) },
                [APISpec.transcribe],
                body: .audio, takesJobs: true)
        case .speak:
            RouteFacts(
                ["/speak"], .work { service, fields throws(Problem) in try service.speak(fields) },
                [APISpec.speak],
                body: .fields, bodyBytesMax: speechBytesMax, takesJobs: true, takesText: true)
        case .animate:
            RouteFacts(
                ["/animate"],
                .work { service, fields throws(Problem) in try service.animate(fields) },
                [APISpec.animate],
                body: .form, takesJobs: true)
        case .job:
            RouteFacts(
                ["/jobs/{id}"],
                .immediate { service, head throws(Problem) in try service.jobResponse(head) },
                [APISpec.job, APISpec.deleteJob],
                methods: ["GET", "HEAD", "DELETE"])
        case .jobResult:
            RouteFacts(["/jobs/{id}/result"], .jobResult, [APISpec.jobResult])
        case .jobEvents:
            RouteFacts(["/jobs/{id}/events"], .jobResult, [APISpec.jobEvents])
        case .transcriptions:
            RouteFacts(
                ["/v1/audio/transcriptions"],
                .work { service, fields throws(Problem) in
                    try service.transcribe(fields, as: .openAI)
                },
                [APISpec.transcriptions], body: .audio)
        case .translations:
            RouteFacts(
                ["/v1/audio/translations"],
                .work { service, fields throws(Problem) in
                    try service.transcribe(fields, as: .openAI, translates: true)
                },
                [APISpec.translations], body: .audio)
        case .speech:
            RouteFacts(
                ["/v1/audio/speech"],
                .work { service, fields throws(Problem) in try service.speak(fields, as: .openAI) },
                [APISpec.speech],
                body: .fields, bodyBytesMax: speechBytesMax)
        case .audioVoices:
            RouteFacts(
                ["/v1/audio/voices"], .lookup { service, _ in service.audioVoicesResponse() },
                [APISpec.audioVoices])
        case .models:
            RouteFacts(
                ["/v1/models"], .lookup { service, _ in service.modelsResponse() }, [APISpec.models]
            )
        case .model:
            RouteFacts(
                ["/v1/models/{model}"],
                .lookup { service, path throws(Problem) in try service.modelResponse(path: path) },
                [APISpec.model])
        case .inference:
            RouteFacts(
                ["/inference"],
                .work { service, fields throws(Problem) in
                    try service.transcribe(fields, as: .whisperCpp)
                },
                [APISpec.inference], body: .audio)
        case .verify:
            RouteFacts(
                ["/verify"],
                .work { service, fields throws(Problem) in try service.verify(fields) },
                [APISpec.verify], body: .audio)
        case .realtime:
            RouteFacts(
                ["/v1/realtime"],
                .webSocket { service, head, facts throws(Problem) in
                    try service.converse(head, facts)
                },
                [APISpec.realtime], methods: ["GET"])
        case .realtimeSecrets:
            RouteFacts(
                ["/v1/realtime/client_secrets"],
                .work { service, fields throws(Problem) in try service.clientSecret(fields) },
                [APISpec.realtimeSecrets], body: .fields, bodyBytesMax: { _ in 262_144 })
        case .warmup:
            RouteFacts(
                ["/warmup"],
                .work { service, fields throws(Problem) in try service.warmup(fields) },
                [APISpec.warmup],
                body: .fields, bodyBytesMax: { _ in 65_536 })
        case .voices:
            RouteFacts(
                ["/voices"], .lookup { service, _ in service.voicesResponse() }, [APISpec.voices])
        case .engines:
            RouteFacts(
                ["/engines"], .lookup { service, _ in service.enginesResponse() },
                [APISpec.engines])
        case .health:
            RouteFacts(
                ["/healthz", "/livez", "/readyz", "/v2/health/live", "/v2/health/ready"],
                .immediate { $0.healthResponse($1) }, [APISpec.health], isOpen: true)
        case .metrics:
            RouteFacts(
                ["/metrics"], .immediate { service, _ in service.metricsResponse },
                [APISpec.metrics])
        case .home:
            RouteFacts(["/"], .immediate { $0.homeResponse($1) }, [APISpec.home], isOpen: true)
        case .worklets:
            RouteFacts(
                ["/worklets.js"], .immediate { _, _ in HomePage.worklets }, [APISpec.worklets],
                isOpen: true)
        case .docs:
            RouteFacts(
                ["/docs"], .immediate { _, _ in APIReferencePage.response }, [APISpec.docs],
                isOpen: true)
        case .openapi:
            RouteFacts(
                ["/openapi.json"], .lookup { service, _ in service.openAPIResponse },
                [APISpec.openAPI], isOpen: true)
        }
    }

    init?(path: String) {
        if let route = Route.byPath[path] ?? Route.byPath[Route.tidied(path)] {
            self = route
        } else if path.hasPrefix(Route.modelPrefix), path.count > Route.modelPrefix.count {
            self = .model
        } else if path.hasPrefix(Route.jobPrefix) {
            let parts = path.dropFirst(Route.jobPrefix.count)
                .split(separator: "/", omittingEmptySubsequences: false)
            switch (parts[0].isEmpty, parts.count, parts.last) {
            case (false, 1, _): self = .job
            case (false, 2, "result"): self = .jobResult
            case (false, 2, "events"): self = .jobEvents
            default: return nil
            }
        } else {
            return nil
        }
    }

    /// Without doubled slashes and one at the end: base URLs are joined to paths in both ways.
    private static func tidied(_ path: String) -> String {
        "/" + path.split(separator: "/").joined(separator: "/")
    }

    /// What stands before a model's name.
    static let modelPrefix = "/v1/models/"
    /// What stands before a job's id.
    static let jobPrefix = "/jobs/"

    private static let byPath: [String: Route] = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { route in route.paths.map { ($0, route) } })

    var paths: [String] { facts.paths }
    var methods: [String] { facts.methods }
    var body: BodyKind? { facts.body }
    var takesJobs: Bool { facts.takesJobs }
    var isOpen: Bool { facts.isOpen }

    /// Its response is looked up in the models folder: never on an event loop.
    var readsFiles: Bool { if case .lookup = facts.answer { true } else { false } }

    /// Bytes of its body that are read at most.
    func bodyBytesMax(_ settings: ServiceSettings) -> Int { facts.bodyBytesMax(settings) }

    /// RFC 9110 §10.2.1.
    var allow: String { (methods + ["OPTIONS"]).joined(separator: ", ") }

    /// As logs and metrics have it.
    var name: String { String(describing: self) }

    /// Kinds of body.
    enum BodyKind: Sendable {
        /// A form with a file, or the audio itself.
        case audio
        /// JSON or a form.
        case fields
        /// A form with files.
        case form
    }
}

/// A text of the longest kind, all of it escaped as \uXXXX.
@Sendable private func speechBytesMax(_ settings: ServiceSettings) -> Int {
    min(settings.bodyBytesMax, settings.textCharactersMax * 12 + 65_536)
}
