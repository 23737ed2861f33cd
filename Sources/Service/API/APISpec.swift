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
    let problems: [String]
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
        fields: [APIField] = [], responses: [APIResponse], problems: [String] = [], command: String,
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
        self.fields = route.takesJobs ? fields + [APISpec.webhook] : fields
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

/// One field of a request.
struct APIField: Sendable {
    let name: String
    let kind: Kind
    let detail: String
    var fallback: JSONValue?
    var isRequired = false
    /// A regular expression that a text matches (ECMA-262).
    var pattern: String?
    /// Code points of a text, or bytes of a file.
    var lengths: ClosedRange<Int>?
    /// What numbers a text's field takes as well.
    var numbers: ClosedRange<Double>?

    /// What a field may hold.
    enum Kind: Sendable {
        case text
        case file
        case flag
        case whole(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case choice([String])
        case list([String])
        /// An object of words and readings; JSON's text in a form.
        case lexicon
        /// Part of the path.
        case path
    }

    init(
        _ name: String, _ kind: Kind, _ detail: String, fallback: JSONValue? = nil,
        isRequired: Bool = false, pattern: String? = nil, lengths: ClosedRange<Int>? = nil
    ) {
        self.pattern = pattern
        self.lengths = lengths
        self.name = name
        self.kind = kind
        self.detail = detail
        self.fallback = fallback
        self.isRequired = isRequired
    }

    /// JSON Schema of its value.
    var schema: JSONValue {
        var out: [String: JSONValue] =
            switch kind {
            case .text, .path: ["type": "string"]
            case .lexicon:
                [
                    "type": "object",
                    "maxProperties": .number(Double(RequestLexicon.entriesMax)),
                    "propertyNames": [
                        "minLength": 1, "maxLength": .number(Double(RequestLexicon.wordMax)),
                    ],
                    "additionalProperties": [
                        "type": "string", "minLength": 1,
                        "maxLength": .number(Double(RequestLexicon.readingMax)),
                    ],
                ]
            case .file: ["type": "string", "contentMediaType": "application/octet-stream"]
            case .flag: ["type": "boolean"]
            case .whole(let range):
                [
                    "type": "integer", "minimum": .number(Double(range.lowerBound)),
                    "maximum": .number(Double(range.upperBound)),
                ]
            case .number(let range):
                [
                    "type": "number", "minimum": .number(range.lowerBound),
                    "maximum": .number(range.upperBound),
                ]
            case .choice(let names): ["type": "string", "enum": .array(names.map { .string($0) })]
            case .list(let names):
                [
                    "type": "array",
                    "items": ["type": "string", "enum": .array(names.map { .string($0) })],
                ]
            }
        out["description"] = .string(detail)
        if let fallback { out["default"] = fallback }
        if let pattern { out["pattern"] = .string(pattern) }
        if let numbers {
            out["type"] = nil
            out["pattern"] = nil
            out["anyOf"] = .array([
                ["type": "string", "pattern": .string(pattern ?? "")],
                [
                    "type": "number", "minimum": .number(numbers.lowerBound),
                    "maximum": .number(numbers.upperBound),
                ],
            ])
        }
        if let lengths {
            out["minLength"] = .number(Double(lengths.lowerBound))
            if lengths.upperBound < Int.max {
                out["maxLength"] = .number(Double(lengths.upperBound))
            }
        }
        return .object(out)
    }

    /// What it may hold, in words.
    var allowed: String {
        switch kind {
        case .text, .path: "text"
        case .file: "file"
        case .lexicon: "object of words and readings"
        case .flag: "true, false"
        case .whole(let range):
            range.upperBound == RequestFields.wholeMax
                ? "a whole number from \(range.lowerBound)"
                : "\(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "\(short(range.lowerBound)) to \(short(range.upperBound))"
        case .choice(let names): names.joined(separator: ", ")
        case .list(let names): "any of " + names.joined(separator: ", ")
        }
    }

    private func short(_ value: Double) -> String {
        value == value.rounded() ? String(Int(bounded: value)) : String(value)
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

/// Everything that is told of the routes.
enum APISpec {
    static let operations =
        workOperations + jobOperations + openAIOperations + serviceOperations

    private static let namesByRoute: [Route: Set<String>] = {
        var names: [Route: Set<String>] = [:]
        for operation in operations {
            for field in operation.fields {
                names[operation.route, default: []].insert(field.name)
                if field.name.hasSuffix("[]") {
                    names[operation.route]?.insert(String(field.name.dropLast(2)))
                }
            }
            names[operation.route]?.formUnion(otherNames(operation.route))
            // OpenAI's name for what is said, and ours where theirs is told.
            if names[operation.route]?.isDisjoint(with: ["text", "input"]) == false {
                names[operation.route]?.formUnion(["text", "input", "seed", "phonemes"])
            }
        }
        return names
    }()

    /// Names of fields that other programs use for the same.
    private static func otherNames(_ route: Route) -> [String] {
        switch route {
        case .transcribe, .transcriptions, .translations, .inference: ["audio", "vad", "task"]
        case .animate: ["source_image", "driven_audio", "input_image", "input_audio", "input"]
        default: []
        }
    }

    /// Names of fields that mean something to a route.
    static func names(of route: Route) -> Set<String> { namesByRoute[route] ?? [] }

    /// Problems that any admitted request can have.
    static let common = ["key", "method-not-allowed", "bad-query", "overloaded"]
    /// Problems that any request with a body can have.
    static let commonOfBodies = [
        "bad-field", "field-missing", "bad-multipart", "body-too-large", "target-too-long",
        "media-type",
        "encoding-unsupported", "bad-content-coding", "ambiguous-length", "too-slow", "cancelled",
        "deadline", "engine-failed", "model-missing", "model-damaged", "library-missing",
        "device-failed", "device-full",
    ]

    /// Problems that a request which becomes a job can have.
    static let commonOfJobs = ["webhook-refused", "store-full", "store-unavailable"]

    /// All kinds that an operation can answer with, in the order of the list of kinds.
    static func kinds(of operation: APIOperation) -> [ProblemKind] {
        if operation.route == .health { return [] }
        var names = Set(common)
        if operation.route.isOpen { names.subtract(["key", "overloaded"]) }
        if operation.route.body == nil { names.subtract(["bad-query", "overloaded"]) }
        if operation.route.body != nil { names.formUnion(commonOfBodies) }
        if operation.route.takesJobs { names.formUnion(commonOfJobs) }
        names.formUnion(operation.problems)
        return ProblemKind.all.filter { names.contains($0.name) }
    }
}
