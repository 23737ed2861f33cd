import Foundation
import HTTPWire
import Logging
import Testing

@testable import Service

/// Webhooks of jobs, whose results lie on disk.
@Suite struct WebhookSystemTests {
    private let folder = TestFolder()

    @Test(
        "a webhook that may not be told is refused with its field",
        arguments: [
            ("http://hooks.test.evil.com/", true, 422), ("http://evil.com/", true, 422),
            ("http://sub.hooks.test/", true, 422), ("not a URL", true, 400),
            ("http://hooks.test/", false, 422), ("http://HOOKS.test:81/", true, 202),
        ])
    func refused(url: String, isAsync: Bool, status: Int) async throws {
        var settings = jobSettings(folder)
        settings.webhookHosts = ["hooks.test"]
        let service = scriptedService(settings, webhooks: ScriptedPoster([200]))
        let (type, body) = form([("text", "one"), ("webhook", url)])
        let response = try await ask(
            service, "POST /speak", type: type, body: body,
            fields: isAsync ? "Prefer: respond-async\r\n" : "")
        #expect(response.head.status == status)
        if status >= 400 { #expect(try JSONValue(response)["field"] == "webhook") }
        await service.closeJobs()
    }

    @Test("a webhook is told the status at the end")
    func reported() async throws {
        var settings = jobSettings(folder)
        settings.webhookHosts = ["hooks.test"]
        let poster = ScriptedPoster([204])
        let service = scriptedService(settings, webhooks: poster)
        let id = try await startJob(
            service, "POST /speak", form([("text", "one"), ("webhook", "http://hooks.test/a")]))
        await poster.waitForPost()
        let post = try #require(poster.all.first)
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(post.body))
        #expect(post.url == "http://hooks.test/a")
        #expect(value["id"] == .string(id) && value["status"] == "done")
        await service.closeJobs()
        #expect(poster.all.count == 1)
    }

    @Test("a webhook hears of a job that is cancelled")
    func cancelled() async throws {
        var settings = jobSettings(folder)
        settings.webhookHosts = ["hooks.test"]
        let (poster, engine) = (ScriptedPoster([204]), HeldTalkingHead())
        let service = scriptedService(settings, talkingHeads: engine.alone, webhooks: poster)
        let order = form([
            ("@image", "portrait"), ("text", "one"), ("webhook", "http://hooks.test/"),
        ])
        let id = try await startJob(service, "POST /animate", order)
        await engine.waitForBegin()
        _ = try await ask(service, "DELETE /jobs/\(id)")
        await poster.waitForPost()
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(poster.all[0].body))
        #expect(value["status"] == "cancelled" && value["ended_at"] != .null)
        engine.release()
        await service.closeJobs()
    }
}
