import Execution
import Logging

/// Posts JSON to an address, once; never follows a redirect.
package protocol WebhookPosting: Sendable {
    /// - Returns: the status that came back; nil where none did.
    func post(_ body: [UInt8], to url: String) async -> Int?
}

/// Tells webhooks of the ends of jobs, a few times where it must.
final class WebhookDelivery: Sendable {
    /// Before the second and the third attempt.
    static let pauses: [Duration] = [.seconds(1), .seconds(10)]
    /// Under way at once; one more is let go, and the log tells it.
    static let pendingMax = 64
    private static let finishMilliseconds = 3_000

    private let poster: any WebhookPosting
    private let log: Logger
    private let pause: @Sendable (Duration) async -> Void
    private let pending = Mutex<(count: Int, isStopping: Bool)>((0, false))

    /// - pause: waits between attempts.
    init(
        _ poster: any WebhookPosting, log: Logger,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.poster = poster
        self.log = log
        self.pause = pause
    }

    func deliver(_ body: [UInt8], to target: WebhookTarget) {
        let hasRoom = pending.withLock { pending in
            guard pending.count < Self.pendingMax else { return false }
            pending.count += 1
            return true
        }
        guard hasRoom else { return log.warning("webhook dropped") }
        Task {
            await attempt(body, target)
            pending.withLock { $0.count -= 1 }
        }
    }

    /// What the other side can't take now may be taken later; what it refuses never.
    private func attempt(_ body: [UInt8], _ target: WebhookTarget) async {
        for (index, wait) in ([.zero] + Self.pauses).enumerated() {
            if index > 0 {
                if pending.withLock({ $0.isStopping }) { break }
                await pause(wait)
            }
            let status = await poster.post(body, to: target.url)
            let told: Logger.Metadata = [
                "attempt": "\(index + 1)", "status": "\(status.map(String.init) ?? "none")",
            ]
            if let status, (200..<300).contains(status) {
                return log.info("webhook told", metadata: told)
            }
            let mayRetry = status.map { $0 == 408 || $0 == 429 || $0 >= 500 } ?? true
            log.warning("webhook failed", metadata: told)
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
