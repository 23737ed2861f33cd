import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

@Suite("Traces and metrics")
struct TelemetryTests {
    private let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func service(_ collector: ScriptedCollector) -> AvatarService {
        let settings = TelemetrySettings(
            endpoint: "http://c:4318", headers: [("x-key", "k")], serviceName: "mine")
        return scriptedService(telemetry: (settings, collector))
    }

    @Test("a request is one span that goes on with the caller's trace, its stages are within it")
    func request() async throws {
        let collector = ScriptedCollector()
        let service = service(collector)
        let (type, body) = form([("@image", "portrait"), ("text", "whispered secret")])
        let response = try await ask(
            service, "POST /animate", type: type, body: body,
            fields: "traceparent: \(parent)\r\nX-Request-Id: r1\r\n")
        #expect(response.head.status == 200)
        await service.flushTelemetry()
        let spans = try collector.spans()
        let root = try #require(spans.first)
        #expect(root.name == "POST /animate" && root.kind == 2)
        #expect(root.parentSpanId == "b7ad6b7169203331" && root.status == nil)
        #expect(root.text("http.response.status_code") == "200")
        #expect(root.text("avatar.request.id") == "r1")
        #expect(Set(spans.map(\.traceId)) == ["0af7651916cd43dd8448eb211c80319c"])
        #expect(Set(spans.map(\.spanId)).count == spans.count)
        let stages = spans.dropFirst()
        #expect(Set(stages.map(\.name)).isSuperset(of: ["queue", "decode", "speak", "encode"]))
        let bounds = try #require(UInt64(root.startTimeUnixNano))...UInt64(root.endTimeUnixNano)!
        let now = Date().timeIntervalSince1970
        #expect(abs(Double(bounds.upperBound) / 1e9 - now) < 60, "it lies in the present")
        for stage in stages {
            #expect(stage.parentSpanId == root.spanId && stage.kind == 1)
            let (start, end) = (UInt64(stage.startTimeUnixNano)!, UInt64(stage.endTimeUnixNano)!)
            #expect(bounds.contains(start) && bounds.contains(end) && start <= end, "\(stage.name)")
        }
        let sent = collector.posts("").map { String(decoding: $0.body, as: UTF8.self) }.joined()
        #expect(!sent.contains("secret") && !sent.contains("portrait"))
        #expect(sent.contains("mine"))
        #expect(collector.posts("").allSatisfy { $0.fields.contains { $0 == ("x-key", "k") } })
    }

    @Test("a conversation is one span, an answer one within it, and nothing of what was said")
    func conversation() async throws {
        let collector = ScriptedCollector()
        let talk = try ScriptedConversation(
            chat: ScriptedChat("The secret is out."), collector: collector,
            head: "traceparent: \(parent)\r\n")
        talk.hear(600, isLoud: true)
        talk.hear(900, isLoud: false)
        try await talk.until("response.done")
        await talk.leave()
        await talk.service.flushTelemetry()
        let spans = try collector.spans()
        let root = try #require(spans.first { $0.kind == 2 })
        #expect(root.name == "GET /v1/realtime" && root.parentSpanId == "b7ad6b7169203331")
        #expect(root.text("avatar.conversation.turns") == "1")
        #expect(root.text("avatar.conversation.kind") == "conversation")
        #expect(root.text("http.response.status_code") == "101")
        let response = try #require(spans.first { $0.name == "response" })
        #expect(response.parentSpanId == root.spanId && response.status == nil)
        #expect(response.text("avatar.response.status") == "completed")
        #expect(response.text("avatar.response.audio_ms") != "0")
        let parents = Dictionary(
            spans.map { ($0.name, $0.parentSpanId) }, uniquingKeysWith: { one, _ in one })
        #expect(parents["transcript"] == root.spanId)
        #expect(parents["chat"] == response.spanId && parents["sound"] == response.spanId)
        let within = UInt64(response.startTimeUnixNano)!...UInt64(response.endTimeUnixNano)!
        for stage in spans where stage.parentSpanId == response.spanId {
            #expect(within.contains(UInt64(stage.startTimeUnixNano)!))
            #expect(within.contains(UInt64(stage.endTimeUnixNano)!))
        }
        #expect(Set(spans.map(\.traceId)) == ["0af7651916cd43dd8448eb211c80319c"])
        let sent = collector.posts("").map { String(decoding: $0.body, as: UTF8.self) }.joined()
        #expect(!sent.contains("secret") && !sent.contains("Hello"))
    }

    @Test("a caller that records nothing is not recorded, one without a trace begins one")
    func sampling() async throws {
        let collector = ScriptedCollector()
        let service = service(collector)
        let off = parent.dropLast(2) + "00"
        _ = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#, fields: "traceparent: \(off)\r\n")
        await service.flushTelemetry()
        #expect(try collector.spans().isEmpty)
        for wrong in [
            "", "traceparent: 00-0-0-01\r\n", "traceparent: ff\(parent.dropFirst(2))\r\n",
        ] {
            _ = try await ask(service, "POST /speak", body: #"{"text":"a"}"#, fields: wrong)
        }
        await service.flushTelemetry()
        let roots = try collector.spans().filter { $0.kind == 2 }
        #expect(roots.count == 3 && roots.allSatisfy { $0.parentSpanId == nil })
        #expect(Set(roots.map(\.traceId)).count == 3)
    }

    @Test("a client's fault is none of ours; ours is told")
    func faults() async throws {
        let collector = ScriptedCollector()
        let service = service(collector)
        _ = try await ask(service, "POST /speak", body: #"{"text":""}"#)
        _ = try await ask(service, "POST /speak", body: #"{"text":"fail"}"#)
        await service.flushTelemetry()
        let roots = try collector.spans().filter { $0.kind == 2 }
        #expect(roots.map { $0.status?.code } == [nil, 2])
        #expect(roots.map { $0.text("http.response.status_code") } == ["422", "500"])
    }

    @Test("what waits is bounded: the rest is dropped and counted, and so is what nobody took")
    func bounded() async throws {
        let collector = ScriptedCollector(status: nil)
        let exporter = TelemetryExporter(
            TelemetrySettings(endpoint: "http://c"), poster: collector, now: { 1 },
            metrics: { [$0.sum("dropped", "1", [(Double($0.dropped), [])])] })
        let span = Span(traceID: "a", spanID: "b", parentID: "", name: "n", start: 1, end: 2)
        let many = [Span](repeating: span, count: TelemetryExporter.spansMax)
        exporter.add(many)
        exporter.add([span, span, span])
        #expect(exporter.droppedCount >= 3)
        await exporter.end()
        exporter.add([span])
        #expect(exporter.droppedCount > TelemetryExporter.batchMax)
        let metrics = try #require(collector.posts("/v1/metrics").first)
        #expect(String(decoding: metrics.body, as: UTF8.self).contains("\"asDouble\""))
    }

    @Test("the last posts wait a moment for a request that is about to be told")
    func openSpan() async throws {
        let collector = ScriptedCollector()
        let pauses = Mutex(0)
        let open = Mutex<RequestSpan?>(nil)
        let exporter = TelemetryExporter(
            TelemetrySettings(endpoint: "http://c"), poster: collector, now: { 1 },
            metrics: { _ in [] },
            pause: {
                let count = pauses.withLock { count in
                    count += 1
                    return count
                }
                guard count == 3 else { return }
                open.withLock { span in
                    span?.end("late", kind: .server, attributes: [], isFault: false)
                    span = nil
                }
            })
        open.withLock { $0 = RequestSpan(exporter, continuing: nil) }
        await exporter.end()
        #expect(try collector.spans().map(\.name) == ["late"])
        #expect(exporter.droppedCount == 0 && pauses.withLock { $0 } == 3)
    }

    @Test("metrics are those of Prometheus, with their labels as attributes")
    func metrics() async throws {
        let collector = ScriptedCollector()
        let service = service(collector)
        _ = try await ask(service, "POST /speak", body: #"{"text":"a b"}"#)
        await service.flushTelemetry()
        let text = String(
            decoding: try #require(collector.posts("/v1/metrics").last).body, as: UTF8.self)
        for name in ["avatar.requests", "avatar.stage", "avatar.audio", "avatar.queue.depth"] {
            #expect(text.contains("\"\(name)\""), "\(name)")
        }
        #expect(text.contains("\"explicitBounds\"") && text.contains("\"speak\""))
    }

    @Test("without a collector nothing is recorded")
    func off() { #expect(scriptedService().telemetry == nil) }
}
