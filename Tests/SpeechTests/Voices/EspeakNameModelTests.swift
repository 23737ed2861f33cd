import EngineAPI
import Testing

@testable import Speech

/// espeak-ng's own names of languages, where this machine has it.
@Suite struct EspeakNameModelTests {
    @Test("espeak-ng reads French under Kokoro's name for it, and British English")
    func names() throws {
        func phonemes(_ text: String, _ language: String) throws -> String {
            try EspeakHandle.phonemes(text, language: language)
        }
        // The library is no part of the program.
        guard (try? phonemes("a", "de")) != nil else { return }
        #expect(try phonemes("bonjour", "fr-fr").contains("ʒ"))
        #expect(try !phonemes("hello", "en-gb").isEmpty)
        #expect(throws: EngineError.languageUnknown(code: "xx-yy", model: "espeak-ng")) {
            try phonemes("a", "xx-yy")
        }
    }
}
