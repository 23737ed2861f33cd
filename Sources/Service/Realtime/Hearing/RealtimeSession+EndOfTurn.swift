import EngineAPI

// `semantic_vad`: whether a turn is over is told from how it sounds, where the net for it is here.
extension RealtimeSession {
    /// What the net looks at.
    private static let samplesMax = 8 * 16_000
    private static let sureProbability: Float = 0.5
    private static let askingSeconds = 5

    /// Finds what tells the end of a turn, once a session.
    func seekEndOfTurn() async {
        guard !hearing.hasSoughtEndOfTurn else { return }
        hearing.hasSoughtEndOfTurn = true
        do throws(EngineError) {
            hearing.endOfTurn = try await hub.engines.transcriber.endOfTurnDetector()
        } catch {
            forgetEndOfTurn(error)
        }
    }

    /// Whether the open turn, silent by now, sounds as if it were over. The client's messages wait
    /// for it: where a turn ends depends on its sound, not on how fast it came.
    func soundsOver() async -> Bool {
        guard case .semantic = configuration.detection, let net = hearing.endOfTurn,
            let turn = hearing.turn
        else { return false }
        let end = hearing.samplesSeen
        let samples = hearing.window.samples(max(turn.start, end - Self.samplesMax)..<end)
        do throws(EngineError) {
            let probability = try await net.probability(
                samples,
                work: WorkContext(
                    deadline: .now + .seconds(Self.askingSeconds), wantedBy: .now,
                    cancellation: cancellation, memory: memory))
            return probability > Self.sureProbability && hearing.turn?.itemID == turn.itemID
        } catch {
            forgetEndOfTurn(error)
            return false
        }
    }

    /// From now on silence alone decides.
    private func forgetEndOfTurn(_ error: EngineError) {
        hearing.endOfTurn = nil
        guard !isEnded, error != .cancelled else { return }
        hub.log.warning(
            "ends of turns are told by silence alone", metadata: ["error": "\(error)"])
    }
}
