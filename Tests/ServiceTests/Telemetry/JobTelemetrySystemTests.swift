import EngineAPI
import Testing

@testable import Service

@Suite struct JobTelemetrySystemTests {
    private let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("a job's span goes on in the same trace when its request was answered")
    func jobs() async throws {
        let collector = ScriptedCollector()
        let folder = TestFolder()
        var settings = ServiceSettings()
        settings.temporaryFolder = folder.path
        let service = scriptedService(
            settings,
            telemetry: (TelemetrySettings(endpoint: "http://c"), collector))
        let accepted = try await ask(
            service, "POST /speak", body: #"{"text":"a"}"#,
            fields: "Prefer: respond-async\r\ntraceparent: \(parent)\r\n")
        #expect(accepted.head.status == 202)
        var names: [String] = []
        for _ in 0..<500 where !names.contains("job /speak") {
            try await Task.sleep(for: .milliseconds(5))
            await service.flushTelemetry()
            names = try collector.spans().map(\.name)
        }
        let all = try collector.spans()
        let root = try #require(all.first { $0.kind == 2 })
        let job = try #require(all.first { $0.name == "job /speak" })
        #expect(job.parentSpanId == root.spanId && job.traceId == root.traceId)
        #expect(job.text("avatar.job.state") == "done")
    }
}
