import EngineAPI
import Testing

@testable import Speech

/// The pieces of words beside those of the package `tokenizers`.
@Suite struct WordPieceSystemTests {
    private func tokenizer() throws -> WordPieceTokenizer {
        try WordPieceTokenizer(try BarkReference.bytes("vocab.txt"), path: "vocab.txt")
    }

    @Test("a sentence in each of thirteen languages, and hard cases, give the ids of tokenizers")
    func sameIDs() throws {
        let (tokenizer, words) = (try tokenizer(), try BarkReference.read().words)
        #expect(words.count > 30)
        for one in words {
            #expect(tokenizer.ids(one.text) == one.ids, "\(one.text.debugDescription)")
        }
        let unknown = words.prefix(13).flatMap(\.ids).count { $0 == 1 }
        #expect(unknown == 0, "the vocabulary knows the sentences")
    }

    @Test("a vocabulary without a piece for the unknown is none")
    func refused() {
        for bytes in [[], Array("hello\nworld\n".utf8), [0xFF, 0xFE, 10]] as [[UInt8]] {
            #expect(throws: EngineError.modelDamaged(path: "v")) {
                try WordPieceTokenizer(bytes, path: "v")
            }
        }
    }

    @Test("lines may end as on Windows, and ids are the lines' numbers")
    func lines() throws {
        let tokenizer = try WordPieceTokenizer(
            Array("[PAD]\r\n[UNK]\r\n\r\nab\r\n##c\r\n".utf8), path: "v")
        #expect(tokenizer.ids("ab abc abd, ") == [3, 3, 4, 1, 1])
        #expect(tokenizer.count == 4)
    }
}
