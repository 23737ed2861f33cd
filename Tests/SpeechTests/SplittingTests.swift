import Testing

@testable import Speech

/// Sentences, tokens and clauses.
@Suite struct SplittingTests {
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

    @Test(
        "a token falls apart where its reading changes",
        arguments: [
            ("iPhone15", ["i", "Phone", "15"]), ("McDonald's", ["Mc", "Donald's"]),
            ("B2B", ["B", "2", "B"]),
            ("x86-64", ["x", "86", "-", "64"]), ("1,234.5", ["1,234.5"]), ("don't", ["don't"]),
            ("HTMLParser", ["HTMLParser"]), ("rock_n_roll", ["rock", "_", "n", "_", "roll"]),
        ])
    func subtokens(_ pair: (String, [String])) { #expect(Subtokens.split(pair.0) == pair.1) }

    /// Words of seven phonemes with a space.
    private func words(_ texts: [String]) -> [ReadWord] {
        texts.map {
            ReadWord(text: $0, phonemes: "bənˈænə" + ($0.hasSuffix(",") ? "," : ""), hasSpace: true)
        }
    }

    @Test("no clause is longer than the network's comfortable length, and no word is lost")
    func lengths() {
        for text in ["one", "one,", "and"] {
            let words = words(Array(repeating: text, count: 300))
            let clauses = ClauseSplitter.clauses(words, end: .sentence, firstMax: 70)
            #expect(clauses.allSatisfy { $0.phonemes.count <= ClauseSplitter.phonemesMax })
            #expect(clauses.reduce(0) { $0 + $1.words.count } == 300)
            #expect(clauses.last?.end == .sentence)
        }
        let long = [
            ReadWord(text: "x", phonemes: String(repeating: "a", count: 5000), hasSpace: false)
        ]
        let clauses = ClauseSplitter.clauses(long, end: .sentence, firstMax: 70)
        #expect(clauses.allSatisfy { $0.phonemes.count <= ClauseSplitter.phonemesMax })
        #expect(clauses.reduce(0) { $0 + $1.phonemes.count } == 5000)
    }

    @Test("the first clause ends early, at a comma")
    func early() {
        let texts = ["one", "two", "three,"] + Array(repeating: "more", count: 12)
        let clauses = ClauseSplitter.clauses(words(texts), end: .sentence, firstMax: 70)
        #expect(clauses.map(\.words.count) == [3, 12])
        #expect(clauses.map(\.end) == [.clause, .sentence])
    }

    @Test("a link may carry a reading")
    func links() {
        let parts = GivenReading.parts(
            "Say [Kokoro](/kˈOkəɹO/) and [this](https://x.org) now".scalars)
        #expect(
            parts == [
                .plain("Say ".scalars), .given("Kokoro", phonemes: "kˈOkəɹO", hasSpace: true),
                .plain(" and ".scalars), .given("this", phonemes: nil, hasSpace: true),
                .plain(" now".scalars),
            ])
        #expect(GivenReading.parts("a [b c".scalars) == [.plain("a [b c".scalars)])
    }
}
