import EngineAPI

/// Recordings of voices that are known by name, as they came.
struct SpeakerReferences: Sendable {
    /// Longer ones tell no more.
    static let secondsMax = 30

    private let names: [String]
    private let recordings: [[UInt8]]

    /// - Throws: where a name has no recording or the other way round, or one is no data URL.
    init(_ fields: RequestFields) throws(Problem) {
        let urls = try fields[TranscriptionFields.speakerReferences]
        names = urls.isEmpty ? [] : try fields[TranscriptionFields.speakerNames]
        guard names.count == urls.count else {
            throw Problem(
                .fieldsConflict, "Each known speaker needs a name and a recording.",
                field: "known_speaker_references", limit: "as many as known_speaker_names",
                got: "\(urls.count) for \(names.count) names")
        }
        guard Set(names).count == names.count, !names.contains(where: \.isEmpty) else {
            throw Problem(
                .fieldsConflict, "Known speakers need names that differ.",
                field: "known_speaker_names", limit: "each name once, none empty")
        }
        recordings = try urls.map { url throws(Problem) in try Self.bytes(of: url) }
    }

    /// RFC 2397, base64.
    private static func bytes(of url: String) throws(Problem) -> [UInt8] {
        let limit = "data:audio/…;base64,…"
        guard let comma = url.firstIndex(of: ","), url.lowercased().hasPrefix("data:"),
            url[..<comma].lowercased().hasSuffix(";base64"),
            let data = base64Bytes(String(url[url.index(after: comma)...])), !data.isEmpty
        else {
            throw Problem(
                .badField, "A recording of a known speaker must be a data URL.",
                field: "known_speaker_references", limit: limit, got: String(url.prefix(40)))
        }
        return Array(data)
    }

    /// The voices, decoded.
    func read(
        _ codec: any MediaCoding, _ context: RequestContext
    ) async throws(Problem) -> [KnownSpeaker] {
        var known: [KnownSpeaker] = []
        for (name, bytes) in zip(names, recordings) {
            do throws(EngineError) {
                let clip = try await codec.decodeAudio(
                    bytes, sampleRateHz: 16_000, secondsMax: Double(Self.secondsMax),
                    work: context.work)
                known.append(KnownSpeaker(name: name, samples: clip.samples))
            } catch {
                var problem = Problem(error)
                problem.field = problem.field ?? "known_speaker_references"
                throw problem
            }
        }
        return known
    }
}
