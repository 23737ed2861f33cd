/// Audio that is decoded as it is asked for, so that a long one is never in memory whole; read by
/// one task at a time.
package protocol AudioSource: Sendable {
    /// The next `count` samples, mono, −1…1, at the rate that the reader was opened for; fewer only
    /// at the end, and none after it.
    /// - Throws: `.unreadableAudio`, `.audioTooLong`, `.cancelled`, `.deadlinePassed`.
    func read(_ count: Int) async throws(EngineError) -> [Float]
}

/// A clip that is in memory.
package actor BufferedAudioSource: AudioSource {
    private let samples: [Float]
    private var position = 0

    package init(_ clip: AudioClip) { samples = clip.samples }

    package func read(_ count: Int) -> [Float] {
        let end = min(samples.count, position + count)
        defer { position = end }
        return Array(samples[position..<end])
    }
}
