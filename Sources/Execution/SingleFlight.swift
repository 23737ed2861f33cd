import EngineAPI

/// Holds the task that loads an engine, so that ten first callers cause one load. A failed load
/// is forgotten: the next caller tries again.
package actor SingleFlight<Engine: Sendable> {
    private let load: @Sendable () async throws(EngineError) -> Engine
    private var loading: Task<Result<Engine, EngineError>, Never>?

    package init(load: @escaping @Sendable () async throws(EngineError) -> Engine) {
        self.load = load
    }

    /// The engine, loaded by the first caller.
    package func engine() async throws(EngineError) -> Engine {
        let task: Task<Result<Engine, EngineError>, Never>
        if let loading {
            task = loading
        } else {
            // `Task` drops the error's type: it travels in a Result.
            task = Task { [load] in
                LoadsUnderWay.begin()
                defer { LoadsUnderWay.end() }
                do throws(EngineError) {
                    return .success(try await load())
                } catch {
                    return .failure(error)
                }
            }
            loading = task
        }
        let result = await task.value
        if case .failure = result, loading == task { loading = nil }
        return try result.get()
    }
}
