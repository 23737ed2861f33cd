import EngineAPI
import Execution

/// The span of one request, job or conversation under way, and those of its stages.
final class RequestSpan: Sendable {
    /// More stages than any route has.
    private static let stagesMax = 64

    private struct Stage {
        let name: String
        let start: UInt64
        let end: UInt64
    }

    private let exporter: TelemetryExporter
    private let traceID: String
    private let spanID: String
    private let parentID: String
    private let start: UInt64
    private let stages = Mutex<[Stage]>([])

    /// - Returns: nil where the caller's trace is not recorded.
    convenience init?(_ exporter: TelemetryExporter, continuing context: TraceContext?) {
        if let context, !context.isSampled { return nil }
        self.init(
            exporter, traceID: context?.traceID ?? exporter.newID(digits: 32),
            parentID: context?.spanID ?? "")
    }

    private init(
        _ exporter: TelemetryExporter, traceID: String, parentID: String,
        startedAgo ago: Duration = .zero
    ) {
        self.exporter = exporter
        self.traceID = traceID
        self.parentID = parentID
        spanID = exporter.newID(digits: 16)
        let now = exporter.now()
        start = now - min(now, Self.nanoseconds(ago))
        exporter.open()
    }

    deinit { exporter.close() }

    /// Work within it that has an end of its own, also where this one's response has been sent.
    func child(startedAgo ago: Duration = .zero) -> RequestSpan {
        RequestSpan(exporter, traceID: traceID, parentID: spanID, startedAgo: ago)
    }

    /// A stage that ends now, of what may have more of them than are kept until its end.
    func tell(_ stage: StageTime) {
        let end = exporter.now()
        let length = Self.nanoseconds(.milliseconds(stage.milliseconds))
        exporter.add([
            Span(
                traceID: traceID, spanID: exporter.newID(digits: 16), parentID: spanID,
                name: stage.name, start: max(start, end - min(end, length)),
                end: max(end, start))
        ])
    }

    /// A stage that ended some time ago, and took as long as it says.
    func add(_ stage: StageTime, endedAgo ago: Duration = .zero) {
        let end = exporter.now() - Self.nanoseconds(ago)
        // Within the request, whatever the two clocks say.
        let begun = max(start, end - min(end, Self.nanoseconds(.milliseconds(stage.milliseconds))))
        stages.withLock { stages in
            guard stages.count < Self.stagesMax else { return }
            stages.append(Stage(name: stage.name, start: begun, end: max(end, begun)))
        }
    }

    private static func nanoseconds(_ time: Duration) -> UInt64 {
        UInt64(max(0, Int(bounded: time / .nanoseconds(1))))
    }

    /// Ends it; what was done goes to the exporter.
    func end(
        _ name: String, kind: Span.Kind, attributes: [(String, JSONValue)], isFault: Bool
    ) {
        let whole = Span(
            traceID: traceID, spanID: spanID, parentID: parentID, name: name, kind: kind,
            start: start, end: max(exporter.now(), start), attributes: attributes,
            isFault: isFault)
        let parts = stages.withLock { $0 }.map { stage in
            Span(
                traceID: traceID, spanID: exporter.newID(digits: 16), parentID: spanID,
                name: stage.name, start: stage.start, end: min(stage.end, whole.end))
        }
        exporter.add([whole] + parts)
    }
}
