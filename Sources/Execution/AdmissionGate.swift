import struct Synchronization.Atomic

/// No place is free; how many there are.
package struct Overload: Error, Equatable {
    package let depthMax: Int

    package init(depthMax: Int) { self.depthMax = depthMax }
}

/// Lets at most `depthMax` requests wait or run. A request is refused instead of waiting; a job,
/// whose queue is bounded elsewhere, may wait for a place.
package final class AdmissionGate: Sendable {
    package let depthMax: Int
    private let depth = Atomic<Int>(0)
    /// How many wait in `waiters`, so that leaving takes no lock where nobody waits.
    private let waiting = Atomic<Int>(0)
    private let waiters = Mutex<[CheckedContinuation<Void, Never>]>([])

    package init(depthMax: Int) { self.depthMax = depthMax }

    /// Requests that are inside now.
    package var count: Int { depth.load(ordering: .relaxed) }

    /// Takes a place, which is free again when the permit goes.
    package func admit() throws(Overload) -> Permit {
        var seen = depth.load(ordering: .sequentiallyConsistent)
        while seen < depthMax {
            let (isTaken, now) = depth.compareExchange(
                expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
            if isTaken { return Permit(gate: self) }
            seen = now
        }
        throw Overload(depthMax: depthMax)
    }

    /// Waits for a place, first come first served among those that wait.
    package func admitInTurn() async -> Permit {
        while true {
            do throws(Overload) {
                return try admit()
            } catch {
                await waitForLeaving()
            }
        }
    }

    private func waitForLeaving() async {
        await withCheckedContinuation { continuation in
            let mustWait = waiters.withLock { waiters in
                // In this order and sequentially consistent: either we see the place that was left,
                // or whoever leaves sees that we wait.
                waiting.add(1, ordering: .sequentiallyConsistent)
                guard depth.load(ordering: .sequentiallyConsistent) >= depthMax else {
                    waiting.subtract(1, ordering: .sequentiallyConsistent)
                    return false
                }
                waiters.append(continuation)
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }

    fileprivate func leave() {
        depth.subtract(1, ordering: .sequentiallyConsistent)
        guard waiting.load(ordering: .sequentiallyConsistent) > 0 else { return }
        let next: CheckedContinuation<Void, Never>? = waiters.withLock { waiters in
            guard !waiters.isEmpty else { return nil }
            waiting.subtract(1, ordering: .sequentiallyConsistent)
            return waiters.removeFirst()
        }
        next?.resume()
    }
}

/// A place in a gate; given back once, when the value goes.
package struct Permit: ~Copyable, Sendable {
    private let gate: AdmissionGate

    fileprivate init(gate: AdmissionGate) { self.gate = gate }

    deinit { gate.leave() }
}
