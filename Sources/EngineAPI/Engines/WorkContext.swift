import struct Synchronization.Atomic

/// Raised once, by a client that leaves, a deadline or a stop; polled by engines between steps, and
/// told to whoever waits meanwhile.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    private let handlers = Mutex((next: 0, byID: [Int: @Sendable () -> Void]()))

    package init() {}

    /// Whether the work is no longer wanted. Safe on any thread, also inside C callbacks.
    package var isRaised: Bool { flag.load(ordering: .acquiring) }

    /// Asks the work to stop at its next step, and ends its waits.
    package func raise() {
        guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let all = handlers.withLock { handlers in
            let all = Array(handlers.byID.values)
            handlers.byID = [:]
            return all
        }
        for handler in all { handler() }
    }

    /// Has `handler` called once when it is raised, by whoever raises it; at once where it is.
    /// - Returns: what `forget` takes.
    package func onRaise(_ handler: @escaping @Sendable () -> Void) -> Int {
        let id: Int? = handlers.withLock { handlers in
            // Under the lock: either `raise` finds the handler, or we see the flag.
            guard !isRaised else { return nil }
            handlers.next += 1
            handlers.byID[handlers.next] = handler
            return handlers.next
        }
        guard let id else {
            handler()
            return 0
        }
        return id
    }

    /// The wait is over; its handler is not called any more.
    package func forget(_ id: Int) {
        // The closure is freed outside of the lock.
        _ = handlers.withLock { $0.byID.removeValue(forKey: id) }
    }
}

/// How far some work has come.
package struct WorkProgress: Sendable, Equatable {
    package let unit: Unit
    package let done: Int
    /// nil where nobody knows it before the end.
    package let total: Int?

    /// What is counted.
    package enum Unit: String, Sendable { case frames, pieces, clauses }

    package init(unit: Unit, done: Int, total: Int?) {
        self.unit = unit
        self.done = done
        self.total = total
    }
}

/// What travels with one request through every layer: its deadline, its cancellation flag, the
/// memory it holds, and whoever wants to know how far it has come.
package struct WorkContext: Sendable {
    package let deadline: ContinuousClock.Instant
    /// Of work that waits for the same place, whose time comes first goes first: its deadline, or
    /// long before that where somebody listens meanwhile.
    package let wantedBy: ContinuousClock.Instant
    package let cancellation: Cancellation
    /// Charged before memory is taken that grows with what a client sent; lives as long as the
    /// last copy of the work.
    package let memory: MemoryAccount
    /// What is to be told of the request's media.
    package let notes: MediaNotes
    private let observer: (@Sendable (WorkProgress) -> Void)?

    /// - wantedBy: nil is the deadline.
    /// - observer: told of progress, on the engine's threads; it may not wait.
    package init(
        deadline: ContinuousClock.Instant, wantedBy: ContinuousClock.Instant? = nil,
        cancellation: Cancellation = Cancellation(),
        memory: MemoryAccount = MemoryAccount(.unlimited()), notes: MediaNotes = MediaNotes(),
        observer: (@Sendable (WorkProgress) -> Void)? = nil
    ) {
        self.deadline = deadline
        self.wantedBy = wantedBy ?? deadline
        self.cancellation = cancellation
        self.memory = memory
        self.notes = notes
        self.observer = observer
    }

    /// The context of a task that must be done within `limit` from now.
    package init(
        within limit: Duration, memory: MemoryAccount = MemoryAccount(.unlimited())
    ) {
        self.init(deadline: .now + limit, memory: memory)
    }

    /// The same work with one more observer.
    package func observed(by another: @escaping @Sendable (WorkProgress) -> Void) -> WorkContext {
        let observer = observer
        return WorkContext(
            deadline: deadline, wantedBy: wantedBy, cancellation: cancellation, memory: memory,
            notes: notes
        ) { progress in
            observer?(progress)
            another(progress)
        }
    }

    /// The same work, ended by another's flag, which has to be raised with its own.
    package func ended(by cancellation: Cancellation) -> WorkContext {
        WorkContext(
            deadline: deadline, wantedBy: wantedBy, cancellation: cancellation, memory: memory,
            notes: notes, observer: observer)
    }

    /// Tells how far the work has come; costs nothing where nobody asks.
    package func report(_ done: Int, of total: Int? = nil, _ unit: WorkProgress.Unit) {
        observer?(WorkProgress(unit: unit, done: done, total: total))
    }

    /// Called between steps: throws `.cancelled` or `.deadlinePassed` when the work must stop.
    package func check() throws(EngineError) {
        if cancellation.isRaised { throw .cancelled }
        if ContinuousClock.now >= deadline { throw .deadlinePassed }
    }
}
