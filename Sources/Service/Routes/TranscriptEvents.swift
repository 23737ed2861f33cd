import EngineAPI

/// OpenAI's events of a transcript, with what our own tell besides.
extension ResponseWriter {
    /// `transcript.text.delta`.
    /// - Parameters:
    ///   - text: the segment's before it; empty where it is the first.
    ///   - segmentID: where speakers are told.
    func delta(
        _ segment: TranscriptSegment, behind text: String, _ shape: TranscriptShape,
        segmentID: String? = nil
    ) async throws(EngineError) {
        var fields: [String: JSONValue] = [
            "delta": .string(text.joiner(before: segment.text) + segment.text),
            "start": .number(rounded(segment.startSeconds)),
            "end": .number(rounded(segment.endSeconds)),
        ]
        if shape.hasLogprobs {
            fields["logprobs"] = .array(logprobs([segment], isContinued: !text.isEmpty))
        }
        if let segmentID { fields["segment_id"] = .string(segmentID) }
        try await event("transcript.text.delta", fields)
    }

    /// `transcript.text.done`.
    func done(
        _ transcript: Transcript, _ shape: TranscriptShape
    ) async throws(EngineError) {
        var fields: [String: JSONValue] = [
            "text": .string(transcript.text), "language": .string(transcript.language),
            "duration": .number(rounded(transcript.seconds)),
            "server_timing": .string(context.serverTiming),
        ]
        if shape.dialect == .openAI { fields["usage"] = shape.tokenUsage(transcript) }
        if shape.tellsLanguages { fields["languages"] = languagesJSON(transcript) }
        if shape.hasLogprobs { fields["logprobs"] = .array(logprobs(transcript.segments)) }
        try await event("transcript.text.done", fields)
    }
}
