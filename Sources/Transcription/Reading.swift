import EngineAPI

/// One reading of a piece.
struct Reading {
    var chunk: DecodedChunk
    let options: DecodeOptions
    /// What its tokens stand for.
    var tokens: [[UInt8]]
    /// Where the decoder looked for them; empty where nobody asked.
    var looks: [Int] = []
    /// Speech without a word, in positions of 20 ms.
    var unheard: [Range<Int>] = []
    /// Whether it was not found in the sound.
    var isAstray = false
    /// Whether it is as likely where there is nothing to hear.
    var isOfSilence = false
    /// Whether it ended because it had as many tokens as it may have.
    let isCapped: Bool
    /// Whether something that was not spoken was left out.
    private(set) var hasLoops = false
    /// How many tokens were left out so.
    private var leftOutCount = 0

    init(chunk: DecodedChunk, options: DecodeOptions, tokens: [[UInt8]]) {
        (self.chunk, self.options, self.tokens) = (chunk, options, tokens)
        // Its beginning and its end may have a time each.
        let times = options.usesTimestamps ? 2 : 0
        isCapped = options.tokensMax > 0 && tokens.count + times >= Int(options.tokensMax) - 1
    }

    /// How good it is, in natural logarithms of probability a token: how sure the decoder was, less
    /// for each second of speech that it heard nothing in.
    var score: Float {
        guard !tokens.isEmpty else { return HallucinationChecks.emptyScore }
        let unheard = Float(unheard.reduce(0) { $0 + $1.count }) * 0.02
        // What is left of a loop has come to an end, unless it is the smaller part.
        let isCut = isCapped && (!hasLoops || leftOutCount > tokens.count)
        let cut: Float = (isCut ? 0.5 : 0) + (isAstray ? 0.5 : 0) + (isOfSilence ? 2 : 0)
        let mean = meanLogProbability
        return mean.isFinite ? mean - 0.3 * unheard - cut : -.infinity
    }

    /// Natural logarithms of its tokens' probabilities, of a loop without what follows itself: a
    /// decoder that goes round is sure of what it says again, whatever it is.
    var firstLogProbabilities: [Float] {
        guard hasLoops else { return chunk.logProbabilities }
        let again = Set(RepeatedRuns.find(tokens).flatMap(\.second))
        return chunk.logProbabilities.enumerated()
            .filter { !again.contains($0.offset) }.map(\.element)
    }

    /// The mean of those.
    var meanLogProbability: Float {
        let first = firstLogProbabilities
        return first.reduce(0, +) / Float(max(1, first.count))
    }

    /// Another takes its place; how likely the language is was asked of this one alone.
    mutating func giveWay(to other: Reading) {
        let probability = chunk.languageProbability
        self = other
        chunk.languageProbability = probability
    }

    /// Whether where the decoder looked speaks against it, or it came to no end.
    var isLost: Bool {
        tokens.isEmpty || isCapped && !hasLoops || !unheard.isEmpty || isAstray
            || isOfSilence
    }

    mutating func leaveOut(_ lost: Set<Int>) {
        func kept<Value>(_ values: [Value]) -> [Value] {
            values.enumerated().filter { !lost.contains($0.offset) }.map(\.element)
        }
        chunk.tokens = kept(chunk.tokens)
        chunk.logProbabilities = kept(chunk.logProbabilities)
        tokens = kept(tokens)
        hasLoops = true
        leftOutCount += lost.count
    }

    /// Puts another's words in front of the first word that was heard from a position on.
    /// - wordBeginnings: the tokens in which its words begin.
    mutating func insert(
        _ other: DecodedChunk, before position: Int, wordBeginnings: [Int]
    ) {
        let word = wordBeginnings.firstIndex { looks.indices.contains($0) && looks[$0] >= position }
        let token = word.map { wordBeginnings[$0] } ?? chunk.tokens.count
        if chunk.wordTimes.count == wordBeginnings.count {
            chunk.wordTimes.insert(
                contentsOf: other.wordTimes, at: word ?? chunk.wordTimes.count)
        }
        chunk.tokens.insert(contentsOf: other.tokens, at: token)
        chunk.logProbabilities.insert(contentsOf: other.logProbabilities, at: token)
        looks.insert(
            contentsOf: repeatElement(position, count: other.tokens.count),
            at: min(token, looks.count))
    }
}
