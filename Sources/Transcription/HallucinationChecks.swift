import EngineAPI
import Glibc

/// Signs that a reading is wrong: a trimmed window leads the decoder astray, and any may end early.
/// Without them one word in seven is wrong; with them trimming costs no accuracy.
struct HallucinationChecks {
    /// Speech has at most so many tokens a second, and a few at the edges.
    static let tokensPerSecond = 8.0
    static let tokensBase = 12
    /// Scripts that have tokens for parts of characters only have three times as many; the decoder
    /// has room for 224.
    private static let retryTokensPerSecond = 24.0
    private static let retryTokensMax = 220.0
    static let meanLogProbabilityMin: Float = -0.7
    /// Under this a reading is looked into, under the next it is nothing.
    private static let sureLogProbabilityMin: Float = -0.5
    private static let bearableLogProbabilityMin: Float = -1.1
    /// The same of what is surely speech.
    private static let speechLogProbabilityMin: Float = -1.8
    /// So sure is the detector of speech, and of hardly a sound that is none.
    private static let certaintyMin: Float = 0.75
    /// So unlikely is it to the decoder that nobody speaks, where somebody does.
    private static let noSpeechMax: Float = 0.35
    /// Tokens that a text is counted as longer by there, each as sure as can be: the first word of
    /// a piece is the least sure, and of two or three words it is half of the mean.
    private static let bearableTokens = 2
    /// Three tenths: of 1 702 words tiny.en makes 140 errors, 142 with four tenths, to which long
    /// clear speech comes near, and 167 where nothing is read again.
    private static let unsureWordLogProbability: Float = -1.204
    /// By how much what is left of a loop scores too well.
    private static let loopScoreExcess: Float = 0.25
    /// What was said is so much likelier in its sound than in silence, in natural logarithms a
    /// token: of 201 clips' readings what was made up had up to 1.1, all others 2.1 and more.
    private static let gainMin: Float = 1.2
    /// The same where the detector is unsure: those of animals had up to 2.9, those of speech 3.4.
    private static let unsureGainMin: Float = 3
    /// Longer and surer readings are not asked for.
    private static let weighedTokensMax = 24
    private static let weighedLogProbabilityMax: Float = -0.8
    private static let unsureLogProbabilityMax: Float = -0.4
    /// Of how many tokens it is asked: each is a step of the decoder.
    static let weighedTokens = 16
    /// What nothing at all is worth beside a reading that is hardly better than none.
    static let emptyScore: Float = -1.0
    /// Speech of so few tokens a second may have words that were passed over: slow speech has 2.5.
    private static let tokensPerSecondMin = 2.0
    /// Of 354 sounds none gave as many different tokens that were as sure; of telephone speech in
    /// which the detector heard nobody most did.
    private static let sentenceTokensMin = 6
    private static let sentenceLogProbabilityMin: Float = -1
    /// Speech behind the text's end that is read again, in positions of 20 ms: 1.2 s.
    private static let unheardMin = 60
    /// What the detector adds to each region, both sides together.
    private static let paddingPositions = 2 * SpeechRegions.paddingSamples / 320

    /// The most tokens that a piece may give.
    static func tokensMax(seconds: Double) -> Int32 {
        Int32(bounded: seconds * tokensPerSecond) + Int32(tokensBase)
    }

    /// The same where it has been found too few.
    static func retryTokensMax(seconds: Double) -> Int32 {
        Int32(bounded: min(retryTokensMax, seconds * retryTokensPerSecond + Double(tokensBase)))
    }

    /// A language that is less likely is asked for over the whole window: of 137 clips cut to 1 s
    /// 116 are right, with .8 and half the window 112; of 2 s 130 and 128.
    static let sureLanguageMin: Float = 0.95

    /// A language that is less likely is told by what is said in it: of 193 clips in eleven
    /// languages, cut to their first second of speech, 154 are right so, and 145 by how likely a
    /// language is alone.
    private static let readLanguageMax: Float = 0.9
    /// What one has at least of the likeliest language's probability to be read, and how many are.
    private static let readLanguageShare: Float = 0.1
    private static let readLanguages = 3

    /// The languages that a piece is read in to see which it is, the likeliest first: one where it
    /// is likely enough, else up to three, each at least a tenth as likely as the first.
    static func languagesToRead(
        _ found: [(code: String, probability: Float)]
    ) -> [(code: String, probability: Float)] {
        let sorted = found.sorted { $0.probability > $1.probability }
        guard let first = sorted.first, first.probability < readLanguageMax else {
            return Array(sorted.prefix(1))
        }
        return sorted.prefix(readLanguages)
            .filter { $0.probability >= readLanguageShare * first.probability }
    }

    /// The likeliest of languages with what is said in them, and how likely it is.
    /// - said: natural logarithm of how likely each one's text is; nil where it has none. The first
    ///   language, where none has a text.
    static func likeliest(
        _ found: [(code: String, probability: Float)], said: [Float?]
    ) -> (code: String, probability: Float)? {
        let scores = zip(found, said).map { language, text in
            guard let text, text.isFinite else { return -Float.infinity }
            return logf(language.probability) + text
        }
        guard let top = scores.max(), top.isFinite, let index = scores.firstIndex(of: top) else {
            return found.first
        }
        let share = 1 / scores.reduce(0) { $0 + expf($1 - top) }
        return (found[index].code, share * found.reduce(0) { $0 + $1.probability })
    }

    /// How likely another language than the clip's must be for a piece to be read in it.
    static func otherLanguageMin(seconds: Double) -> Float { seconds < 3 ? 0.95 : 0.8 }

    /// Whether anything cheap speaks against a reading, so that where the decoder looked is worth
    /// its cost.
    static func isWorthALook(_ reading: Reading, speech: [Range<Int>]) -> Bool {
        let chunk = reading.chunk
        return reading.tokens.isEmpty || reading.isCapped
            // Also what is not a number.
            || !(chunk.meanLogProbability >= sureLogProbabilityMin)
            || !RepeatedRuns.find(reading.tokens).isEmpty
            || isSparse(tokens: reading.tokens.count, speech: speech)
            || endsEarly(chunk.endPosition, speech: speech)
    }

    /// Whether one of its words was clearly less likely than the others that could stand there.
    static func hasUnsureWord(_ chunk: DecodedChunk) -> Bool {
        chunk.leastWordLogProbability < unsureWordLogProbability
    }

    /// Whether a reading over the whole window, where both were looked into, takes the place of one
    /// over a trimmed window: it errs less even where it is less sure, as long as it has found its
    /// words in the sound and passed nothing over.
    static func takesPlace(_ whole: Reading, of trimmed: Reading) -> Bool {
        !whole.isLost && isBearable(whole) || whole.score > trimmed.score
    }

    /// Whether what was read without going round takes the place of what is left of a loop, which
    /// is surer than it ought to be. Not where it goes round with other words between.
    static func takesPlace(_ straight: Reading, ofLoop rest: Reading) -> Bool {
        !straight.tokens.isEmpty && !RepeatedRuns.goesRound(straight.chunk.text)
            && straight.score > rest.score - loopScoreExcess
    }

    /// Whether it is worth its cost to ask how likely a reading is where there is nothing to hear:
    /// what is sure or long was heard.
    /// - certainty: how sure the detector is; nil where it was not asked.
    static func isWorthWeighing(_ reading: Reading, certainty: Float?) -> Bool {
        let most = isSure(certainty ?? 1) ? weighedLogProbabilityMax : unsureLogProbabilityMax
        return !reading.tokens.isEmpty
            && reading.firstLogProbabilities.count <= weighedTokensMax
            && !(reading.meanLogProbability >= most)
    }

    /// Whether a text is hardly likelier in the sound than in silence.
    /// - gain: by how much it is likelier, in natural logarithms a token.
    /// - certainty: how sure the detector is; nil where it was not asked.
    static func isOfSilence(gain: Float, certainty: Float?) -> Bool {
        // Also what is not a number.
        !(gain >= (isSure(certainty ?? 1) ? gainMin : unsureGainMin))
    }

    /// Whether a reading that was looked into is to be tried again.
    static func isDoubtful(_ reading: Reading) -> Bool {
        reading.isLost || !(reading.chunk.meanLogProbability >= meanLogProbabilityMin)
    }

    /// Whether the detector is sure that somebody speaks.
    static func isSure(_ certainty: Float?) -> Bool { certainty ?? 0 >= certaintyMin }

    /// Whether somebody surely speaks: neither the detector nor the decoder doubts it.
    /// - certainty: how sure the detector is; nil where it was not asked.
    static func isSpeech(_ reading: Reading, certainty: Float?) -> Bool {
        isSure(certainty) && !reading.tokens.isEmpty
            && reading.chunk.noSpeechProbability < noSpeechMax
    }

    /// Whether the best reading is better than none: of what is surely speech also a bad one is.
    /// - certainty: how sure the detector is; nil where it was not asked.
    static func isBearable(_ reading: Reading, certainty: Float? = nil) -> Bool {
        let mean =
            isSpeech(reading, certainty: certainty)
            ? speechLogProbabilityMin : bearableLogProbabilityMin
        let least = mean * Float(reading.tokens.count + bearableTokens)
        return !reading.tokens.isEmpty && !reading.isAstray && !reading.isOfSilence
            && reading.chunk.logProbability >= least
    }

    /// Whether somebody surely speaks where the detector heard nobody: of sounds the decoder makes
    /// a word or two, or the same again and again, and doubts that they are speech.
    static func isSentence(_ reading: Reading) -> Bool {
        mayBeSentence(reading) && !reading.isCapped && !reading.hasLoops
            && !RepeatedRuns.goesRound(reading.chunk.text)
            && reading.chunk.meanLogProbability >= sentenceLogProbabilityMin
    }

    /// Whether a first reading is worth more of them.
    static func mayBeSentence(_ reading: Reading) -> Bool {
        Set(reading.tokens).count >= sentenceTokensMin
            && reading.chunk.noSpeechProbability < noSpeechMax
    }

    /// Whether a stretch that was passed over by a longer reading holds these words.
    static func isSure(_ reading: Reading) -> Bool {
        !reading.tokens.isEmpty && !reading.isCapped
            && reading.chunk.meanLogProbability >= meanLogProbabilityMin
            && RepeatedRuns.find(reading.tokens).isEmpty
            && !SoundNotes.isAll(reading.chunk.text)
    }

    /// Whether there are fewer tokens than speech has.
    static func isSparse(tokens: Int, speech: [Range<Int>]) -> Bool {
        let positions = speech.reduce(0) { $0 + max(0, $1.count - paddingPositions) }
        return positions >= unheardMin
            && Double(tokens) < tokensPerSecondMin * Double(positions) * 0.02
    }

    /// Whether somebody speaks behind the time at which the text ends.
    static func endsEarly(_ end: Int?, speech: [Range<Int>]) -> Bool {
        guard let end else { return false }
        let rest = speech.reduce(0) {
            $0 + max(0, $1.upperBound - paddingPositions / 2 - max(end, $1.lowerBound))
        }
        return rest >= unheardMin
    }
}
