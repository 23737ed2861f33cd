/// Hands out CPU cores to blocking work, so that never more threads compute than there are
/// cores: a thread too many makes those crawl that wait for it at ggml's barriers.
package actor CorePool {
    private let coreCount: Int
    private var free: Int
    private var waiters: [CheckedContinuation<Int, Never>] = []

    package init(coreCount: Int) {
        self.coreCount = coreCount
        free = coreCount
    }

    /// Waits for a core, first come first served; takes more, up to `wanted`, only where nobody
    /// else waits for them.
    package func acquire(upTo wanted: Int) async -> Int {
        if free > 0, waiters.isEmpty {
            let granted = min(free, max(1, wanted))
            free -= granted
            return granted
        }
        return await withCheckedContinuation { waiters.append($0) }
    }

    /// Gives cores back.
    package func release(_ count: Int) {
        free += count
        precondition(free <= coreCount, "more cores given back than taken")
        while free > 0, !waiters.isEmpty {
            free -= 1
            waiters.removeFirst().resume(returning: 1)
        }
    }
}
