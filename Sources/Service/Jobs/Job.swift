import EngineAPI
import FoundationEssentials
import HTTPWire

/// A task that was requested with `Prefer: respond-async`.
struct JobRequest: Sendable {
    let route: Route
    /// The request that asked for it, for the log and for its problem.
    let requestID: String
    let trace: String?
    /// The span of its work; nil where none is exported.
    let span: RequestSpan?
    /// Where its end is reported.
    let webhook: WebhookTarget?
    /// Bytes of media that the work holds until it has run.
    let inputBytes: Int
    /// What the request was charged: its media stay charged while the job holds them.
    let memory: MemoryAccount
    let work: RouteHandler
}

/// What a job made.
struct JobResult: Sendable, Equatable {
    /// Status and fields of the response, without those that each response bears for itself.
    let head: ResponseHead
    let bytes: Int
}

/// A job as it is at one moment; what clients are shown.
struct JobSnapshot: Sendable {
    enum State: Sendable, Equatable {
        case queued, running
        case done(JobResult)
        case failed(Problem)
        case cancelled

        var name: String {
            switch self {
            case .queued: "queued"
            case .running: "running"
            case .done: "done"
            case .failed: "failed"
            case .cancelled: "cancelled"
            }
        }
    }

    let id: String
    let route: Route
    let requestID: String
    let created: Date
    var state = State.queued
    var started: Date?
    var ended: Date?
    /// When its result goes, once it has ended.
    var expires: Date?
    var progress: WorkProgress?
    /// Rises with each change.
    var version = 1

    var hasEnded: Bool { state != .queued && state != .running }

    /// The status as every route of jobs and the webhook tell it.
    var status: [String: JSONValue] {
        var out: [String: JSONValue] = [
            "id": .string(id), "status": .string(state.name),
            "route": .string(route.paths[0]), "created_at": .string(Self.text(created)),
            "links": [
                "self": .string(path), "result": .string(path + "/result"),
                "events": .string(path + "/events"),
            ],
        ]
        out["started_at"] = started.map { .string(Self.text($0)) }
        out["ended_at"] = ended.map { .string(Self.text($0)) }
        out["expires_at"] = expires.map { .string(Self.text($0)) }
        if let progress {
            var reported: [String: JSONValue] = [
                "unit": .string(progress.unit.rawValue), "done": .number(Double(progress.done)),
            ]
            reported["total"] = progress.total.map { .number(Double($0)) }
            out["progress"] = .object(reported)
        }
        switch state {
        case .done(let result):
            out["result"] = [
                "status": .number(Double(result.head.status)),
                "content_type": .string(result.head.value("content-type") ?? ""),
                "bytes": .number(Double(result.bytes)),
            ]
        case .failed(let problem): out["problem"] = problem.value(requestID: requestID)
        case .queued, .running, .cancelled: break
        }
        return out
    }

    var path: String { Route.jobPrefix + id }

    /// RFC 3339, UTC.
    private static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// 128 random bits as 32 hexadecimal digits: who was not told an id can't guess it.
func newJobID() -> String {
    var system = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
        let digits = String(system.next() as UInt64, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
}
