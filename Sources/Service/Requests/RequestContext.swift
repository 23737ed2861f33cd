import EngineAPI
import Execution
import HTTPWire

/// What travels with one request through the service: its id, its work and its stage times.
final class RequestContext: Sendable {
    let id: String
    let work: WorkContext
    /// Fields that every response to this request bears, beside its id.
    let fields: [(String, String)]
    /// The trace that the request belongs to, for the log.
    let trace: String?
    /// How its errors are written.
    let style: ErrorStyle
    /// What is exported of it; nil where nothing is.
    let span: RequestSpan?
    private let began = ContinuousClock.now
    private let reason = Mutex<CancellationReason?>(nil)
    private let stages = Mutex<[StageTime]>([])
    private let ignored = Mutex<[String]>([])
    private let remarks = Mutex<[String]>([])

    init(
        id: String, work: WorkContext, fields: [(String, String)] = [], trace: String? = nil,
        style: ErrorStyle = .problem, span: RequestSpan? = nil
    ) {
        self.id = id
        self.work = work
        self.fields = fields
        self.trace = trace
        self.style = style
        self.span = span
    }

    /// Stops the work; the first reason counts.
    func cancel(_ why: CancellationReason) {
        reason.withLock { $0 = $0 ?? why }
        work.cancellation.raise()
    }

    /// Why the work was stopped from outside, where it was.
    var cancellationReason: CancellationReason? { reason.withLock { $0 } }

    /// Milliseconds since the head was read.
    var elapsedMilliseconds: Double { (ContinuousClock.now - began) / .milliseconds(1) }

    /// Runs a stage and keeps its time.
    func timed<Value: Sendable>(
        _ name: String, _ body: () async throws(EngineError) -> Value
    ) async throws(EngineError) -> Value {
        let start = ContinuousClock.now
        defer { add(StageTime(name: name, milliseconds: (.now - start) / .milliseconds(1))) }
        return try await body()
    }

    /// Fields that came and have no effect; the response tells them.
    var ignoredFields: [String] { ignored.withLock { $0 } }

    func ignore(_ fields: [String]) { ignored.withLock { $0 += fields } }

    /// What was done otherwise than the fields ask for, in words of our own.
    var toldRemarks: [String] { remarks.withLock { $0 } }

    func tell(_ texts: [String]) { remarks.withLock { $0 += texts } }

    func add(_ stage: StageTime) {
        stages.withLock { $0.append(stage) }
        span?.add(stage)
    }

    /// The stages so far, and what was loaded for them.
    var stageTimes: [StageTime] {
        stages.withLock { $0 } + work.notes.loads.map(Self.stage)
    }

    private static func stage(_ load: LoadTime) -> StageTime {
        StageTime(name: "load", milliseconds: load.milliseconds)
    }

    /// Ends what is exported of it.
    func endSpan(
        _ name: String, kind: Span.Kind, attributes: [(String, JSONValue)], isFault: Bool
    ) {
        guard let span else { return }
        for load in work.notes.loads { span.add(Self.stage(load), endedAgo: .now - load.end) }
        span.end(name, kind: kind, attributes: attributes, isFault: isFault)
    }

    /// W3C Server-Timing: `name;dur=milliseconds`, in the order the stages ended.
    var serverTiming: String {
        let parts =
            stageTimes + [
                StageTime(name: "total", milliseconds: elapsedMilliseconds)
            ]
        return parts.map { "\($0.name);dur=\(tenths($0.milliseconds))" }.joined(separator: ", ")
    }

    private func tenths(_ value: Double) -> String {
        let scaled = Int(bounded: (value * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }
}
