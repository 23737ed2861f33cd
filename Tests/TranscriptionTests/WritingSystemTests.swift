import Testing

@testable import Transcription

@Suite struct WritingSystemTests {
    @Test("a language knows its own letters and those of others, whole or in part")
    func letters() throws {
        let samples = [
            "el": "λόγος", "ru": "речь", "hy": "խոսք", "he": "דיבור", "ar": "كلام", "ur": "بات",
            "hi": "भाषण", "bn": "বক্তৃতা", "pa": "ਭਾਸ਼ਣ", "gu": "ભાષણ", "ta": "பேச்சு",
            "te": "ప్రసంగం", "kn": "ಭಾಷಣ", "ml": "പ്രസംഗം", "si": "කතාව", "th": "คำพูด",
            "lo": "ຄໍາເວົ້າ", "bo": "གཏམ", "my": "စကား", "ka": "სიტყვა", "am": "ንግግር", "km": "សុន្ទរកថា",
        ]
        for (language, text) in samples {
            let own = try #require(WritingSystem(of: language))
            #expect(!own.isForeign(Array(text.utf8)), "\(language)")
            for count in 1...3 {
                #expect(!own.isForeign(Array(text.utf8.prefix(count))), "\(language), \(count)")
            }
            for (other, foreign) in samples where WritingSystem(of: other) != own {
                #expect(own.isForeign(Array(foreign.utf8)), "\(foreign) in \(language)")
            }
            #expect(own.isForeign(Array("漢字".utf8)) && own.isForeign(Array(" 말".utf8)))
            // Latin letters, digits and signs; parts of characters that may be anything.
            for text in ["Windows", " 130", "«—…»", "é", "।", "\u{200D}"] where text != "।" {
                #expect(!own.isForeign(Array(text.utf8)), "\(text) in \(language)")
            }
            #expect(!own.isForeign([0xA4]) && !own.isForeign([0xBE, 0xE2]))
        }
        for language in ["en", "de", "zh", "ja", "ko", "sr", "az", ""] {
            #expect(WritingSystem(of: language) == nil)
        }
        #expect(WritingSystem(of: "hi")?.hasLongLetters == true)
        #expect(WritingSystem(of: "ur")?.hasLongLetters == false)
    }
}
