import EngineAPI
import Foundation
import Inference
import Testing

@testable import Speech

/// Entries of lexicons, as the voice reads them.
@Suite struct PronunciationModelTests {
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

    @Test("a large lexicon of words that begin alike costs little time")
    func crowd() throws {
        var lexicon: [String: String] = [:]
        for number in 0..<1000 { lexicon[String(repeating: "a", count: 60) + "\(number)"] = "b" }
        let text = Array(repeating: String(repeating: "a", count: 64), count: 150)
        let start = ContinuousClock.now
        _ = try Self.clauses(text.joined(separator: " ") + ".", lexicon)
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
