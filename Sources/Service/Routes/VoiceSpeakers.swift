import EngineAPI

/// Who speaks in one channel, told by their voices.
struct VoiceSpeakers: Sendable {
    /// What is kept for it: voices of two hours, and recordings of those who are known.
    static let bytes = 32 << 20

    private let choice: SpeakerChoice
    private let references: SpeakerReferences

    /// nil where nobody asks for it.
    /// - Parameters:
    ///   - format: diarized_json asks for it.
    ///   - isPresent: whether what tells voices apart is here.
    /// - Throws: where it is not to be had.
    init?(
        _ fields: RequestFields, _ format: TranscriptFormat, isPresent: Bool
    ) throws(Problem) {
        // Looked at whether or not they have an effect.
        var choice = SpeakerChoice()
        choice.count = try fields[TranscriptionFields.speakers]
        choice.countMax = try fields[TranscriptionFields.speakersMax]
        guard try fields[TranscriptionFields.channels] != .split else { return nil }
        let isAsked = try fields[TranscriptionFields.diarize]
        guard isAsked || format == .diarized_json else { return nil }
        let field = isAsked ? "diarize" : "response_format"
        if !isAsked, fields.has(TranscriptionFields.diarize.facts) {
            throw Problem(
                .fieldsConflict, "diarized_json tells who speaks: it can't be had without.",
                field: "diarize", limit: "not false with response_format=diarized_json")
        }
        guard isPresent else {
            throw Problem(
                .fieldsConflict,
                "The network that tells voices apart is not here: the server's operator brings it "
                    + "by scripts/setup --speakers. Without it, channels=split tells who speaks in "
                    + "a recording that has each speaker in a channel of its own.",
                field: field, limit: "with channels=split",
                got: isAsked ? "true" : format.rawValue)
        }
        if let count = choice.count, count > choice.countMax {
            throw Problem(
                .fieldsConflict, "More speakers are told than there may be.",
                field: "speakers", limit: "at most max_speakers", got: "\(count)")
        }
        self.choice = choice
        references = try SpeakerReferences(fields)
    }

    /// How the engine is to tell them apart.
    func choice(
        _ codec: any MediaCoding, _ context: RequestContext
    ) async throws(Problem) -> SpeakerChoice {
        var choice = choice
        choice.known = try await references.read(codec, context)
        return choice
    }
}
