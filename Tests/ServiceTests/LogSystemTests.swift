import EngineAPI
import Execution
import Foundation
import Logging
import Testing

@testable import Service

/// Keeps every line with its fields.
private struct KeepingLog: LogHandler {
    final class Lines: Sendable {
        private let all = Mutex<[String]>([])

        var text: String { all.withLock { $0.joined(separator: "\n") } }

        func add(_ line: String) { all.withLock { $0.append(line) } }
    }

    let lines: Lines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.add("\(event.message) \(metadata.merging(event.metadata ?? [:]) { $1 })")
    }
}

@Suite struct LogSystemTests {
    private let folder = TestFolder()

    @Test("no text, name of a file, key, address or id of a job is in any log line")
    func privacy() async throws {
        let lines = KeepingLog.Lines()
        let log = Logger(label: "test") { _ in KeepingLog(lines: lines) }
        var settings = jobSettings(folder)
        settings.apiKeys = ["secret-key"]
        settings.webhookHosts = ["hooks.test"]
        let poster = ScriptedPoster([503, 204])
        let service = scriptedService(settings, webhooks: poster, log: log)
        let key = "Authorization: Bearer secret-key\r\n"
        let head =
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"secret.wav\"\r\n\r\n"
        let type = "multipart/form-data; boundary=B"
        for audio in ["secret-sound", "!"] {
            _ = try await ask(
                service, "POST /transcribe?prompt=secret-prompt", type: type,
                body: head + audio + "\r\n--B--\r\n", fields: key)
        }
        for body in [#"{"text":"secret words"}"#, #"{"text":"secret","voice":"secret-voice"}"#] {
            _ = try await ask(service, "POST /speak", body: body, fields: key)
        }
        _ = try await ask(service, "GET /secret-path?secret-query", fields: key)
        _ = try await ask(service, "GET /voices", fields: "Authorization: Bearer secret-guess\r\n")
        let job = form([
            ("@image", "secret-image"), ("text", "secret"),
            ("webhook", "http://hooks.test/secret"),
        ])
        let response = try await ask(
            service, "POST /animate", type: job.type, body: job.body,
            fields: key + "Prefer: respond-async\r\n")
        let location = try #require(response.head.value("location"))
        let id = String(location.dropFirst("/jobs/".count))
        try await waitForEnd(service, id)
        for path in ["", "/result", "/events"] {
            _ = try await ask(service, "GET \(location)\(path)", fields: key)
        }
        await service.closeJobs()
        let text = lines.text
        #expect(text.contains("answered") && text.contains("job ended") && text.contains("refused"))
        #expect(text.contains("webhook failed") && text.contains("hooks.test"))
        #expect(!text.contains("secret") && !text.contains("Hello") && !text.contains(id))
    }
}
