/// Tells whether somebody who fell silent has said all that they wanted to say. Shared by all
/// streams.
package protocol EndOfTurnDetecting: Sendable {
    /// - samples: the turn so far with the silence behind it, mono, 16 000 Hz; the last eight
    ///   seconds count.
    /// - Returns: the probability, 0…1, that the turn is over.
    /// - Throws: `.backendFailed`, `.cancelled`, `.deadlinePassed`.
    func probability(_ samples: [Float], work: WorkContext) async throws(EngineError) -> Float
}
