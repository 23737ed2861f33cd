/// Whether the rest of some work of equal steps can be done before its deadline: after a step that
/// is known, rather than when a quarter of an hour has gone.
package struct WorkForecast: Sendable {
    private var fastest: Duration?

    package init() {}

    /// A step was done.
    /// - Throws: `.deadlineTooShort` where even at the fastest step's speed it ends too late.
    package mutating func add(
        _ time: Duration, stepsLeft: Int, work: WorkContext
    ) throws(EngineError) {
        let best = min(fastest ?? time, time)
        fastest = best
        let (needed, left) = (best * stepsLeft, work.deadline - .now)
        guard needed > left else { return }
        throw .deadlineTooShort(
            needSeconds: needed / .seconds(1), leftSeconds: max(left / .seconds(1), 0))
    }
}
