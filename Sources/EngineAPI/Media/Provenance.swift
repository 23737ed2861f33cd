/// How something was made, in IPTC's words (NewsCodes, digital source type).
package enum DigitalSource: String, Sendable {
    /// Made by a model: a voice that nobody spoke.
    case trained = "trainedAlgorithmicMedia"
    /// A photograph, to which a model gave a voice and movement.
    case composite = "compositeWithTrainedAlgorithmicMedia"

    /// What every address of IPTC's terms begins with.
    package static let base = "http://cv.iptc.org/newscodes/digitalsourcetype/"

    package var address: String { Self.base + rawValue }
}

/// What is claimed of one voice or video.
package struct ProvenanceClaim: Sendable, Equatable {
    package let source: DigitalSource
    /// What made it: the engine's id, and the voice's or the models' names. Nothing of the content.
    package let engine: String
    package let models: [String]

    package init(source: DigitalSource, engine: String, models: [String]) {
        self.source = source
        self.engine = engine
        self.models = models
    }
}

/// Puts Content Credentials (C2PA) into media that are whole.
package protocol ProvenanceSigning: Sendable {
    /// Whether files of a media type can bear them.
    func canSign(_ mediaType: String) -> Bool

    /// The same file with a manifest that is signed.
    /// - Throws: `.libraryMissing`, `.signingFailed`, `.memoryShort`, `.cancelled`.
    func sign(
        _ bytes: [UInt8], mediaType: String, _ claim: ProvenanceClaim, work: WorkContext
    ) async throws(EngineError) -> [UInt8]
}

/// What a file holds of Content Credentials, as its reader told it.
package enum CredentialsReading: Sendable, Equatable {
    /// No file of a kind that bears them.
    case unsupported
    /// There are none in it.
    case absent
    /// Something is there that cannot be read; the reader's own word for why.
    case unreadable(String)
    /// The reader's report: JSON of manifests and of what was checked.
    case report([UInt8])
}

/// Reads Content Credentials from files that anybody may have made.
package protocol ProvenanceReading: Sendable {
    /// Reads what is in the file itself: nothing is fetched and no file is opened.
    /// - Throws: `.libraryMissing`, `.memoryShort`, `.cancelled`, `.deadlinePassed`.
    func read(_ bytes: [UInt8], work: WorkContext) async throws(EngineError) -> CredentialsReading
}
