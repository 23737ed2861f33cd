/// What one piece gave.
struct DecodedChunk: Sendable {
    var text = ""
    var language = ""
    var tokens: [Int32] = []
    /// What each token stands for; may be a part of a character.
    var tokenBytes: [[UInt8]] = []
    /// Natural logarithms of the tokens' probabilities.
    var logProbabilities: [Float] = []
    /// How likely its language is, 0…1, where it was asked for.
    var languageProbability: Float?
    /// Where the text ends by the last time that the decoder wrote, in positions of 20 ms; nil
    /// where it wrote none.
    var endPosition: Int?
    var noSpeechProbability: Float = 0
    /// Natural logarithm of how likely its least likely word was among the words that could stand
    /// there: signs and capitals aside. 0 where several texts were not followed.
    var leastWordLogProbability: Float = 0
    /// From when to when each word of the text is said, in positions of 20 ms from the piece's
    /// start; empty where nobody asked.
    var wordTimes: [Range<Int>] = []

    /// Sum of the tokens' natural logarithms of probability.
    var logProbability: Float { logProbabilities.reduce(0, +) }

    var meanLogProbability: Float { logProbability / Float(max(1, tokens.count)) }
}

/// What each token of a text looked at: `[heads][tokens][positions]`, softmax over the positions.
struct TokenAttention {
    let values: [Float]
    let tokenCount: Int
    let width: Int
    /// Those of the text's tokens, and of its end.
    let rows: Range<Int>
}
