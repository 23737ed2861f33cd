import Foundation
import HTTPWire
import Logging
import Testing

@testable import Service

@Suite struct WebhookTests {
    @Test(
        "only an absolute http or https URL is an address for a webhook",
        arguments: [
            ("http://a/", "a"), ("HTTPS://Hooks.Example.com:8443/x?y=z", "hooks.example.com"),
            ("http://127.0.0.1", "127.0.0.1"), ("https://[::1]:9/x", "[::1]"),
            ("http://a?x", "a"), ("ftp://a/", nil), ("//a/", nil), ("a/b", nil), ("http://", nil),
            ("http://u@a/", nil), ("http://a:b@c/", nil), ("http://a:0/", nil),
            ("http://a:65536/", nil), ("http://a:/", nil), ("http://a b/", nil),
            ("http://a\\@b/", nil), ("http://a/#f", nil), ("http://é/", nil),
            ("http://a%2eb/", nil), ("http://[::1/", nil), ("file:///etc/passwd", nil),
            ("http://a/\r\nX: y", nil), ("http://" + String(repeating: "a", count: 2_050), nil),
        ] as [(String, String?)])
    func addresses(text: String, host: String?) {
        #expect(WebhookTarget(text)?.host == host)
    }

    @Test("a webhook is signed as Standard Webhooks 1.0 has it")
    func signature() {
        // The example of the specification.
        let secret = Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!
        let fields = webhookFields(
            "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1_614_265_330,
            Array(#"{"test": 2432232314}"#.utf8), secret: Array(secret))
        #expect(
            fields.map { "\($0.0): \($0.1)" } == [
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
                "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ])
        #expect(webhookFields("m", at: 1, [], secret: []).count == 2)
    }

    @Test("each attempt has the same id, and a time of its own")
    func attemptFields() async throws {
        let poster = ScriptedPoster([503, 204])
        let delivery = WebhookDelivery(
            poster, secret: Array("a secret of the test".utf8),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, pause: { _ in })
        delivery.deliver([1], to: try #require(WebhookTarget("http://hooks.test/")), job: "j")
        for _ in 0..<2 { await poster.waitForPost() }
        let ids = Set(poster.all.map { $0.fields.first { $0.0 == "webhook-id" }?.1 })
        #expect(ids.count == 1 && poster.all.allSatisfy { $0.fields.count == 3 })
        await delivery.finish()
    }

    @Test(
        "what may pass is tried again, what is refused is not",
        arguments: [
            ([200], 1), ([503, 200], 2), ([nil, 429, 204], 3), ([500], 3), ([404], 1), ([302], 1),
        ] as [([Int?], Int)])
    func attempts(responses: [Int?], wanted: Int) async throws {
        let poster = ScriptedPoster(responses)
        let delivery = WebhookDelivery(
            poster, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            pause: { _ in })
        delivery.deliver([], to: try #require(WebhookTarget("http://hooks.test/")), job: "j")
        for _ in 0..<wanted { await poster.waitForPost() }
        await delivery.finish()
        #expect(poster.all.count == wanted)
    }
}
