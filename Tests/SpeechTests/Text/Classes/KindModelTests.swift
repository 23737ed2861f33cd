import Testing

@testable import Speech

/// Kinds of text that people send, beside what a person says: `Reference/kinds.tsv` has a text and
/// its spoken forms on each line ("⏎" ends a line, "[word](/phonemes/)" says how a word sounds);
/// `Reference/homographs.tsv` a sentence with the word between stars and its reading.
@Suite struct KindModelTests {
    private static func rows(_ name: String) throws -> [[String]] {
        try TestFile.reference(name).split(separator: "\n").map {
            $0.split(separator: "\t").map { String($0.map { $0 == "⏎" ? "\n" : $0 }) }
        }
    }

    private func words(_ text: String, _ front: FrontEnd) throws -> [ReadWord] {
        var cutter = SentenceSplitter(try front.cleaner.cleaned(text), rules: front.tables.rules)
        var words: [ReadWord] = []
        while let sentence = cutter.next() { words += try front.words(sentence.text) }
        return words
    }

    /// Symbols without stress, length, gaps and the shades of the reduced vowel.
    private func folded(_ phonemes: String) -> String {
        let shades: [Unicode.Scalar: Unicode.Scalar] = [
            "ᵊ": "ə", "ɐ": "ə", "ɪ": "ə", "ᵻ": "ə", "ʌ": "ə", "ɜ": "ə", "T": "t", "ɾ": "t",
            "ʔ": "t", "ɔ": "ɑ", "ʊ": "u",
        ]
        let sounds = phonemes.unicodeScalars.filter {
            $0.isLetter && !"ˈˌː".unicodeScalars.contains($0)
        }
        return String(sounds.map { shades[$0] ?? $0 })
    }

    /// Some of the spoken forms name one of several ways to say a name.
    @Test("at least 92 texts of a hundred sound like a spoken form of theirs")
    func kinds() throws {
        let front = try Voice.front()
        let rows = try Self.rows("kinds.tsv")
        var wrong: [String] = []
        for row in rows where row.count > 1 {
            let audio = folded(try words(row[0], front).map(\.phonemes).joined())
            let isRight = try row.dropFirst().contains {
                folded(try words($0, front).map(\.phonemes).joined()) == audio
            }
            if !isRight { wrong.append(row[0]) }
        }
        #expect(rows.count >= 740)
        #expect(wrong.count * 100 <= rows.count * 8, "\(wrong.joined(separator: "\n"))")
    }

    @Test("at least 95 homographs of a hundred are read as the sentence means them")
    func homographs() throws {
        let front = try Voice.front()
        let rows = try Self.rows("homographs.tsv")
        var wrong: [String] = []
        for row in rows where row.count > 1 {
            let parts = row[0].split(separator: "*", omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let start = try words(String(parts[0]), front).count
            let all = try words(parts.joined(), front).enumerated().filter {
                $0.element.text.lowercased() == parts[1].lowercased()
            }
            let word = all.min { abs($0.offset - start) < abs($1.offset - start) }
            if folded(word?.element.phonemes ?? "") != folded(row[1]) { wrong.append(row[0]) }
        }
        #expect(rows.count >= 1_200)
        #expect(wrong.count * 20 <= rows.count, "\(wrong.joined(separator: "\n"))")
    }

    @Test(
        "a mark that touches a word changes nothing of its sound",
        arguments: ["“%”", "\"%\"", "[%]", "(%)", "{%}", "„%”", "«%»", "\"%,\"", "“%!”"])
    func enclosed(_ frame: String) throws {
        let front = try Voice.front()
        for word in ["now", "yes", "the", "Michelle", "don't", "files", "NASA"] {
            let text = frame.split(separator: "%", omittingEmptySubsequences: false)
                .joined(separator: word)
            // Before a mark "the" is as before a pause.
            #expect(folded(try front.reading(text)) == folded(try front.reading(word)))
        }
    }

    @Test("a currency or a unit never reaches the next number")
    func leaks() throws {
        let front = try Voice.front()
        for sign in ["$", "£", "€", "₹", "C$"] {
            for rest in ["2 weeks ago", ", 15% off", "3 times", "; 7 of them", "(40 in all)"] {
                let tail = try front.reading(rest)
                let whole = try front.reading("\(sign)20 \(rest)")
                #expect(folded(whole).hasSuffix(folded(tail)), "\(sign)20 \(rest)")
            }
        }
    }
}
