import Synchronization

/// A flag that is set once.
final class AtomicFlag: Sendable {
    private let value = Atomic<Bool>(false)

    /// Sets it; returns whether it was set before.
    func set() -> Bool { value.exchange(true, ordering: .acquiringAndReleasing) }
}
