import EngineAPI

/// Whether the rest of a video can be drawn before its deadline: after a frame that is known,
/// rather than when a quarter of an hour has gone.
struct RenderForecast {
    private var fastest: Duration?

    /// A frame was drawn.
    /// - Throws: `.deadlineTooShort` where even at the fastest frame's speed it ends too late.
    mutating func add(
        _ time: Duration, framesLeft: Int, work: WorkContext
    ) throws(EngineError) {
        let best = min(fastest ?? time, time)
        fastest = best
        let (needed, left) = (best * framesLeft, work.deadline - .now)
        guard needed > left else { return }
        throw .deadlineTooShort(
            needSeconds: needed / .seconds(1), leftSeconds: max(left / .seconds(1), 0))
    }
}
