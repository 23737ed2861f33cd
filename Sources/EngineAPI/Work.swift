import Synchronization

/// Raised once, by a client that leaves, a deadline or a stop; polled by engines between steps.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    /// Whether the work is no longer wanted. Safe on any thread, also inside C callbacks.
    package var isRaised: Bool { flag.load(ordering: .acquiring) }

    /// Asks the work to stop at its next step.
    package func raise() { flag.store(true, ordering: .releasing) }
}

/// What travels with one request through every floor: its deadline and its cancellation flag.
package struct Work: Sendable {
    package let deadline: ContinuousClock.Instant
    package let cancellation: Cancellation

    package init(deadline: ContinuousClock.Instant, cancellation: Cancellation = Cancellation()) {
        self.deadline = deadline
        self.cancellation = cancellation
    }

    /// Work that must be done within `limit` from now.
    package init(within limit: Duration) { self.init(deadline: .now + limit) }

    /// Called between steps: throws `.cancelled` or `.deadlinePassed` when the work must stop.
    package func check() throws(EngineError) {
        if cancellation.isRaised { throw .cancelled }
        if ContinuousClock.now >= deadline { throw .deadlinePassed }
    }
}
