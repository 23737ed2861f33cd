import EngineAPI
import Execution

/// Whether a text was heard at all.
extension PieceReader {
    /// A reading, with whether its words are as likely where there is nothing to hear: then they
    /// are what Whisper says of nothing, whatever they are. The state holds silence afterwards.
    func weighed(_ reading: Reading) throws(EngineError) -> Reading {
        // Somebody waits for an answer in a conversation.
        guard request.readsUnsureWordsAgain, !request.isTranslation,
            HallucinationChecks.isWorthWeighing(reading, certainty: certainty)
        else { return reading }
        var options = DecodeOptions()
        options.language = reading.chunk.language
        options.window = reading.options.window
        options.tokensMax = 1
        options.threads = threads
        let silence = [Float](repeating: 0, count: samples.count)
        _ = try state.handle.decode(silence[...], options, work: work)
        let count = min(HallucinationChecks.weighedTokens, reading.tokens.count)
        let silent = state.handle.logProbability(
            ofFirst: count, of: reading.chunk, threads: threads)
        let heard = reading.chunk.logProbabilities.prefix(count).reduce(0, +)
        var reading = reading
        reading.isOfSilence = HallucinationChecks.isOfSilence(
            gain: (heard - silent) / Float(count), certainty: certainty)
        return reading
    }
}
