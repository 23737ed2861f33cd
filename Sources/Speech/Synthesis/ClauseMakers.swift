import EngineAPI
import Execution

/// The threads that make clauses, side by side. A clause goes to the first that is idle; of those
/// that wait, whose speech has least time left is made first: a turn of a conversation waits for a
/// clause of a long speech at most, never for all that it has ahead.
final class ClauseMakers: Sendable {
    private let permits: ComputePermits
    private let idle: Mutex<[ClauseSynthesizer]>

    init(_ threads: [ThreadExecutor]) {
        permits = ComputePermits(count: threads.count)
        idle = Mutex(threads.map(ClauseSynthesizer.init(thread:)))
    }

    /// Clauses that wait for a thread.
    var waiting: Int { permits.waiting }

    /// - Throws: as `ClauseSynthesizer.make`.
    func make(
        _ request: ClauseRequest, _ model: any TTSModel, work: WorkContext, stop: Cancellation
    ) async throws(EngineError) -> MadeClause {
        let granted = try await permits.acquire(upTo: 1, work: work)
        // As many are idle as there are permits to be had.
        let maker = idle.withLock { $0.removeLast() }
        defer {
            idle.withLock { $0.append(maker) }
            permits.release(granted)
        }
        return try await maker.make(request, model, work: work, stop: stop)
    }
}
