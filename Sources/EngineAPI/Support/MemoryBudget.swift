import Synchronization

/// The bytes that all requests together may hold: bodies, inflated and decoded media, canvases,
/// results. Exact: a charge that does not fit takes nothing, and what an account took is given back
/// when the account goes.
package final class MemoryBudget: Sendable {
    package let bytesMax: Int
    private let held = Atomic<Int>(0)

    package init(bytesMax: Int) {
        precondition(bytesMax > 0)
        self.bytesMax = bytesMax
    }

    /// For tools and tests that have a machine to themselves.
    package static func unlimited() -> MemoryBudget { MemoryBudget(bytesMax: .max) }

    /// Bytes that are charged now.
    package var bytesHeld: Int { held.load(ordering: .relaxed) }

    /// Whether so much more would fit now. A charge may still fail: others charge too.
    package func hasRoom(for bytes: Int) -> Bool { bytes <= bytesMax - bytesHeld }

    fileprivate func take(_ bytes: Int) -> Bool {
        var seen = held.load(ordering: .relaxed)
        while bytes <= bytesMax - seen {
            let (isTaken, now) = held.weakCompareExchange(
                expected: seen, desired: seen + bytes, ordering: .relaxed)
            if isTaken { return true }
            seen = now
        }
        return false
    }

    fileprivate func giveBack(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }
}

/// What one request holds of the budget. Whatever it still holds is given back when it goes.
/// Safe on any thread.
package final class MemoryAccount: Sendable {
    package let budget: MemoryBudget
    private let held = Atomic<Int>(0)

    package init(_ budget: MemoryBudget) { self.budget = budget }

    deinit { releaseAll() }

    /// Bytes that this account holds now.
    package var bytesHeld: Int { held.load(ordering: .relaxed) }

    /// Charges bytes that are about to be taken.
    /// - Throws: `.memoryShort`, with nothing charged. Where `needBytes` is over `limitBytes`, no
    ///   waiting will help.
    package func charge(_ bytes: Int) throws(EngineError) {
        precondition(bytes >= 0)
        guard budget.take(bytes) else {
            throw .memoryShort(
                needBytes: bytes.addingReportingOverflow(bytesHeld).partialValue,
                limitBytes: budget.bytesMax)
        }
        held.add(bytes, ordering: .relaxed)
    }

    /// Gives bytes back before the account goes: their memory is free.
    package func release(_ bytes: Int) {
        let before = held.subtract(bytes, ordering: .relaxed).oldValue
        precondition(bytes >= 0 && bytes <= before, "more released than charged")
        budget.giveBack(bytes)
    }

    /// Gives back all that is held.
    package func releaseAll() {
        let bytes = held.exchange(0, ordering: .relaxed)
        if bytes > 0 { budget.giveBack(bytes) }
    }
}
