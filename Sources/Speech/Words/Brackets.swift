/// Brackets are heard as a rest on both sides, as commas are; the network passes over them.
enum Brackets {
    static func part(_ words: inout [ReadWord]) {
        for index in words.indices {
            switch words[index].phonemes {
            case "(" where index > 0:
                let before = words[index - 1]
                // "word (" becomes "word, ".
                if !endsWithMark(before) { words[index].phonemes = "," } else { fallthrough }
                words[index - 1].hasSpace = false
                words[index].hasSpace = true
            case "(", "[", "]":
                words[index].phonemes = ""
            case ")":
                let isAtEnd = index + 1 == words.count || startsWithMark(words[index + 1])
                words[index].phonemes = isAtEnd || endsWithMark(words[max(0, index - 1)]) ? "" : ","
            default: break
            }
        }
    }

    private static func isRest(_ scalar: Unicode.Scalar?) -> Bool {
        scalar.map { ",;:.!?…—".unicodeScalars.contains($0) } ?? false
    }

    private static func endsWithMark(_ word: ReadWord) -> Bool {
        isRest(word.phonemes.unicodeScalars.last)
    }

    private static func startsWithMark(_ word: ReadWord) -> Bool {
        isRest(word.phonemes.unicodeScalars.first)
    }
}
