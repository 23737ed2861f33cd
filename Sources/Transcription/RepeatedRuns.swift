/// Runs of a text that follow themselves at once.
///
/// Somebody may say a thing three times, and a decoder that has lost its place says the last thing
/// again and again: the words alone do not tell which. Where the decoder looked does
/// (`TokenLooks`): what was spoken twice lies in two places.
enum RepeatedRuns {
    /// The longest run: a long sentence in a script of several tokens a word.
    private static let lengthMax = 64

    /// Twice the same, one behind the other: token indices of the first time and of the second.
    struct Pair: Equatable {
        let first: [Int]
        let second: [Int]
    }

    /// What counts of each token: its letters and digits, lower case, and all beyond ASCII as it
    /// is, so that a token may hold a part of a character.
    static func keys(_ tokens: [[UInt8]]) -> [(key: [UInt8], index: Int)] {
        tokens.enumerated().compactMap { index, bytes in
            let key = bytes.compactMap { byte -> UInt8? in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    byte
                default: byte >= 0x80 ? byte : nil
                }
            }
            return key.isEmpty ? nil : (key, index)
        }
    }

    /// Pairs from the start on, each run as often as it follows itself. A single token counts from
    /// three times on, or where there is nothing else.
    static func find(_ tokens: [[UInt8]]) -> [Pair] {
        let keys = keys(tokens)
        var pairs: [Pair] = []
        var from = 0
        while from < keys.count {
            guard let length = runLength(keys, at: from) else {
                from += 1
                continue
            }
            func indices(_ start: Int) -> [Int] {
                keys[start..<start + length].map(\.index)
            }
            while isSame(keys, from, from + length, length) {
                pairs.append(Pair(first: indices(from), second: indices(from + length)))
                from += length
            }
            from += length
        }
        return pairs
    }

    /// The beginning of a run that follows it at the end of a text: a reading that had as many
    /// tokens as it may have stops in the middle of a loop. Two tokens at least.
    static func cutShort(_ tokens: [[UInt8]]) -> Pair? {
        let keys = keys(tokens)
        for length in stride(from: 3, through: min(lengthMax, keys.count - 2), by: 1) {
            for count in stride(from: min(length - 1, keys.count - length), through: 2, by: -1) {
                let second = keys.count - count
                guard isSame(keys, second - length, second, count) else { continue }
                return Pair(
                    first: keys[second - length..<second - length + count].map(\.index),
                    second: keys[second...].map(\.index))
            }
        }
        return nil
    }

    /// Whether a text says three words in a row three times, with whatever between.
    static func goesRound(_ text: String) -> Bool {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }
        var counts: [[Substring]: Int] = [:]
        return words.indices.dropLast(2).contains { start in
            counts[Array(words[start..<start + 3]), default: 0] += 1
            return counts[Array(words[start..<start + 3])] == 3
        }
    }

    /// The shortest run that begins at a place and follows itself.
    private static func runLength(_ keys: [(key: [UInt8], index: Int)], at start: Int) -> Int? {
        let longest = min(lengthMax, (keys.count - start) / 2)
        guard longest >= 1 else { return nil }
        for length in 1...longest where isSame(keys, start, start + length, length) {
            if length == 1, keys.count > 6,
                !isSame(keys, start + 1, start + 2, 1)
            {
                continue
            }
            return length
        }
        return nil
    }

    private static func isSame(
        _ keys: [(key: [UInt8], index: Int)], _ one: Int, _ other: Int, _ length: Int
    ) -> Bool {
        guard other + length <= keys.count else { return false }
        return (0..<length).allSatisfy { keys[one + $0].key == keys[other + $0].key }
    }
}
