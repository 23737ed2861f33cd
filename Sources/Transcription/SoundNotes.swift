/// What Whisper writes for sounds that are no speech: words in square brackets, in parentheses or
/// between asterisks that stand for themselves, and notes of music.
enum SoundNotes {
    private static let closers: [Character: Character] = [
        "[": "]", "(": ")", "*": "*", "【": "】", "（": "）",
    ]
    private static let music: Set<Character> = ["♪", "♫", "🎵", "🎶"]
    private static let openers = (Array(closers.keys) + music).map { Array(String($0).utf8) }
    /// Notes of music come in two tokens where this is one.
    private static let musicLead: [UInt8] = [0xE2, 0x99]
    /// A parenthesis with more words than this is somebody's own.
    private static let wordsMax = 5

    /// Which of a text's words belong to a note.
    static func marks(_ words: [String]) -> [Bool] {
        var marks = words.map { $0.allSatisfy(music.contains) }
        var start = 0
        while start < words.count {
            guard let opener = words[start].first, let closer = closers[opener],
                let end = (start..<min(words.count, start + wordsMax)).first(where: {
                    closes(words[$0], closer, isFirst: $0 == start)
                }), isNote(words, start...end, opener)
            else {
                start += 1
                continue
            }
            for index in start...end { marks[index] = true }
            start = end + 1
        }
        return marks
    }

    /// Whether a token begins a note, or is one; it may be a part of a character.
    static func begins(_ token: [UInt8]) -> Bool {
        let text = token.drop { $0 == UInt8(ascii: " ") }
        return openers.contains { text.starts(with: $0) } || text.elementsEqual(musicLead)
    }

    /// Whether there is nothing else in a text.
    static func isAll(_ text: String) -> Bool {
        let words = text.split { $0 == " " || $0 == "\n" }.map(String.init)
        return zip(words, marks(words)).allSatisfy { word, isNote in
            isNote || !word.contains { $0.isLetter || $0.isNumber }
        }
    }

    private static func closes(_ word: String, _ closer: Character, isFirst: Bool) -> Bool {
        let end = word.last { !".,!?…".contains($0) }
        return end == closer && !(isFirst && word.count == 1)
    }

    /// Square brackets are notes wherever they stand; parentheses where they are a sentence of
    /// their own, as what is said beside the sentence has them too.
    private static func isNote(
        _ words: [String], _ range: ClosedRange<Int>, _ opener: Character
    ) -> Bool {
        if opener == "[" || opener == "【" || opener == "*" { return true }
        let endsBefore =
            range.lowerBound == 0
            || words[range.lowerBound - 1].last.map { ".?!…。！？)]♪".contains($0) } == true
        let next = range.upperBound + 1
        let beginsAfter =
            next == words.count
            || words[next].first.map { !$0.isLowercase } == true
        return endsBefore && beginsAfter
    }
}
