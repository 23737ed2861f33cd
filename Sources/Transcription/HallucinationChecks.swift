import EngineAPI

/// Signs that a trimmed window has led the decoder astray. Without them one word in seven is
/// wrong; with them trimming costs no accuracy.
struct HallucinationChecks {
    /// Speech has at most so many tokens a second, and a few at the edges.
    static let tokensPerSecond = 8.0
    static let tokensBase = 12
    static let meanLogProbabilityMin: Float = -0.7

    /// The most tokens that a piece may give.
    static func tokensMax(seconds: Double) -> Int32 {
        Int32(bounded: seconds * tokensPerSecond) + Int32(tokensBase)
    }

    /// Whether a result must be tried again with a wider window.
    static func isDoubtful(_ piece: DecodedChunk, tokensMax: Int32) -> Bool {
        piece.tokens.isEmpty
            || tokensMax > 0 && piece.tokens.count >= Int(tokensMax) - 1
            // Also what is not a number.
            || !(piece.meanLogProbability >= meanLogProbabilityMin)
            || repeats(piece.text)
    }

    /// Whether a run of up to thirty-two words, a long sentence, follows itself at once. A doubled
    /// single word is speech where there are more than six words.
    static func repeats(_ text: String) -> Bool {
        let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }
        for length in 1...32 where words.count >= 2 * length {
            if length == 1, words.count > 6 { continue }
            for start in 0...(words.count - 2 * length) {
                let one = words[start..<start + length]
                if one.elementsEqual(words[start + length..<start + 2 * length]) { return true }
            }
        }
        return false
    }
}
