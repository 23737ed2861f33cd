import EngineAPI
import Foundation
import Inference
import Testing

@testable import Speech

/// Words with pronunciations of their own: of the request, the operator and the text itself.
@Suite struct PronunciationTests {
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
