import EngineAPI

/// What `/openapi.json` and `/docs` tell of one route; both are made from the same.
struct APIOperation: Sendable {
    let route: Route
    let group: Group
    let summary: String
    let detail: String
    let fields: [APIField]
    let responses: [APIResponse]
    /// Kinds of problems beside those that every route of its group can have.
    let problems: [ProblemKind]
    /// What to type in a terminal; `$HOST` is the server.
    let command: String
    /// A JSON body, where the route takes one.
    let example: JSONValue?
    let method: String
    /// Fields of which exactly one is needed.
    let oneOf: [String]
    /// Header fields of a request that mean something here.
    let headers: [APIField]

    /// Headings.
    enum Group: String, Sendable, CaseIterable {
        case work = "Hear, speak, show"
        case jobs = "Answers that are fetched later"
        case openAI = "Compatible with OpenAI"
        case whisperCpp = "Compatible with whisper.cpp"
        case service = "Around it"
    }

    init(
        _ route: Route, _ group: Group, _ summary: String, _ detail: String = "",
        fields: [APIField] = [], responses: [APIResponse], problems: [ProblemKind] = [],
        command: String,
        example: JSONValue? = nil, method: String? = nil, headers: [APIField] = [],
        oneOf: [String] = []
    ) {
        self.oneOf = oneOf
        self.method = method ?? route.methods[0]
        self.headers = route.takesJobs ? headers + [APISpec.prefer] : headers
        self.route = route
        self.group = group
        self.summary = summary
        self.detail = detail
        self.fields = route.takesJobs ? fields + [APISpec.webhook.facts] : fields
        self.responses = route.takesJobs ? responses + [APISpec.accepted] : responses
        self.problems = problems
        self.command = command
        self.example = example
    }

    /// As anchors and operation ids have it.
    var name: String {
        method == route.methods[0]
            ? route.name
            : method.lowercased() + route.name.prefix(1).uppercased()
                + route.name.dropFirst()
    }
}

/// One answer that is no problem.
struct APIResponse: Sendable {
    var status = 200
    let types: [String]
    let detail: String
    /// A name among the schemas; nil is bytes or text.
    var schema: String?
    var example: JSONValue?
    /// Names among the headers, beside those of every response.
    var headers: [String] = []
}

/// All that documents and checks the routes.
enum APISpec {
    static let operations = Route.allCases.flatMap { $0.facts.operations() }

    private static let fieldsByRoute: [Route: [String: APIField]] = Dictionary(
        grouping: operations, by: \.route
    ).mapValues { operations in
        let named = operations.flatMap(\.fields).flatMap { field in
            field.names.map { ($0, field) }
        }
        return Dictionary(named) { first, _ in first }
    }

    /// Fields that mean something to a route, by each of their names.
    static func fields(of route: Route) -> [String: APIField] { fieldsByRoute[route] ?? [:] }

    /// Problems that any admitted request can have.
    static let common: [ProblemKind] = [.key, .methodNotAllowed, .badQuery, .overloaded]
    /// Problems that any request with a body can have.
    static let commonOfBodies: [ProblemKind] = [
        .badField, .fieldMissing, .badMultipart, .bodyTooLarge, .targetTooLong,
        .mediaType,
        .encodingUnsupported, .badContentCoding, .ambiguousLength, .tooSlow, .cancelled,
        .deadline, .engineFailed, .modelMissing, .modelDamaged, .libraryMissing,
        .deviceFailed, .deviceFull,
    ]

    /// Problems that a request which becomes a job can have.
    static let commonOfJobs: [ProblemKind] = [.webhookRefused, .storeFull, .storeUnavailable]

    /// All kinds that an operation can answer with, in the order of the list of kinds.
    static func kinds(of operation: APIOperation) -> [ProblemKind] {
        if operation.route == .health { return [] }
        var kinds = Set(common)
        if operation.route.isOpen { kinds.subtract([.key, .overloaded]) }
        if operation.route.body == nil { kinds.subtract([.badQuery, .overloaded]) }
        if operation.route.body != nil { kinds.formUnion(commonOfBodies) }
        if operation.route.takesJobs { kinds.formUnion(commonOfJobs) }
        kinds.formUnion(operation.problems)
        return ProblemKind.allCases.filter(kinds.contains)
    }
}
