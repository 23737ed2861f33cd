import Synchronization

/// Counts the bytes of bodies that wait in all connections, so that many large uploads at once
/// meet a bound before memory does.
final class BodyBudget: Sendable {
    private let bytesMax: Int
    private let bytes = Atomic<Int>(0)

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Whether one more body may begin.
    var hasRoom: Bool { bytes.load(ordering: .relaxed) < bytesMax }

    /// Counts bytes that came; false when they are over the bound (they count all the same).
    func add(_ count: Int) -> Bool {
        bytes.add(count, ordering: .relaxed).newValue <= bytesMax
    }

    func remove(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}
