import EngineAPI

/// Work that a thread of its own does, while its owner does other work; then its outcome is waited
/// for. For blocking work of which both halves keep a core busy.
package final class SideTask<Value: Sendable>: Sendable {
    private final class Outcome: Sendable {
        let value = Mutex<Result<Value, EngineError>?>(nil)
    }

    private let outcome: Outcome
    private let work: @Sendable () throws(EngineError) -> Value
    /// nil where the process has no thread to spare: then it is done where it is asked for.
    private let thread: SystemThread?

    /// - name: the thread's, at most 15 bytes.
    package init(_ name: String, _ work: @escaping @Sendable () throws(EngineError) -> Value) {
        let outcome = Outcome()
        self.outcome = outcome
        self.work = work
        thread = try? SystemThread(name: name) { _ in
            let made = SideTask.result(of: work)
            outcome.value.withLock { $0 = made }
        }
    }

    private static func result(
        of work: () throws(EngineError) -> Value
    ) -> Result<Value, EngineError> {
        do throws(EngineError) {
            return .success(try work())
        } catch {
            return .failure(error)
        }
    }

    /// Waits for it. Called once.
    /// - Throws: what the work throws.
    package func value() throws(EngineError) -> Value {
        thread?.join()
        return try (outcome.value.withLock { $0 } ?? SideTask.result(of: work)).get()
    }
}
