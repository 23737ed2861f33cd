import EngineAPI

/// A number of equal permits. Of those that wait for one, who is wanted first gets it, among equal
/// ones who came first: a turn of a conversation is wanted now, a file by its deadline. A wait ends
/// at once when its work is cancelled or its deadline passes.
final class PermitPool: Sendable {
    private struct Waiter {
        let id: Int
        let wantedBy: ContinuousClock.Instant
        let continuation: CheckedContinuation<Int?, Never>
    }

    private struct State {
        var free: Int
        /// Who is wanted first.
        var waiters: [Waiter] = []
        var nextID = 0
        /// Those that wait or are about to, and whether their wait was ended before it began.
        var isEnded: [Int: Bool] = [:]
    }

    let count: Int
    private let state: Mutex<State>

    init(count: Int) {
        self.count = count
        state = Mutex(State(free: count))
    }

    /// Permits that are out.
    var taken: Int { state.withLock { count - $0.free } }
    /// How many wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Takes up to `wanted` permits, at least one; 0 where none is free or somebody waits.
    func takeNow(upTo wanted: Int) -> Int {
        state.withLock { PermitPool.take(&$0, upTo: wanted) }
    }

    private static func take(_ state: inout State, upTo wanted: Int) -> Int {
        guard state.free > 0, state.waiters.isEmpty else { return 0 }
        let granted = min(state.free, max(1, wanted))
        state.free -= granted
        return granted
    }

    /// Takes up to `wanted` where nobody waits, else waits for one.
    /// - Throws: `.cancelled`, `.deadlinePassed`.
    func take(upTo wanted: Int, work: WorkContext) async throws(EngineError) -> Int {
        try work.check()
        let (granted, id) = state.withLock { state in
            let granted = PermitPool.take(&state, upTo: wanted)
            if granted == 0 {
                state.nextID += 1
                state.isEnded[state.nextID] = false
            }
            return (granted, state.nextID)
        }
        if granted > 0 { return granted }
        let handler = work.cancellation.onRaise { [self] in endWait(id) }
        let timer = Task { [self] in
            // Ended early, it has nothing more to do.
            guard (try? await Task.sleep(until: work.deadline)) != nil else { return }
            endWait(id)
        }
        let got = await withCheckedContinuation { wait(id, upTo: wanted, work.wantedBy, $0) }
        timer.cancel()
        work.cancellation.forget(handler)
        state.withLock { _ = $0.isEnded.removeValue(forKey: id) }
        guard let got else {
            try work.check()
            throw .deadlinePassed
        }
        return got
    }

    private func wait(
        _ id: Int, upTo wanted: Int, _ wantedBy: ContinuousClock.Instant,
        _ continuation: CheckedContinuation<Int?, Never>
    ) {
        let response: Int?? = state.withLock { state in
            if state.isEnded[id] == true { return .some(nil) }
            let granted = PermitPool.take(&state, upTo: wanted)
            if granted > 0 { return granted }
            let waiter = Waiter(id: id, wantedBy: wantedBy, continuation: continuation)
            let later = state.waiters.firstIndex { $0.wantedBy > wantedBy }
            state.waiters.insert(waiter, at: later ?? state.waiters.endIndex)
            return nil
        }
        if let response { continuation.resume(returning: response) }
    }

    private func endWait(_ id: Int) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                // It has not begun to wait, or has its permit already and is gone from here.
                if state.isEnded[id] != nil { state.isEnded[id] = true }
                return nil
            }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: nil)
    }

    /// Gives permits back; each goes to who is wanted first.
    func giveBack(_ count: Int) {
        let next = state.withLock { state in
            state.free += count
            precondition(state.free <= self.count, "more permits given back than taken")
            let next = Array(state.waiters.prefix(state.free))
            state.waiters.removeFirst(next.count)
            state.free -= next.count
            return next
        }
        for waiter in next { waiter.continuation.resume(returning: 1) }
    }
}
