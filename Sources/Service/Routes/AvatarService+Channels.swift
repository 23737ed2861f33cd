import EngineAPI
import Execution

/// Who speaks in the channels of a recording: each channel is a speaker, as telephone calls are
/// recorded.
struct ChannelSpeakers: Sendable {
    /// Names of the first channels; the others are letters.
    let names: [String]

    /// nil where all channels are heard together.
    /// - Throws: where one channel is asked for too.
    init?(_ fields: RequestFields) throws(Problem) {
        guard try fields[TranscriptionFields.channels] == .split else { return nil }
        guard try fields[TranscriptionFields.channel] == 0 else {
            throw Problem(
                .fieldsConflict, "channels=split hears every channel: channel names one.",
                field: "channel", limit: "not with channels=split")
        }
        names = try fields[TranscriptionFields.speakerNames]
    }

    /// - channel: from 0.
    func name(_ channel: Int) -> String {
        if names.indices.contains(channel) { return names[channel] }
        return Unicode.Scalar(UInt32(UInt8(ascii: "A")) + UInt32(channel % 26))
            .map { String($0) } ?? "A"
    }
}

extension AvatarService {
    /// Hears each channel by itself and puts the segments in the order in which they are said.
    func transcript(
        _ audio: [UInt8], _ choice: AudioChoice, _ request: TranscriptionRequest,
        _ dialect: APIFlavor, _ speakers: ChannelSpeakers, _ context: RequestContext
    ) async throws(Problem) -> (Transcript, factor: String) {
        let start = ContinuousClock.now
        var whole: Transcript?
        for channel in 0..<TranscriptionFields.channelsMax {
            var choice = choice
            choice.channel = channel + 1
            guard
                let source = try await source(
                    audio, choice, isFirst: channel == 0, context)
            else { break }
            var (heard, _) = try await transcript(source, request, dialect, context)
            for index in heard.segments.indices {
                heard.segments[index].speaker = speakers.name(channel)
            }
            whole = whole.map { merged($0, heard) } ?? heard
        }
        guard let whole else {
            throw Problem(.unreadableAudio, "The audio has no channel.", field: "file")
        }
        return (whole, realtimeFactor(since: start, mediaSeconds: whole.seconds))
    }

    /// nil where the recording has no such channel.
    private func source(
        _ audio: [UInt8], _ choice: AudioChoice, isFirst: Bool, _ context: RequestContext
    ) async throws(Problem) -> (any AudioSource)? {
        do throws(Problem) {
            return try await audioSource(audio, nil, choice, context)
        } catch {
            guard !isFirst, error.kind == .fieldsConflict, error.field == "channel" else {
                throw error
            }
            return nil
        }
    }

    private func merged(_ one: Transcript, _ other: Transcript) -> Transcript {
        var whole = one
        whole.segments = (one.segments + other.segments).enumerated().sorted {
            ($0.element.startSeconds, $0.offset) < ($1.element.startSeconds, $1.offset)
        }.map(\.element)
        whole.seconds = max(one.seconds, other.seconds)
        // The language of whoever says something.
        if one.segments.isEmpty {
            whole.language = other.language
            whole.languageProbability = other.languageProbability
        }
        return whole
    }

    /// The events of a transcript that is whole: who speaks first is known when all are heard.
    func tellSpeakers(
        _ transcript: Transcript, _ shape: TranscriptShape, _ format: TranscriptFormat,
        _ writer: ResponseWriter
    ) async throws(Problem) {
        try await mapping { () async throws(EngineError) in
            let hasSegments = format == .diarized_json || shape.tellsVoices
            var before = ""
            for (index, segment) in transcript.segments.enumerated() {
                try await writer.delta(
                    segment, behind: before, shape,
                    segmentID: hasSegments ? "seg_\(index)" : nil)
                before = segment.text
                guard hasSegments,
                    case .object(let fields) = speakerSegment(segment, index: index)
                else { continue }
                try await writer.event("transcript.text.segment", fields)
            }
            try await writer.done(transcript, shape)
        }
        await writer.end()
    }
}
