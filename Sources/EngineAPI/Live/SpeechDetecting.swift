/// Tells how probable speech is in sound as it comes. One stream has one detector, which one task
/// uses at a time.
package protocol SpeechDetecting: AnyObject, Sendable {
    /// - samples: mono, 16 000 Hz, any number; what is no whole frame waits for more.
    /// - Returns: the probability, 0…1, in each frame of 512 samples that is now whole.
    /// - Throws: `.modelMissing`, `.backendFailed`, `.cancelled`, `.deadlinePassed`.
    func probabilities(_ samples: [Float]) async throws(EngineError) -> [Float]

    /// Forgets what was heard: the next samples begin a stream.
    func reset() async
}
