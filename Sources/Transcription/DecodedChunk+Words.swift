/// The tokens of a text's words.
extension DecodedChunk {
    /// Words as they are written: what blanks part.
    var words: [String] { text.split { $0 == " " || $0 == "\n" }.map(String.init) }

    /// Which tokens each word is made of; empty where they can't be told apart.
    var wordTokens: [Range<Int>] {
        guard tokenBytes.count == tokens.count, logProbabilities.count == tokens.count else {
            return []
        }
        var starts: [Int] = []
        var isInWord = false
        for (index, bytes) in tokenBytes.enumerated() {
            for byte in bytes {
                let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n")
                if !isBlank, !isInWord { starts.append(index) }
                isInWord = !isBlank
            }
        }
        guard starts.count == words.count, Set(starts).count == starts.count else { return [] }
        return starts.indices.map { index in
            let end = index + 1 < starts.count ? starts[index + 1] : tokens.count
            return starts[index]..<end
        }
    }

    /// Keeps some of the words, as they are given.
    /// - range: their places among those that there were.
    mutating func keep(_ words: [String], _ range: Range<Int>) {
        let count = self.words.count
        let spans = wordTokens
        text = words.joined(separator: " ")
        wordTimes = wordTimes.count == count ? Array(wordTimes[range]) : []
        guard spans.count == count else {
            // Nobody can tell whose they are.
            tokenBytes = []
            return
        }
        let kept =
            range.isEmpty
            ? 0..<0
            : spans[range.lowerBound]
                .lowerBound..<spans[range.upperBound - 1]
                .upperBound
        tokens = Array(tokens[kept])
        tokenBytes = Array(tokenBytes[kept])
        logProbabilities = Array(logProbabilities[kept])
    }
}
