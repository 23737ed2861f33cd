import EngineAPI
import Testing

@testable import Speech

/// Where a reader rests, and for how long.
@Suite struct PauseTests {
    /// A soft end is shown as "~".
    private func settled(_ text: String) -> String {
        String(LineBreaks.settled(text.scalars)).replacing("\u{2028}\n", with: "~")
    }

    private static let wrapped = [
        "The committee met on Tuesday to consider the proposals that had been",
        "sent in over the summer. Most of them were about the old bridge, which",
        "Mr. Harris wants to keep and the engineers want to replace before the",
        "winter.",
    ]

    @Test("lines that are only full read on")
    func wraps() {
        let text = PauseTests.wrapped.joined(separator: "\n")
        #expect(settled(text) == PauseTests.wrapped.joined(separator: " "))
        let two = text + "\n\n" + text
        let one = PauseTests.wrapped.joined(separator: " ")
        #expect(settled(two) == one + "\n\n" + one)
        #expect(settled(PauseTests.wrapped.joined(separator: "\r\n")) == one)
        // Two lines do, where the first ends no sentence.
        let pair = PauseTests.wrapped[2...].joined(separator: "\n")
        #expect(!settled(pair).contains("\n"))
    }

    static let kept: [(String, String)] = [
        (
            "Roses are red,\nViolets are blue,\nSugar is sweet,\nAnd so are you.",
            "Roses are red,~Violets are blue,~Sugar is sweet,~And so are you."
        ),
        ("- bread\n- milk\n- eggs", "- bread~- milk~- eggs"),
        ("1. Bread\n2. Milk", "1. Bread~2. Milk"),
        ("One line\nAnother", "One line\nAnother"), ("One.\n\nTwo.", "One.\n\nTwo."),
        ("# Title\nText", "# Title\nText"),
        ("```\na = 1\nb = 2\nc = 3\n```", "```\na = 1\nb = 2\nc = 3\n```"),
    ]

    @Test("verses, items, headings and paragraphs keep their lines", arguments: kept)
    func lines(_ pair: (String, String)) {
        #expect(settled(pair.0) == pair.1)
    }

    @Test("an item that is wrapped reads on, and the next begins anew")
    func items() {
        let text =
            "- The first of the items goes on for longer than a line of the text\n"
            + "  and is wrapped, which its reader should not hear at all or notice\n"
            + "  in any way.\n- The second is short."
        let out = settled(text)
        #expect(out.contains("text   and is wrapped"))
        #expect(out.contains("way.~- The second"))
    }

    /// Knuth's multiplier; the high bits are the good ones.
    private func next(_ state: inout UInt64, below count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return Int(state >> 33) % count
    }

    @Test("no sign is lost, whatever the lines are")
    func nothingLost() {
        var state: UInt64 = 11
        let signs = "ab. -1\n\n#|`A\r\u{2028}".scalars
        for _ in 0..<300 {
            let text = (0..<120).map { _ in
                signs[next(&state, below: signs.count)]
            }
            let before = text.filter { !$0.isSpace }
            #expect(LineBreaks.settled(text).filter { !$0.isSpace } == before)
        }
    }

    @Test("rests after sentences differ a little, and are the same for the same words")
    func spread() {
        func pause(_ text: String) -> Double {
            ClauseTrim.pauseSeconds(
                Clause(text: text, phonemes: text.scalars, words: [], end: .sentence), isLast: false
            )
        }
        let pauses = ["one", "two", "three", "four", "five", "six"].map(pause)
        #expect(pauses == ["one", "two", "three", "four", "five", "six"].map(pause))
        #expect(Set(pauses).count == 6)
        #expect(pauses.allSatisfy { abs($0 - 0.42) <= 0.42 * 0.12 + 1e-9 })
    }
}
