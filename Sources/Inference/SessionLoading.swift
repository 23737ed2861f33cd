import EngineAPI
import Execution

/// One network that is loaded on a thread of its own, while its owner loads others.
package struct SessionLoading: Sendable {
    private let task: SideTask<OnnxSession>

    /// - file: below the models folder. - runtime: opened on that thread, where nobody did before.
    package init(
        _ file: String, _ models: ModelDirectory,
        _ runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        _ options: OnnxSession.Options
    ) {
        task = SideTask("load-network") { () throws(EngineError) in
            let path = try models.verified(file)
            return try OnnxSession(runtime(), modelPath: path, options: options)
        }
    }

    /// Waits for it. Called once.
    /// - Throws: what opening it throws.
    package func session() throws(EngineError) -> OnnxSession { try task.value() }
}
