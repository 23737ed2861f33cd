import Synchronization

/// No place is free; how many there are.
package struct Overload: Error, Equatable {
    package let depthMax: Int

    package init(depthMax: Int) { self.depthMax = depthMax }
}

/// Lets at most `depthMax` requests wait or run. Never suspends: refuses instead.
package final class AdmissionGate: Sendable {
    package let depthMax: Int
    private let depth = Atomic<Int>(0)

    package init(depthMax: Int) { self.depthMax = depthMax }

    /// Requests that are inside now.
    package var count: Int { depth.load(ordering: .relaxed) }

    /// Takes a place, which is free again when the permit goes.
    package func admit() throws(Overload) -> Permit {
        let before = depth.add(1, ordering: .acquiringAndReleasing).oldValue
        guard before < depthMax else {
            depth.subtract(1, ordering: .acquiringAndReleasing)
            throw Overload(depthMax: depthMax)
        }
        return Permit(gate: self)
    }

    fileprivate func leave() { depth.subtract(1, ordering: .acquiringAndReleasing) }
}

/// A place in a gate; given back once, when the value goes.
package struct Permit: ~Copyable, Sendable {
    private let gate: AdmissionGate

    fileprivate init(gate: AdmissionGate) { self.gate = gate }

    deinit { gate.leave() }
}
