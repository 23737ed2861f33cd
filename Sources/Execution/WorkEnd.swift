import EngineAPI

/// Ends what waits inside a piece of work: as soon as the work is cancelled, or at its deadline.
package final class WorkEnd: Sendable {
    private let cancellation: Cancellation
    private let handler: Int
    private let timer: Task<Void, Never>

    /// - end: called with `.cancelled` or `.deadlinePassed`, perhaps with one after the other, on
    ///   any thread.
    package init(_ work: WorkContext, _ end: @escaping @Sendable (EngineError) -> Void) {
        cancellation = work.cancellation
        handler = work.cancellation.onRaise { end(.cancelled) }
        timer = Task {
            // A sleep that is cancelled throws: nothing has outlived the deadline then.
            if (try? await Task.sleep(until: work.deadline, clock: .continuous)) != nil {
                end(.deadlinePassed)
            }
        }
    }

    /// The work is done: the deadline ends nothing any more.
    package func forgetDeadline() { timer.cancel() }

    deinit {
        cancellation.forget(handler)
        timer.cancel()
    }
}
