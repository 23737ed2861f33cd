import EngineAPI
import Execution
import FoundationEssentials

/// Keeps the spans of requests until they are posted. Bounded: what has no room is dropped and
/// counted. A collector that is slow or away costs requests nothing.
final class TelemetryExporter: Sendable {
    /// Spans that wait, each some 300 bytes.
    static let spansMax = 2_048
    static let batchMax = 512
    /// How often a flush pauses, 5 ms each, for what follows the last response.
    private static let pausesMax = 20

    private struct State {
        var spans: [Span] = []
        var dropped = 0
        /// Requests under way whose spans are still to come.
        var open = 0
        var isPosting = false
        var isEnded = false
    }

    let settings: TelemetrySettings
    private let poster: any TelemetryPosting
    /// Nanoseconds since 1970.
    let now: @Sendable () -> UInt64
    private let pause: @Sendable () async -> Void
    private let started: UInt64
    private let resource: [(String, JSONValue)]
    private let metrics: @Sendable (MetricsPoints) -> [JSONValue]
    private let state = Mutex(State())
    private let generator = Mutex(SystemRandomNumberGenerator())

    /// - metrics: the points of all metrics now. - pause: a moment.
    init(
        _ settings: TelemetrySettings, poster: any TelemetryPosting,
        now: @escaping @Sendable () -> UInt64,
        metrics: @escaping @Sendable (MetricsPoints) -> [JSONValue],
        pause: @escaping @Sendable () async -> Void = {
            try? await Task.sleep(for: .milliseconds(5))
        }
    ) {
        self.settings = settings
        self.poster = poster
        self.now = now
        self.metrics = metrics
        self.pause = pause
        started = now()
        resource = [
            ("service.name", .string(settings.serviceName)),
            ("service.version", .string(Product.version)),
            ("telemetry.sdk.name", .string(Product.name)),
            ("telemetry.sdk.language", "swift"),
        ]
    }

    func newID(digits: Int) -> String {
        generator.withLock { TraceContext.newID(&$0, digits: digits) }
    }

    /// Spans that found no room, or that no collector took.
    var droppedCount: Int { state.withLock { $0.dropped } }

    /// Takes the spans of one request, all or none.
    func add(_ spans: [Span]) {
        let isDue = state.withLock { state in
            guard !state.isEnded, state.spans.count + spans.count <= Self.spansMax else {
                state.dropped += spans.count
                return false
            }
            state.spans += spans
            guard !state.isPosting, state.spans.count >= Self.batchMax else { return false }
            state.isPosting = true
            return true
        }
        guard isDue else { return }
        Task {
            await postTraces()
            state.withLock { $0.isPosting = false }
        }
    }

    /// Posts until it is cancelled; what waits then is posted by `end`.
    func run() async {
        let sinceMetrics = Mutex(0)
        while !Task.isCancelled {
            let step = settings.traceMilliseconds
            guard (try? await Task.sleep(for: .milliseconds(step))) != nil else { return }
            let isMine = state.withLock { state in
                guard !state.isPosting else { return false }
                state.isPosting = true
                return true
            }
            if isMine {
                await postTraces()
                state.withLock { $0.isPosting = false }
            }
            let isDue = sinceMetrics.withLock { since in
                since += step
                guard since >= settings.metricMilliseconds else { return false }
                since = 0
                return true
            }
            if isDue { await postMetrics() }
        }
    }

    /// A request's span begins; `close` follows once it was added, or given up.
    func open() { state.withLock { $0.open += 1 } }

    func close() { state.withLock { $0.open -= 1 } }

    /// Posts what waits, once.
    func flush() async {
        await waitForOpenSpans()
        await postTraces()
        await postMetrics()
    }

    /// The last posts; nothing is taken after them.
    func end() async {
        await waitForOpenSpans()
        state.withLock { $0.isEnded = true }
        await postTraces()
        await postMetrics()
    }

    /// A request is told a moment after its last byte has left.
    private func waitForOpenSpans() async {
        for _ in 0..<Self.pausesMax where state.withLock({ $0.open > 0 }) { await pause() }
    }

    private func postTraces() async {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.spans.prefix(Self.batchMax))
                state.spans.removeFirst(batch.count)
                return batch
            }
            guard !batch.isEmpty else { return }
            let body = json(OTLP.traces(batch, resource: resource))
            if await !post(body, to: "/v1/traces") {
                // Told by the counter. The next batch waits for the next turn.
                return state.withLock { $0.dropped += batch.count }
            }
        }
    }

    private func postMetrics() async {
        let points = MetricsPoints(started: started, now: now(), dropped: droppedCount)
        _ = await post(
            json(OTLP.metrics(metrics(points), resource: resource)), to: "/v1/metrics")
    }

    private func post(_ body: [UInt8], to path: String) async -> Bool {
        let status = await poster.post(
            body, fields: settings.headers, to: settings.endpoint + path)
        return status.map { (200..<300).contains($0) } ?? false
    }
}

/// When metrics were counted from and to, and how to write them as OTLP has them.
struct MetricsPoints: Sendable {
    let started: UInt64
    let now: UInt64
    /// Spans that were dropped.
    let dropped: Int

    private func point(
        _ value: Double, _ attributes: [(String, String)]
    ) -> [String: JSONValue] {
        [
            "startTimeUnixNano": .string(String(started)), "timeUnixNano": .string(String(now)),
            "asDouble": .number(value),
            "attributes": OTLP.attributes(attributes.map { ($0, .string($1)) }),
        ]
    }

    /// A counter that only rises: cumulative, monotonic.
    func sum(
        _ name: String, _ unit: String, _ values: [(Double, [(String, String)])]
    ) -> JSONValue {
        [
            "name": .string(name), "unit": .string(unit),
            "sum": [
                "aggregationTemporality": 2, "isMonotonic": true,
                "dataPoints": .array(values.map { .object(point($0, $1)) }),
            ],
        ]
    }

    func gauge(_ name: String, _ unit: String, _ value: Double) -> JSONValue {
        [
            "name": .string(name), "unit": .string(unit),
            "gauge": ["dataPoints": .array([.object(point(value, []))])],
        ]
    }

    func histograms(
        _ name: String, _ values: [(Histogram, [(String, String)])]
    ) -> JSONValue {
        let points = values.map { histogram, attributes -> JSONValue in
            var fields = point(0, attributes)
            fields["asDouble"] = nil
            fields["sum"] = .number(histogram.sum)
            fields["count"] = .string(String(histogram.counts.reduce(0, +)))
            fields["bucketCounts"] = .array(histogram.counts.map { .string(String($0)) })
            fields["explicitBounds"] = .array(histogram.bounds.map { .number($0) })
            return .object(fields)
        }
        return [
            "name": .string(name), "unit": "s",
            "histogram": ["aggregationTemporality": 2, "dataPoints": .array(points)],
        ]
    }
}
