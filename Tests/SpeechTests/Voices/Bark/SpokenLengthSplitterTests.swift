import Testing

@testable import Speech

/// What Bark says at once.
@Suite struct SpokenLengthSplitterTests {
    private func clauses(_ words: [ReadWord], scalarsMax: Int = 256) -> [Clause] {
        SpokenLengthSplitter(scalarsMax: scalarsMax).clauses(words, end: .paragraph)
    }

    private func words(_ text: String) -> [ReadWord] {
        text.split(separator: " ").map {
            ReadWord(text: String($0), phonemes: String($0), hasSpace: true)
        }
    }

    @Test("a sentence is one clause, its words where they stand")
    func whole() {
        let made = clauses(words("Well… [laughs] it is ♪ 3.14 — and , so on !"))
        #expect(made.map(\.text) == ["Well… [laughs] it is ♪ 3.14 — and , so on !"])
        #expect(made[0].end == .paragraph)
        #expect(
            made[0].words.map(\.text) == [
                "Well…", "[laughs]", "it", "is", "3.14", "and", "so", "on",
            ])
        for word in made[0].words {
            #expect(String(made[0].phonemes[word.range]) == word.text)
        }
    }

    @Test("what is too long is cut behind a mark, else between words, and nothing is lost")
    func long() {
        let long = (0..<60).map { $0 % 9 == 8 ? "word," : "word" }.joined(separator: " ")
        let made = clauses(words(long))
        #expect(made.count > 1)
        #expect(made.map(\.text).joined(separator: " ") == long)
        #expect(made.dropLast().allSatisfy { $0.text.hasSuffix(",") && $0.end == .clause })
        let plain = clauses(words(String(repeating: "word ", count: 60)))
        #expect(plain.count > 1 && plain[0].end == .none)
        #expect(plain.reduce(0) { $0 + $1.words.count } == 60)
    }

    @Test("no clause has more characters than the network takes")
    func bounded() {
        let text = String(repeating: "ab c ", count: 40) + String(repeating: "x", count: 5_000)
        let made = clauses(words(text), scalarsMax: 32)
        #expect(made.allSatisfy { $0.phonemes.count <= 32 })
        let (said, wanted) = (
            made.flatMap(\.phonemes).count { $0 != " " },
            text.unicodeScalars.count { $0 != " " }
        )
        #expect(said == wanted)
    }

    @Test("marks alone are no clause")
    func marks() {
        #expect(clauses(words("… ! ♪")).isEmpty)
        #expect(clauses([]).isEmpty)
    }
}
