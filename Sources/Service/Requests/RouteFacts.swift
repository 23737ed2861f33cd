import HTTPWire

/// What is declared of one route.
struct RouteFacts: Sendable {
    /// Its paths, the usual one first; braces hold a variable as in OpenAPI.
    let paths: [String]
    let methods: [String]
    let answer: RouteResponder
    /// What its body may be; nil where no body is taken.
    let body: Route.BodyKind?
    let bodyBytesMax: @Sendable (ServiceSettings) -> Int
    /// Whether `Prefer: respond-async` makes a job of it.
    let takesJobs: Bool
    /// Whether plain text in chunks is a body too, spoken as it comes, with the fields in the
    /// query.
    let takesText: Bool
    /// Answered without a key.
    let isOpen: Bool
    /// What documents tell of it, one for each method but HEAD; made when it is asked for.
    let operations: @Sendable () -> [APIOperation]

    /// - methods: unless told, POST where there is a body, else GET and HEAD.
    init(
        _ paths: [String], _ answer: RouteResponder,
        _ operations: @autoclosure @escaping @Sendable () -> [APIOperation],
        methods: [String]? = nil, body: Route.BodyKind? = nil,
        bodyBytesMax: @escaping @Sendable (ServiceSettings) -> Int = { $0.bodyBytesMax },
        takesJobs: Bool = false, takesText: Bool = false, isOpen: Bool = false
    ) {
        self.paths = paths
        self.answer = answer
        self.operations = operations
        self.methods = methods ?? (body == nil ? ["GET", "HEAD"] : ["POST"])
        self.body = body
        self.bodyBytesMax = bodyBytesMax
        self.takesJobs = takesJobs
        self.takesText = takesText
        self.isOpen = isOpen
    }
}

/// How a route is answered.
enum RouteResponder: Sendable {
    /// At once, on the event loop: nothing here waits or reads a file.
    case immediate(@Sendable (AvatarService, RequestHead) throws(Problem) -> Response)
    /// By work. Its fields are read first, so that what is wrong with them is told before any of
    /// it is done.
    case work(@Sendable (AvatarService, RequestFields) throws(Problem) -> RouteHandler)
    /// By what lies in the models folder, off the event loop; the path may hold a name.
    case lookup(@Sendable (AvatarService, _ path: String) throws(Problem) -> Response)
    /// By what a job made, or does.
    case jobResult
    /// By a WebSocket.
    case webSocket(
        @Sendable (AvatarService, RequestHead, RequestFacts) throws(Problem)
            -> any WebSocketHandling)
}

/// What is known of a request beside its head.
struct RequestFacts: Sendable {
    let id: String
    /// What its response's head bears.
    let fields: [(String, String)]
}

/// What a route does once its fields have been read and found good.
typealias RouteHandler = @Sendable (ResponseWriter) async throws(Problem) -> Void

extension AvatarService {
    /// What a request's fields ask for; nil for routes that are answered without work.
    /// - path: as it was asked for, where it holds a name.
    func work(
        _ route: Route, _ fields: RequestFields, path: String
    ) throws(Problem) -> RouteHandler? {
        switch route.facts.answer {
        case .work(let handler): try handler(self, fields)
        case .lookup(let response):
            { writer async throws(Problem) in await writer.send(try response(self, path)) }
        case .immediate, .jobResult, .webSocket: nil
        }
    }
}
