/// Where in a piece the decoder looked while it wrote each token of its text, in positions of 20
/// ms, and what that tells of the text.
struct TokenLooks {
    /// Position of each token; those behind the piece's end lie in the silence after it.
    let positions: [Int]
    /// How many of them hold the piece.
    let count: Int

    /// A run that is said again begins so much later: a syllable, .16 s, and as long as the
    /// quickest speaker needs for it, 25 letters a second.
    private static let laterMin = 8
    private static let laterForLetter = 2
    /// Text that looks so far back has lost its place: 1 s.
    private static let backMin = 50
    /// How far tokens of one word may lie out of order.
    private static let slack = 12
    /// Fewer tokens than this may look anywhere: names, full stops.
    private static let backTokensMin = 6
    /// How far around its place a token is heard: before it, after it, and for each letter.
    private static let reach = (before: 15, after: 20, letter: 2)
    /// Shorter stretches without a token are slow speech: .8 s.
    private static let stretchMin = 40

    /// Tokens that were not spoken: repetitions of which the second time looks where the first did,
    /// and what is written when the decoder goes back to what it has had.
    /// - keepsOrder: false of a translation, whose words come in another order than they are
    /// spoken.
    /// - isCapped: whether the text ends because it had as many tokens as it may have.
    func unspoken(
        _ tokens: [[UInt8]], keepsOrder: Bool = true, isCapped: Bool = false
    ) -> Set<Int> {
        var lost = Set<Int>()
        // Measured against the last that was spoken: a loop may go to and fro between two places.
        var (spoken, before): ([Int], [Int]) = ([], [])
        for pair in RepeatedRuns.find(tokens) {
            if pair.first != before { spoken = pair.first }
            // A decoder that has gone round once is not believed as soon again.
            let doubt = lost.isSuperset(of: pair.first) ? 2 : 1
            if isLoop(spoken, pair.second, tokens, doubt: doubt) {
                lost.formUnion(pair.second)
            } else {
                spoken = pair.second
            }
            before = pair.second
        }
        if isCapped, let pair = RepeatedRuns.cutShort(tokens),
            isLoop(pair.first, pair.second, tokens)
        {
            lost.formUnion(pair.second)
        }
        if keepsOrder { lost.formUnion(wentBack(tokens)) }
        guard !lost.isEmpty else { return [] }
        // Signs belong to the token before them.
        for index in tokens.indices.dropFirst() where lost.contains(index - 1) {
            if !tokens[index].contains(where: Self.isLetter) { lost.insert(index) }
        }
        return lost
    }

    /// - first, second: the tokens of a run, and of the run that follows it.
    private func isLoop(
        _ first: [Int], _ second: [Int], _ tokens: [[UInt8]], doubt: Int = 1
    ) -> Bool {
        guard !first.isEmpty, first.count == second.count else { return false }
        let shifts = zip(first, second).map { positions[$1] - positions[$0] }.sorted()
        let behind = second.count { positions[$0] >= count }
        let letters = first.reduce(0) { $0 + Self.letters(tokens[$1]) }
        let least = max(Self.laterMin, letters * Self.laterForLetter)
        return shifts[shifts.count / 2] < least * doubt || behind * 2 > second.count
    }

    /// Letters that a token has when it is spelt as it is said: a digit is a word, and a sign of
    /// East Asia a syllable.
    private static func letters(_ token: [UInt8]) -> Int {
        token.reduce(0) { sum, byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): sum + 4
            case 0xE0...: sum + 3
            default: sum + (byte & 0xC0 != 0x80 && isLetter(byte) ? 1 : 0)
            }
        }
    }

    /// Stretches of text that look at what was written before them.
    private func wentBack(_ tokens: [[UInt8]]) -> Set<Int> {
        let words = tokens.indices.filter { tokens[$0].contains(where: Self.isLetter) }
        guard words.count > 2 * Self.backTokensMin else { return [] }
        let smooth = words.indices.map { place -> Int in
            let near = words[max(0, place - 2)..<min(words.count, place + 3)]
                .map { positions[$0] }.sorted()
            return near[near.count / 2]
        }
        var lost = Set<Int>()
        var (furthest, start): (Int, Int?) = (0, nil)
        func close(at end: Int) {
            if let first = start, end - first >= Self.backTokensMin {
                lost.formUnion(words[first..<end])
            }
            start = nil
        }
        for (place, position) in smooth.enumerated() {
            if position < furthest - Self.backMin {
                if start == nil { start = place }
            } else {
                close(at: place)
                furthest = max(furthest, min(position, count))
            }
        }
        close(at: smooth.count)
        return lost
    }

    /// Whether most of the text looks behind the piece's end, or back: it was made up for a sound
    /// that is no speech.
    func isAstray(_ tokens: [[UInt8]]) -> Bool {
        let words = tokens.indices.filter {
            positions.indices.contains($0) && tokens[$0].contains(where: Self.isLetter)
        }
        var before = 0
        let astray = words.count { index in
            let position = positions[index]
            defer { before = position }
            return position > count + Self.slack || position < before - Self.slack
        }
        return astray * 2 >= words.count && astray > 0
    }

    /// Stretches of speech in which no token was heard; none where they are less in all than
    /// `least`.
    /// - speech: where the detector heard somebody, in positions.
    func unheard(
        _ tokens: [[UInt8]], in speech: [Range<Int>], atLeast least: Int
    ) -> [Range<Int>] {
        var isHeard = [Bool](repeating: false, count: max(0, count))
        for (index, position) in positions.enumerated() {
            let letters = tokens[index].count { $0 & 0xC0 != 0x80 }
            let from = max(0, position - Self.reach.before)
            let end = min(count, position + Self.reach.after + letters * Self.reach.letter)
            if from < end { for place in from..<end { isHeard[place] = true } }
        }
        var gaps: [Range<Int>] = []
        for region in speech {
            let region = region.clamped(to: 0..<count)
            var start = region.lowerBound
            for place in region where isHeard[place] {
                if place - start >= Self.stretchMin { gaps.append(start..<place) }
                start = place + 1
            }
            if region.upperBound - start >= Self.stretchMin {
                gaps.append(start..<region.upperBound)
            }
        }
        return gaps.reduce(0) { $0 + $1.count } >= least ? gaps : []
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte)
    }
}
