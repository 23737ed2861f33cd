import EngineAPI

/// No place is free; how many there are.
package struct Overload: Error, Equatable {
    package let depthMax: Int

    package init(depthMax: Int) { self.depthMax = depthMax }
}

/// Lets at most `depthMax` requests run. A place belongs to work: it is taken when the body is
/// there, and lent to others while the client is slow to read.
package final class AdmissionGate: Sendable {
    package let depthMax: Int
    private let pool: PermitPool

    package init(depthMax: Int) {
        self.depthMax = depthMax
        pool = PermitPool(count: depthMax)
    }

    /// Requests that are inside now.
    package var count: Int { pool.taken }

    /// Throws where no place is free, or somebody waits for one. Takes none.
    package func check() throws(Overload) {
        if pool.taken >= depthMax || pool.waiting > 0 { throw Overload(depthMax: depthMax) }
    }

    /// Takes a place, which is free again when the permit goes.
    package func admit() throws(Overload) -> Permit {
        guard pool.takeNow(upTo: 1) > 0 else { throw Overload(depthMax: depthMax) }
        return Permit(pool)
    }

    /// Waits for a place, who is wanted first before others; `waitingMax` bounds how many do.
    /// - Throws: `.cancelled`, `.deadlinePassed`; nil where as many wait as may.
    package func admitInTurn(
        work: WorkContext, waitingMax: Int = .max
    ) async throws(EngineError) -> Permit? {
        guard pool.waiting < waitingMax else { return nil }
        _ = try await pool.take(upTo: 1, work: work)
        return Permit(pool)
    }
}

/// A place in a gate; given back once, at the latest when the permit goes.
package final class Permit: Sendable {
    private let pool: PermitPool
    private let isHeld = Mutex(true)

    fileprivate init(_ pool: PermitPool) { self.pool = pool }

    deinit { lend() }

    /// Gives the place to whoever waits, until `takeBack`.
    package func lend() {
        let wasHeld = isHeld.withLock { isHeld in
            defer { isHeld = false }
            return isHeld
        }
        if wasHeld { pool.giveBack(1) }
    }

    /// Waits for a place again, where it was lent.
    /// - Throws: `.cancelled`, `.deadlinePassed`.
    package func takeBack(work: WorkContext) async throws(EngineError) {
        guard !isHeld.withLock({ $0 }) else { return }
        _ = try await pool.take(upTo: 1, work: work)
        isHeld.withLock { $0 = true }
    }
}
