import Testing

@testable import Speech

/// Sentences, tokens and clauses.
@Suite struct SplittingTests {
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
    }

    @Test("a word that is longer than a clause is cut, whatever is left of it")
    func longWord() {
        // A little more than a whole number of clauses leaves no comfortable place at its end.
        for count in [5000] + Array(200...260) + Array(420...480) {
            let phonemes = String(repeating: "a", count: count)
            let word = ReadWord(text: "x", phonemes: phonemes, hasSpace: false)
            for firstMax in [ClauseSplitter.firstPhonemesMax, ClauseSplitter.phonemesMax] {
                let clauses = ClauseSplitter.clauses([word], end: .sentence, firstMax: firstMax)
                #expect(clauses.allSatisfy { $0.phonemes.count <= ClauseSplitter.phonemesMax })
                #expect(clauses.reduce(0) { $0 + $1.phonemes.count } == count)
            }
        }
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
