import EngineAPI

/// Hands out processors to blocking work, so that never more threads compute than there are
/// processors: a thread too many makes those crawl that wait for it at ggml's barriers.
package final class ComputePermits: Sendable {
    private let pool: PermitPool

    package init(count: Int) { pool = PermitPool(count: count) }

    /// Waits for a processor, who is wanted first before others; takes more, up to `wanted`, only
    /// where nobody else waits for them.
    /// - Throws: `.cancelled` and `.deadlinePassed`, at once, while it waits.
    package func acquire(upTo wanted: Int, work: WorkContext) async throws(EngineError) -> Int {
        try await pool.take(upTo: wanted, work: work)
    }

    /// How many wait.
    package var waiting: Int { pool.waiting }

    /// Gives processors back.
    package func release(_ count: Int) { pool.giveBack(count) }
}
