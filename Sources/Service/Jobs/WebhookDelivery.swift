import EngineAPI
import Execution
import FoundationEssentials
import Hashing
import Logging

/// Posts JSON to an address, once; never follows a redirect.
package protocol WebhookPosting: Sendable {
    /// - fields: header fields beside the content's type.
    /// - Returns: the status that came back; nil where none did.
    func post(_ body: [UInt8], fields: [(String, String)], to url: String) async -> Int?
}

/// Tells webhooks of the ends of jobs, several at once, and each a few times where it must.
final class WebhookDelivery: Sendable {
    /// Before the second and the third attempt.
    static let pauses: [Duration] = [.seconds(1), .seconds(10)]
    /// Under way at once; one more is dropped, and logged.
    static let pendingMax = 64
    private static let finishMilliseconds = 3_000

    private let poster: any WebhookPosting
    private let secret: [UInt8]
    private let log: Logger
    private let pause: @Sendable (Duration) async -> Void
    private let pending = Mutex<(count: Int, isStopping: Bool)>((0, false))

    /// - secret: signs what is sent; empty signs nothing.
    /// - pause: waits between attempts.
    init(
        _ poster: any WebhookPosting, secret: [UInt8] = [], log: Logger,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.poster = poster
        self.secret = secret
        self.log = log
        self.pause = pause
    }

    /// - job: its id, of which the log gets the first half: the whole opens the result.
    func deliver(_ body: [UInt8], to target: WebhookTarget, job: String) {
        let about: Logger.Metadata = ["job": "\(job.prefix(16))", "host": "\(target.host)"]
        let hasRoom = pending.withLock { pending in
            guard pending.count < Self.pendingMax else { return false }
            pending.count += 1
            return true
        }
        guard hasRoom else { return log.warning("webhook dropped", metadata: about) }
        Task {
            await attempt(body, target, about)
            pending.withLock { $0.count -= 1 }
        }
    }

    /// What the other side can't take now may be taken later; what it refuses never.
    private func attempt(
        _ body: [UInt8], _ target: WebhookTarget, _ about: Logger.Metadata
    ) async {
        let message = "msg_" + newJobID()
        for (index, wait) in ([.zero] + Self.pauses).enumerated() {
            if index > 0 {
                if pending.withLock({ $0.isStopping }) { break }
                await pause(wait)
            }
            let fields = webhookFields(
                message, at: Int(bounded: Date().timeIntervalSince1970), body, secret: secret)
            let status = await poster.post(body, fields: fields, to: target.url)
            var reported = about
            reported["attempt"] = "\(index + 1)"
            reported["status"] = "\(status.map(String.init) ?? "none")"
            if let status, (200..<300).contains(status) {
                return log.info("webhook told", metadata: reported)
            }
            let mayRetry = status.map { $0 == 408 || $0 == 429 || $0 >= 500 } ?? true
            log.warning("webhook failed", metadata: reported)
            if !mayRetry { return }
        }
    }

    /// Waits a little for those under way, which try once more at most.
    func finish() async {
        pending.withLock { $0.isStopping = true }
        for _ in 0..<Self.finishMilliseconds / 20 where pending.withLock({ $0.count > 0 }) {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// The header fields of Standard Webhooks 1.0: the receiver tells repeats by the id, refuses what
/// is old by the time, and knows by the signature that it was us. Without a secret none is made.
/// - seconds: of Unix time.
func webhookFields(
    _ id: String, at seconds: Int, _ body: [UInt8], secret: [UInt8]
) -> [(String, String)] {
    let fields = [("webhook-id", id), ("webhook-timestamp", String(seconds))]
    guard !secret.isEmpty else { return fields }
    let signature = hmacSHA256(key: secret, Array("\(id).\(seconds).".utf8) + body)
    return fields + [("webhook-signature", "v1," + Data(signature).base64EncodedString())]
}
