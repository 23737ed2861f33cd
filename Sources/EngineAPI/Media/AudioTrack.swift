/// A voice that is decoded as it is read, from its start to its end: one reader serves all who
/// need it.
package struct AudioTrack: Sendable {
    /// The audio's own rate, or the nearest of 16 000…48 000 Hz.
    package let sampleRateHz: Int
    /// Mono at that rate.
    package let source: any AudioSource

    package init(sampleRateHz: Int, source: any AudioSource) {
        self.sampleRateHz = sampleRateHz
        self.source = source
    }
}
