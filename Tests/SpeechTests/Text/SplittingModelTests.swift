import Testing

@testable import Speech

/// Sentences and tokens, with the voice's tables.
@Suite struct SplittingModelTests {
    static let texts: [(String, [String])] = [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Smith met J. K. Rowling.", ["Dr. Smith met J. K. Rowling."]),
        ("He lives in the U.S. Senate. So?", ["He lives in the U.S. Senate.", "So?"]),
        ("He left the U.S. He is gone.", ["He left the U.S.", "He is gone."]),
        ("See No. 5 there.", ["See No. 5 there."]),
        ("From Jan. 3 to Sept. 9. Then", ["From Jan. 3 to Sept. 9.", "Then"]),
        ("It is 3.14 now.", ["It is 3.14 now."]),
        ("He said \"go.\" Then left.", ["He said \"go.\"", "Then left."]),
        ("wait... what", ["wait... what"]), ("One line\nAnother", ["One line", "Another"]),
        ("  ", []), ("", []),
    ]

    @Test("a text falls into its sentences", arguments: texts)
    func sentences(_ pair: (String, [String])) throws {
        var cutter = SentenceSplitter(pair.0.scalars, rules: try Voice.tables().rules)
        var found: [String] = []
        while let sentence = cutter.next() { found.append(String(sentence.text)) }
        #expect(found == pair.1)
    }

    @Test("a line's end is a paragraph's, a full stop a sentence's")
    func ends() throws {
        var cutter = SentenceSplitter("One. Two.\nThree".scalars, rules: try Voice.tables().rules)
        var ends: [BreakKind] = []
        while let sentence = cutter.next() { ends.append(sentence.end) }
        #expect(ends == [.sentence, .paragraph, .paragraph])
    }

    @Test("a text without end is cut at conjunctions, words or anywhere, and nothing is lost")
    func endless() throws {
        let rules = try Voice.tables().rules
        let words = Array(repeating: "word and", count: 1000).joined(separator: " ")
        for text in [words, String(repeating: "x", count: 5000)] {
            var cutter = SentenceSplitter(text.scalars, rules: rules)
            var (length, pieces) = (0, 0)
            while let sentence = cutter.next() {
                #expect(sentence.text.count <= SentenceSplitter.scalarsMax)
                length += sentence.text.count { $0 != " " }
                pieces += 1
            }
            #expect(length == text.unicodeScalars.count { $0 != " " })
            #expect(pieces > 5)
        }
    }

    static let chunks: [(String, [String])] = [
        ("don't", ["do", "n't"]), ("(hello)", ["(", "hello", ")"]), ("Mr.", ["Mr."]),
        ("U.S.", ["U.S."]),
        ("end.", ["end", "."]), ("$5", ["$", "5"]), ("10km", ["10", "km"]), ("10am", ["10", "am"]),
        ("well-known", ["well", "-", "known"]), ("yes/no", ["yes", "/", "no"]),
        ("and/or", ["and/or"]), ("wait...", ["wait", "..."]),
        ("John's", ["John", "'s"]), ("\"Hi!\"", ["\"", "Hi", "!", "\""]), (":-)", [":-)"]),
        ("3+4", ["3", "+", "4"]), ("A.B", ["A.B"]), ("a,b", ["a", ",", "b"]),
        ("......", ["......"]),
    ]

    @Test("a chunk falls into its tokens", arguments: chunks)
    func tokens(_ pair: (String, [String])) throws {
        let tokenizer = Tokenizer(try Voice.tables())
        #expect(tokenizer.pieces(pair.0.scalars).map(\.text) == pair.1)
    }
}
