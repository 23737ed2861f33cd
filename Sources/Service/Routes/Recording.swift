import EngineAPI

/// A voice that came as audio, found to be audio that is long enough. Read once, from its start.
struct Recording: Sendable {
    private let track: AudioTrack
    /// Its first tenth of a second, which is read already.
    private let first: [Float]

    /// - Throws: `unreadable-audio`, `audio-too-short`.
    init(
        _ bytes: [UInt8], _ codec: any MediaCoding, _ secondsMax: Double, _ context: RequestContext
    ) async throws(Problem) {
        let (track, first) = try await mapping(field: "audio") { () async throws(EngineError) in
            try await context.timed("audio") { () async throws(EngineError) in
                let track = try await codec.audioTrack(
                    bytes, secondsMax: secondsMax, work: context.work)
                return (track, try await track.source.read(track.sampleRateHz / 10))
            }
        }
        guard first.count == track.sampleRateHz / 10 else {
            throw Problem(
                422, "audio-too-short", "The audio is too short to be animated.",
                field: "audio", limit: "0.1 s")
        }
        (self.track, self.first) = (track, first)
    }

    /// Hands all of it on. That it is damaged or too long turns out while it is read.
    /// - isStreamed: in pieces of half a second, so that a video begins with the first second;
    ///   else of eight.
    func read(
        into production: VideoProduction, isStreamed: Bool
    ) async throws(Problem) {
        let rate = track.sampleRateHz
        let count = isStreamed ? rate / 2 : rate * 8
        do throws(EngineError) {
            var samples = first
            var isLast = false
            while !isLast {
                let more = try await track.source.read(count - samples.count)
                isLast = more.count < count - samples.count
                samples += more
                try await production.add(
                    VoicePiece(clip: AudioClip(samples: samples, sampleRateHz: rate)))
                samples = []
            }
        } catch {
            var problem = Problem(error)
            switch error {
            case .audioTooLong, .unreadableAudio: problem.field = "audio"
            default: break
            }
            throw problem
        }
    }
}
