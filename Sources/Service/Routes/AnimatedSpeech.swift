import EngineAPI

/// A voice of words for a video. Its first sound is made from the start on; who lets it go stops
/// it.
struct AnimatedSpeech: Sendable {
    private let session: any SpeechSession
    /// How long its opening took.
    private let openTime: Duration

    /// - Throws: what is wrong with the text.
    init(
        _ request: SpeechRequest, _ speaker: any Speaking, _ context: RequestContext
    ) async throws(Problem) {
        context.work.notes.add(request.notes)
        let started = ContinuousClock.now
        session = try await mapping(field: "text") { () async throws(EngineError) in
            try await speaker.open(request, work: context.work)
        }
        session.finish(throwing: nil)
        openTime = .now - started
    }

    /// Hands all of it on: each clause as it is made, with the mouth's shapes.
    func read(
        into production: VideoProduction, secondsMax: Double, _ context: RequestContext
    ) async throws(Problem) {
        let started = ContinuousClock.now
        let result = await clauses(into: production, secondsMax: secondsMax)
        // What was waited for; the first sound may have been there.
        let waited = openTime + (.now - started) - (await production.busyTime)
        context.add(StageTime(name: "speak", milliseconds: waited / .milliseconds(1)))
        let field = await production.hasFailed ? nil : "text"
        try await mapping(field: field) { () async throws(EngineError) in try result.get() }
    }

    private func clauses(
        into production: VideoProduction, secondsMax: Double
    ) async -> Result<Void, EngineError> {
        var seconds = 0.0
        // Whether the mouth is read from the audio is settled by the first clause.
        var listens: Bool?
        do throws(EngineError) {
            while let clause = try await session.next() {
                seconds += clause.clip.seconds
                if seconds > secondsMax { throw .audioTooLong(secondsMax: secondsMax) }
                let hears = listens ?? clause.isGuess
                listens = hears
                try await production.add(
                    VoicePiece(clip: clause.clip, visemes: hears ? nil : clause.visemes))
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }
}
