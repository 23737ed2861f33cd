import EngineAPI
import Foundation
import Testing

@testable import Speech

/// What voices are made of, by itself.
@Suite struct VoicePieceTests {
    @Test("Piper's rows are begun, filled with pads and ended as its voices were taught")
    func piper() throws {
        let json = """
            {"audio": {"sample_rate": 22050}, "phoneme_id_map":
             {"_": [0], "^": [1], "$": [2], "a": [14], "c": [16], "\u{327}": [140], "ˈ": [120]}}
            """
        let facts = try SettingsFile.decoded(PiperSettings.self, Array(json.utf8), path: "x")
        let row = facts.ids.row("ˈaXç".scalars)
        #expect(row.ids == [1, 0, 120, 0, 14, 0, 16, 140, 0, 2])
        #expect(row.symbols == [0, 1, 3])
        #expect(row.owners == [0, 0, 1, 1, 2, 2, 3, 3, 3, 4])
        #expect(
            row.bySymbol([1, 1, 2, 2, 3, 3, 4, 4, 4, 5]) == [2, 4, 6, 12, 5])
    }

    /// Rows as Coqui's tokenizer makes them of "ab!".
    static let coquiRows: [(String, [Int64])] = [
        // pad, punctuation, characters, blank.
        (#""VitsCharacters", "pad": "_", "blank": "<BLNK>""#, [5, 3, 5, 4, 5, 1, 5]),
        // pad, eos, bos, blank, sorted characters, punctuation.
        (
            #""Graphemes", "pad": "<PAD>", "eos": "<EOS>", "bos": "<BOS>", "blank": "#
                + #""<BLNK>", "is_unique": true, "is_sorted": true"#, [3, 4, 3, 5, 3, 6, 3]
        ),
    ]

    @Test("Coqui's characters are numbered as its two classes do", arguments: coquiRows)
    func coqui(_ pair: (String, [Int64])) throws {
        let json = """
            {"audio": {"sample_rate": 22050}, "add_blank": true, "characters":
             {"characters_class": \(pair.0), "characters": "ab", "punctuations": "! "}}
            """
        let facts = try SettingsFile.decoded(CoquiSettings.self, Array(json.utf8), path: "x")
        #expect(facts.ids.row("ab!".scalars).ids == pair.1)
    }

    @Test("KittenTTS's rows are those of its own table")
    func kitten() {
        #expect(KittenSigns.ids.row("h ə.".scalars).ids == [0, 50, 16, 83, 4, 10, 0])
    }

    @Test("American English in espeak-ng's signs")
    func rewritten() {
        let pairs = [
            ("həlˈO ðˈɛɹ.", "həlˈoʊ ðˈɛɹ."), ("nˈIn dˈɑləɹz", "nˈaɪn dˈɑːlɚz"),
            ("ʤˈɜɹni", "dʒˈɜːni"), ("hˈi wˈʌz", "hˈiː wˈʌz"), ("lˈɪTᵊl", "lˈɪɾəl"),
        ]
        for (own, other) in pairs { #expect(EspeakSigns.rewritten(own) == other) }
    }

    @Test("words are matched to groups of phonemes, one to one, run together, or spread out")
    func matching() {
        func pairs(_ words: [ReadWord]) -> [String] { words.map { $0.text + "=" + $0.phonemes } }
        #expect(
            pairs(WordMatching.words(["one", "two"], ["wʌn", "tuː"], [])) == ["one=wʌn", "two=tuː"])
        let merged = WordMatching.words(
            ["one", "of", "the", "best"], ["wˈʌn", "ʌvðə", "bˈɛst"], [4, 2, 2, 5])
        #expect(pairs(merged) == ["one=wˈʌn", "of the=ʌvðə", "best=bˈɛst"])
        let spread = WordMatching.words(
            ["in", "1999", "it"], ["ɪn", "nˈaɪntiːn", "nˈaɪnti", "nˈaɪn", "ɪt"], [2, 22, 2])
        #expect(pairs(spread) == ["in=ɪn", "1999=nˈaɪntiːn nˈaɪnti nˈaɪn", "it=ɪt"])
        #expect(WordMatching.words(["..."], [], [0]).isEmpty)
    }

    @Test("styles are found in bare numbers, arrays and archives, and in nothing else")
    func styles() throws {
        let bare = try #require(StyleFile(StyleBytes.styles([0.1, 0.2])))
        #expect(bare.names.isEmpty)
        #expect(bare.table("any")?.row(0)[0] == 0.1)
        #expect(bare.table("any")?.row(1)[0] == 0.2)
        #expect(bare.table("any")?.row(900)[0] == 0.2)
        #expect(StyleFile(StyleBytes.numpy([0.3]))?.table("")?.row(5)[0] == 0.3)
        let entries = [("b.npy", StyleBytes.numpy([0.4])), ("a", StyleBytes.styles([0.5]))]
        let archive = try #require(StyleFile(StyleBytes.archive(entries)))
        #expect(archive.names == ["a", "b"])
        #expect(archive.table("b")?.row(0)[0] == 0.4)
        #expect(archive.table("a")?.row(0)[0] == 0.5)
        // Compressed ones are not read; cut ones neither.
        #expect(StyleFile(StyleBytes.archive(entries, method: 8)) == nil)
        let whole = StyleBytes.archive(entries)
        for count in stride(from: 2, to: whole.count, by: 37) {
            _ = StyleFile(Array(whole.prefix(count)))?.table("a")
        }
        #expect(StyleFile([1, 2, 3])?.table("") == nil)
    }

    @Test("a shelf lets go of what was used longest ago")
    func cache() {
        var cache = VoiceCache<Int>(bytesMax: 10)
        cache.put("a", 1, bytes: 4)
        cache.put("b", 2, bytes: 4)
        #expect(cache.item("a") == 1)
        cache.put("c", 3, bytes: 4)
        #expect(cache.keys == ["a", "c"])
        cache.put("large", 4, bytes: 40)
        #expect(cache.keys == ["large"])
        cache.makeRoom(1)
        #expect(cache.bytes == 0)
    }

    @Test("where a network tells no times, signs share the sound between its silences")
    func measured() {
        var samples = [Float](repeating: 0, count: 16_000)
        for index in 4_000..<12_000 { samples[index] = index % 2 == 0 ? 0.5 : -0.5 }
        let timing = EstimatedTiming.timing(
            "ma na.".scalars, [0, 1, 2, 3, 4, 5], samples, sampleRateHz: 16_000, speed: 2)
        #expect(timing.durations.count == 8)
        #expect(abs(timing.durations[0] - 0.25) < 1e-3)
        #expect(abs(timing.durations[1...6].reduce(0, +) - 0.5) < 1e-3)
        #expect(timing.durations[6] == 0)
        #expect(abs(timing.durations[7] - 0.25) < 1e-3)
        #expect(timing.durations[2] > timing.durations[1])
        #expect(abs(timing.natural[2] - 2 * timing.durations[2]) < 1e-9)
    }
}
