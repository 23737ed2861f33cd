import EngineAPI
import Foundation
import Testing

@testable import Speech

/// Whether this machine has the library, which no test may ask for.
private let hasEspeak = (try? EspeakHandle.phonemes("a", language: "de")) != nil

/// What is read by espeak-ng, where this machine has it, with the tables of the set-up.
@Suite struct EspeakModelTests {
    @Test("espeak-ng's clauses keep their marks, and words in other languages lose their notes")
    func espeak() throws {
        let reader = EspeakFrontend(
            try Voice.tables(), language: "de", isKnown: { _ in true },
            phonemizer: { (text, _) throws(EngineError) in
                text.split(separator: " ").map { "(en)" + $0.lowercased() + "(de)" }
                    .joined(separator: " ")
            })
        let words = try reader.words("Guten Tag, 3.5 Meter!".scalars, spans: [])
        #expect(words.map(\.text) == ["Guten", "Tag,", "3.5", "Meter!"])
        #expect(words.map(\.phonemes) == ["guten", "tag,,", "3.5", "meter!!"])
    }

    @Test("German is read by espeak-ng where it is installed", .enabled(if: hasEspeak))
    func german() throws {
        let reader = EspeakFrontend(try Voice.tables(), language: "de", isKnown: { _ in true })
        let words = try reader.words("Guten Tag.".scalars, spans: [])
        #expect(words.map(\.phonemes) == ["ɡˈuːtən", "tˈɑːk."])
        #expect(try reader.cleaner.cleaned("नमस्ते दुनिया") == "नमस्ते दुनिया".scalars)
    }
}
