import EngineAPI
import Execution
import Inference

/// One network that is loaded on a thread of its own, while its owner loads another.
final class SessionLoading: Sendable {
    private final class Outcome: Sendable {
        let value = Mutex<Result<OnnxSession, EngineError>?>(nil)
    }

    private let outcome: Outcome
    private let load: @Sendable () -> Result<OnnxSession, EngineError>
    /// nil where the process has no thread to spare: then it is loaded where it is asked for.
    private let thread: SystemThread?

    /// - file: below the models folder.
    init(
        _ file: String, _ models: ModelDirectory, _ runtime: OnnxRuntime,
        _ options: OnnxSession.Options
    ) {
        let outcome = Outcome()
        let load: @Sendable () -> Result<OnnxSession, EngineError> = {
            do throws(EngineError) {
                let path = try models.verified(file)
                return .success(try OnnxSession(runtime, modelPath: path, options: options))
            } catch {
                return .failure(error)
            }
        }
        self.outcome = outcome
        self.load = load
        thread = try? SystemThread(name: "load-voice") { _ in
            let made = load()
            outcome.value.withLock { $0 = made }
        }
    }

    /// Waits for it. Called once.
    func session() throws(EngineError) -> OnnxSession {
        thread?.join()
        return try (outcome.value.withLock { $0 } ?? load()).get()
    }
}
