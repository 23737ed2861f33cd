import EngineAPI
import Foundation
import Inference
import Testing

@testable import Speech

/// Words with pronunciations of their own: of the request, the operator and the text itself.
@Suite struct PronunciationTests {
    private static func clauses(
        _ text: String, _ lexicon: [String: String] = [:], siteLexicon: [Pronunciation] = []
    ) throws -> [Clause] {
        let reader = Voice.reader(try Voice.front())
        var plan = try SpeechPlan(
            SpeechRequest(text: text, lexicon: lexicon), cast: .only(reader),
            siteLexicon: siteLexicon)
        var clauses: [Clause] = []
        while let clause = try plan.next() { clauses.append(clause) }
        return clauses
    }

    private static func phonemes(
        _ text: String, _ lexicon: [String: String] = [:], siteLexicon: [Pronunciation] = []
    ) throws -> String {
        String(try clauses(text, lexicon, siteLexicon: siteLexicon).flatMap(\.phonemes))
    }

    static let readings: [(text: String, lexicon: [String: String], same: String)] = [
        ("I use nginx daily.", ["nginx": "engine x"], "I use engine x daily."),
        ("I use nginx daily.", ["nginx": "/ˈɛndʒɪnˌɛks/"], "I use [nginx](/ˈɛnʤɪnˌɛks/) daily."),
        ("Say tomato.", ["tomato": "təˈmɑːtoʊ"], "Say [x](/təmˈɑtO/)."),
        // Small letters are meant in any case, a capital as it is written.
        ("Tomato! TOMATO?", ["tomato": "potato"], "Potato! potato?"),
        ("Reading in Reading.", ["Reading": "redding"], "[Reading](/ɹˈɛdɪŋ/) in [R](/ɹˈɛdɪŋ/)."),
        ("reading in Reading.", ["Reading": "redding"], "reading in [R](/ɹˈɛdɪŋ/)."),
        (
            "polish the Polish.", ["Polish": "/pˈOlɪʃ/", "polish": "/pˈɑlɪʃ/"],
            "[a](/pˈɑlɪʃ/) the [b](/pˈOlɪʃ/)."
        ),
        // Whole words only, and longer entries before shorter ones.
        ("catalog cat", ["cat": "dog"], "catalog dog"),
        ("New York, new", ["New York": "nyork", "new": "gnu"], "nyork, gnu"),
        ("cat.com and cat's", ["cat": "/dˈɔɡ/"], "cat.com and [d](/dˈɔɡz/)"),
        ("C++ and C", ["C++": "sea plus plus"], "sea plus plus and C"),
        ("the José’s", ["josé": "/hoʊˈseɪ/"], "the [j](/hOsˈAz/)"),
        // A lexicon speaks of words, not of what markup reads in its own way.
        ("<speak>A cat <sub alias='cow'>x</sub></speak>", ["cat": "dog"], "A dog cow"),
        ("A [cat](/kˈW/) cat", ["cat": "dog"], "A [x](/kˈW/) dog"),
        ("Say [hello](/həˈləʊ/) now.", [:], "Say [x](/həlˈO/) now."),
        ("See [here](http://a/b) now.", [:], "See here now."),
    ]

    @Test("a word is said as its entry tells", arguments: readings)
    func read(_ one: (text: String, lexicon: [String: String], same: String)) throws {
        func bare(_ phonemes: String) -> String { phonemes.filter { !"ˈˌ ".contains($0) } }
        let said = bare(try Self.phonemes(one.text, one.lexicon))
        #expect(said == bare(try Self.phonemes(one.same)))
    }

    @Test("the word that is told is the one that was written")
    func shown() throws {
        let words = try Self.clauses("I use nginx daily.", ["nginx": "engine x"]).flatMap(\.words)
        #expect(
            words.map(\.text) == ["I", "use", "nginx", "daily."]
                || words.map(\.text).contains("nginx"))
    }

    @Test("stress stands where the voice was taught to have it, and a word has one")
    func stress() throws {
        #expect(try Self.phonemes("x", ["x": "/həˈloʊ/"]).hasPrefix("həlˈO"))
        #expect(try Self.phonemes("x", ["x": "/kæt/"]).hasPrefix("kˈæt"))
    }

    @Test(
        "signs that are no sounds of the voice are named",
        arguments: [("/k你t/", "你"), ("/kψt꙱ψ/", "ψ")])
    func unknown(_ pair: (String, String)) {
        #expect(throws: EngineError.pronunciationUnknown(word: "cat", symbols: pair.1)) {
            try Self.clauses("No such word here.", ["cat": pair.0])
        }
    }

    @Test("the request's entry comes before the operator's, and foreign ones are none of ours")
    func siteLexicon() throws {
        let siteLexicon = [
            Pronunciation("cat", "dog"), Pronunciation("cow", "pig"),
            Pronunciation("hen", .respelling("duck"), language: "de"),
            Pronunciation("ant", .ipa("你")),
        ]
        let said = try Self.phonemes("cat cow hen ant", ["cat": "fox"], siteLexicon: siteLexicon)
        #expect(said == (try Self.phonemes("fox pig hen ant")))
    }

    @Test("the operator's table is read line by line")
    func table() throws {
        let text = "\u{FEFF}# ours\ncat\tdog\r\n\nNew York\t/njɔɹk/\tnote\n"
        #expect(
            try PronunciationFile.table(text) == [
                Pronunciation("cat", .respelling("dog")), Pronunciation("New York", .ipa("njɔɹk")),
            ])
        for broken in ["cat", "cat\t", "\tdog", String(repeating: "a", count: 65) + "\tb"] {
            #expect(throws: EngineError.lexiconBroken(file: "lexicon.tsv", line: 2)) {
                try PronunciationFile.table("# one\n" + broken)
            }
        }
    }

    @Test("W3C's lexicon is read")
    func pls() throws {
        let text = """
            <?xml version="1.0"?><lexicon version="1.0" alphabet="ipa" xml:lang="en-US"
            xmlns="http://www.w3.org/2005/01/pronunciation-lexicon">
            <lexeme><grapheme>Sean</grapheme><grapheme>Shaun</grapheme><phoneme>ʃɔːn</phoneme>
            <phoneme prefer="true">ʃɑn</phoneme></lexeme>
            <lexeme><grapheme>W3C</grapheme><alias>World Wide Web</alias></lexeme>
            <lexeme><grapheme>pecan</grapheme><phoneme alphabet="x-sampa">pI"kA:n</phoneme></lexeme>
            <lexeme><grapheme>none</grapheme><phoneme alphabet="ups">x</phoneme></lexeme></lexicon>
            """
        #expect(
            try PronunciationFile.lexemes(text.scalars) == [
                Pronunciation("Sean", .ipa("ʃɑn"), language: "en"),
                Pronunciation("Shaun", .ipa("ʃɑn"), language: "en"),
                Pronunciation("W3C", .respelling("World Wide Web"), language: "en"),
                Pronunciation("pecan", .ipa("pɪˈkɑːn"), language: "en"),
            ])
        for broken in ["<lexicon>\n<lexeme>", "<a>\n</a>", "<lexicon>\n</b>", "<lexicon \n"] {
            #expect(throws: EngineError.self) { try PronunciationFile.lexemes(broken.scalars) }
        }
    }

    @Test("files in the models folder are the operator's, and a broken one says where")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/lexicon-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let models = ModelDirectory(path: folder)
        #expect(try PronunciationFile.all(in: models).isEmpty)
        try Data("cat\tdog\n".utf8).write(to: URL(fileURLWithPath: folder + "/lexicon.tsv"))
        #expect(try PronunciationFile.all(in: models).map(\.word) == ["cat"])
        try Data("<lexicon>\n<x".utf8).write(to: URL(fileURLWithPath: folder + "/lexicon.pls"))
        #expect(throws: EngineError.lexiconBroken(file: "lexicon.pls", line: 2)) {
            try PronunciationFile.all(in: models)
        }
    }

    static let alphabets: [(PhoneticAlphabet, String, String?)] = [
        (.xSampa, "h@\"l@U", "həˈləʊ"), (.xSampa, "Tru:", "θruː"), (.xSampa, "r\\`", "ɻ"),
        (.xSampa, "你", nil), (.arpabet, "HH AH0 L OW1", "həlˈoʊ"),
        (.arpabet, "h eh 1 l ow", "hˈɛloʊ"),
        (.arpabet, "QX", nil), (.arpabet, "", nil), (.ipa, "a", "a"),
    ]

    @Test("alphabets become IPA", arguments: alphabets)
    func alphabet(_ one: (PhoneticAlphabet, String, String?)) {
        #expect(one.0.ipa(one.1) == one.2)
    }

    @Test("a large lexicon of words that begin alike costs little time")
    func crowd() throws {
        var lexicon: [String: String] = [:]
        for number in 0..<1000 { lexicon[String(repeating: "a", count: 60) + "\(number)"] = "b" }
        let text = Array(repeating: String(repeating: "a", count: 64), count: 150)
        let start = ContinuousClock.now
        _ = try Self.clauses(text.joined(separator: " ") + ".", lexicon)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("a mix of styles is their mean, by weight")
    func mix() throws {
        let mix = try #require(VoiceMix("a(3)+b"))
        #expect(mix.parts.map(\.id) == ["a", "b"] && mix.parts.map(\.weight) == [0.75, 0.25])
        for wrong in [
            "a", "", "a+", "+a", "a()", "a(0)+b", "a(-1)+b", "a(nan)+b", "a(1e999)+b", "(2)",
            "a(2", "a+b+c+d+e+f+g+h+i",
        ] { #expect(VoiceMix(wrong) == nil, "\(wrong)") }
        let tables = [
            StyleTable([Float](repeating: 1, count: 512)),
            StyleTable([Float](repeating: 5, count: 256)),
        ].compactMap { $0 }
        let mixed = StyleTable(mixing: [(tables[0], 0.75), (tables[1], 0.25)])
        #expect(mixed?.rows == [Float](repeating: 2, count: 256))
    }

    @Test("a voice is found by name, language and gender")
    func choice() {
        func voice(_ id: String, _ language: String, _ gender: String) -> VoiceDescription {
            VoiceDescription(
                id: id, language: language, gender: gender, sampleRateHz: 24_000, licence: "",
                isPresent: true)
        }
        let choice = VoiceChoice(
            voices: [
                voice("own", "en-US", "female"), voice("bob", "en-GB", "male"),
                voice("joe", "en-US", "male"), voice("eva", "de-DE", "female"),
            ], own: "own")
        func find(_ names: [String], _ language: String? = nil, _ gender: String? = nil) -> String?
        {
            var request = VoiceRequest()
            (request.names, request.language, request.gender) = (names, language, gender)
            return choice.find(request, current: nil).map {
                ($0.id ?? "own") + ($0.isNamed ? "!" : "")
            }
        }
        #expect(
            find(["EVA"]) == "eva!" && find(["none"]) == nil && find(["none", "bob"]) == "bob!")
        #expect(find(["de-DE-KatjaNeural"]) == "eva" && find(["en-US-JennyNeural"]) == "own")
        #expect(find([], "en-GB") == "bob" && find([], "en") == "own" && find([], "fr") == nil)
        #expect(find([], nil, "male") == "joe" && find([], "de", "male") == nil)
    }
}
