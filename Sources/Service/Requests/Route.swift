/// The paths that are served.
enum Route: Sendable, CaseIterable {
    case home, docs, openapi, health, voices, engines, metrics
    case transcribe, speak, animate, warmup
    case transcriptions, translations, speech, models, model, inference
    case job, jobResult, jobEvents

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

    /// Its paths, the usual one first; braces hold a variable as in OpenAPI.
    var paths: [String] {
        switch self {
        case .home: ["/"]
        case .docs: ["/docs"]
        case .openapi: ["/openapi.json"]
        case .health: ["/healthz", "/livez", "/readyz", "/v2/health/live", "/v2/health/ready"]
        case .voices: ["/voices"]
        case .engines: ["/engines"]
        case .metrics: ["/metrics"]
        case .transcribe: ["/transcribe"]
        case .speak: ["/speak"]
        case .animate: ["/animate"]
        case .warmup: ["/warmup"]
        case .transcriptions: ["/v1/audio/transcriptions"]
        case .translations: ["/v1/audio/translations"]
        case .speech: ["/v1/audio/speech"]
        case .models: ["/v1/models"]
        case .model: ["/v1/models/{model}"]
        case .inference: ["/inference"]
        case .job: ["/jobs/{id}"]
        case .jobResult: ["/jobs/{id}/result"]
        case .jobEvents: ["/jobs/{id}/events"]
        }
    }

    var methods: [String] {
        switch self {
        case .home, .docs, .openapi, .health, .voices, .engines, .metrics, .models, .model,
            .jobResult, .jobEvents:
            ["GET", "HEAD"]
        case .job: ["GET", "HEAD", "DELETE"]
        case .transcribe, .speak, .animate, .warmup, .transcriptions, .translations, .speech,
            .inference:
            ["POST"]
        }
    }

    /// What its body may be; nil where no body is taken.
    var body: BodyKind? {
        switch self {
        case .transcribe, .transcriptions, .translations, .inference: .audio
        case .speak, .speech, .warmup: .fields
        case .animate: .form
        case .home, .docs, .openapi, .health, .voices, .engines, .metrics, .models, .model, .job,
            .jobResult, .jobEvents:
            nil
        }
    }

    /// Kinds of body.
    enum BodyKind: Sendable {
        /// A form with a file, or the audio itself.
        case audio
        /// JSON or a form.
        case fields
        /// A form with files.
        case form
    }

    /// Bytes of its body that are read at most.
    func bodyBytesMax(_ settings: ServiceSettings) -> Int {
        switch self {
        // A text of the longest kind, all of it escaped as \uXXXX.
        case .speak, .speech:
            min(settings.bodyBytesMax, settings.textCharactersMax * 12 + 65_536)
        case .warmup: 65_536
        default: settings.bodyBytesMax
        }
    }

    /// Whether `Prefer: respond-async` makes a job of it.
    var takesJobs: Bool {
        switch self {
        case .transcribe, .speak, .animate: true
        default: false
        }
    }

    /// Its answer is looked up in the models folder: never on an event loop.
    var readsFiles: Bool {
        switch self {
        case .voices, .engines, .openapi, .models, .model: true
        default: false
        }
    }

    /// Answered without a key.
    var isOpen: Bool {
        switch self {
        case .home, .docs, .openapi, .health: true
        default: false
        }
    }

    /// RFC 9110 §10.2.1.
    var allow: String { (methods + ["OPTIONS"]).joined(separator: ", ") }

    /// As logs and metrics have it.
    var name: String { String(describing: self) }
}
