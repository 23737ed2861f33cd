/// When a model was loaded.
package struct LoadTime: Sendable {
    package let start: ContinuousClock.Instant
    package let end: ContinuousClock.Instant

    package var milliseconds: Double { (end - start) / .milliseconds(1) }
}
