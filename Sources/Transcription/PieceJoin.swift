/// Where two pieces that both have what lies around their cut part: a word that the cut went
/// through is whole in one of them.
enum PieceJoin {
    /// A word of a piece, and when it is said, in samples of the clip.
    struct Word {
        let text: String
        let range: Range<Int>
    }

    /// How far around the cut words are compared, and how many.
    private static let reachSamples = 24_000
    private static let wordsMax = 8
    /// Words before and behind the common ones that the cut spoilt.
    private static let spoiltMax = 3
    /// The same word is said at the same time in both, but for .6 s.
    private static let apartMax = 9_600

    /// How many of the first piece's words are kept, and how many of the second's are let go.
    static func parts(_ one: [Word], _ next: [Word], at cut: Int) -> (kept: Int, dropped: Int) {
        let tail = one.indices.suffix(wordsMax).filter {
            one[$0].range.upperBound > cut - reachSamples
        }
        let head = next.indices.prefix(wordsMax).filter {
            next[$0].range.lowerBound < cut + reachSamples
        }
        var best: (length: Int, spoilt: Int, kept: Int, dropped: Int)?
        for start in tail {
            for other in head {
                var length = 0
                while start + length < one.count, other + length < next.count,
                    isSame(one[start + length], next[other + length])
                {
                    length += 1
                }
                let (behind, before) = (one.count - start - length, other)
                guard length > 0, behind <= spoiltMax, before <= spoiltMax else { continue }
                let spoilt = behind + before
                if best.map({ (length, -spoilt) > ($0.length, -$0.spoilt) }) ?? true {
                    best = (length, spoilt, start + length, other + length)
                }
            }
        }
        if let best { return (best.kept, best.dropped) }
        return sides(one, next, at: cut, tail: tail)
    }

    /// Where they have nothing in common each has its side of the cut, and what lies beyond it
    /// where the other has no word: a piece that ends or begins there may pass over a word.
    private static func sides(
        _ one: [Word], _ next: [Word], at cut: Int, tail: [Int]
    ) -> (kept: Int, dropped: Int) {
        func middle(_ word: Word) -> Int {
            word.range.lowerBound + word.range.count / 2
        }
        var kept =
            one.lastIndex { middle($0) < cut }.map { $0 + 1 }
            ?? (one.isEmpty ? 0 : tail.first ?? 0)
        var dropped = next.firstIndex { middle($0) >= cut } ?? next.count
        while kept < one.count, middle(one[kept]) >= cut,
            next[dropped...].first.map({ middle(one[kept]) < $0.range.lowerBound }) ?? false
        {
            kept += 1
        }
        while dropped > 0, middle(next[dropped - 1]) < cut,
            one[..<kept].last.map({ middle(next[dropped - 1]) > $0.range.upperBound }) ?? false
        {
            dropped -= 1
        }
        return (kept, dropped)
    }

    private static func isSame(_ one: Word, _ other: Word) -> Bool {
        abs(one.range.lowerBound - other.range.lowerBound) < apartMax
            && letters(one.text) == letters(other.text)
    }

    private static func letters(_ text: String) -> [Character] {
        text.lowercased().filter { $0.isLetter || $0.isNumber }.map { $0 }
    }

    /// The word before a cut where a word with a small letter follows: the sentence has not ended.
    static func unended(_ word: String, before next: String?) -> String {
        guard word.last == ".", !word.hasSuffix(".."), next?.first?.isLowercase == true,
            // An abbreviation keeps its dot.
            !word.dropLast().contains(".")
        else { return word }
        return String(word.dropLast())
    }
}
