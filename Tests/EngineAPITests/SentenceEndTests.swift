import EngineAPI
import Testing

@Suite struct SentenceEndTests {
    @Test(
        "a dot ends a sentence unless it is an abbreviation's",
        arguments: [
            ("end.", "The", true), ("end.", nil, true), ("end", "The", false),
            ("\"Stop!\"", "he", true), ("Really?)", nil, true), ("well...", "I", true),
            ("Dr.", "Smith", false), ("e.g.", "this", false), ("U.S.", "Senate", false),
            ("(Mr.", "Jones", false), ("J.", "Rowling", false), ("3.", "May", true),
            ("inc.", "went", false), ("I.", "Then", true), ("好。", "我", true), ("", nil, false),
            (".", "The", true),
        ] as [(String, String?, Bool)])
    func ends(word: String, next: String?, isEnd: Bool) {
        #expect(SentenceEnd.isAfter(word, before: next) == isEnd)
    }
}
