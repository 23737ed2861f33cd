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
                .audioTooShort, "The audio is too short to be animated.",
                field: "audio", limit: "0.1 s")
        }
        (self.track, self.first) = (track, first)
    }

    /// Hands all of it on. That it is damaged or too long turns out while it is read.
    /// - isStreamed: in pieces of half a second at first, so that a video begins with the first
    ///   second. They grow up to eight: between two pieces nothing is drawn.
    func read(
        into production: VideoProduction, isStreamed: Bool
    ) async throws(Problem) {
        let rate = track.sampleRateHz
        var count = isStreamed ? rate / 2 : rate * 8
        do throws(EngineError) {
            var samples = first
            var isLast = false
            var read = 0
            while !isLast {
                let more = try await track.source.read(count - samples.count)
                isLast = more.count < count - samples.count
                samples += more
                try await production.add(
                    VoicePiece(clip: AudioClip(samples: samples, sampleRateHz: rate)))
                samples = []
                read += count
                if read >= 2 * rate { count = min(read, 8 * rate) }
            }
        } catch {
            var problem = Problem(error)
            switch error {
            case .audioTooLong, .unreadableAudio, .audioUnheard: problem.field = "audio"
            default: break
            }
            throw problem
        }
    }
}
