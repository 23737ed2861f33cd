import EngineAPI
import Execution

/// One network that is loaded on a thread of its own, while its owner loads others.
package final class SessionLoading: Sendable {
    private final class Outcome: Sendable {
        let value = Mutex<Result<OnnxSession, EngineError>?>(nil)
    }

    private let outcome: Outcome
    private let load: @Sendable () -> Result<OnnxSession, EngineError>
    /// nil where the process has no thread to spare: then it is loaded where it is asked for.
    private let thread: SystemThread?

    /// - file: below the models folder. - runtime: opened on that thread, where nobody did before.
    package init(
        _ file: String, _ models: ModelDirectory,
        _ runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        _ options: OnnxSession.Options
    ) {
        let outcome = Outcome()
        let load: @Sendable () -> Result<OnnxSession, EngineError> = {
            do throws(EngineError) {
                let path = try models.verified(file)
                return .success(try OnnxSession(runtime(), modelPath: path, options: options))
            } catch {
                return .failure(error)
            }
        }
        self.outcome = outcome
        self.load = load
        thread = try? SystemThread(name: "load-network") { _ in
            let made = load()
            outcome.value.withLock { $0 = made }
        }
    }

    /// Waits for it. Called once.
    /// - Throws: what opening it throws.
    package func session() throws(EngineError) -> OnnxSession {
        thread?.join()
        return try (outcome.value.withLock { $0 } ?? load()).get()
    }
}
