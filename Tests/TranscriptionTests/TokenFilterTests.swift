import Testing

@testable import Transcription

@Suite struct TokenFilterTests {
    private static let texts =
        [
            " word", " (", "[", " [", "*", " ♪", "♪♪", "【", " слово", "3", ")", " a(b", "", " ",
        ].map { Array($0.utf8) } + [[0x20, 0xE2, 0x99], [0xAA]]

    private func barred(_ kinds: TokenFilter.Kinds, after text: [Int32] = []) -> Set<Int> {
        var logits = [Float](repeating: 0, count: Self.texts.count)
        logits.withUnsafeMutableBufferPointer {
            TokenFilter(kinds, Self.texts).apply($0.baseAddress!) { text }
        }
        return Set(Self.texts.indices.filter { logits[$0] == -.infinity })
    }

    private let notes = Set([1, 2, 3, 4, 5, 6, 7, 14])

    @Test("what begins a note of a sound is kept out, with a blank before it or none")
    func beginnings() {
        #expect(barred(TokenFilter.Kinds(notes: true)) == notes)
    }

    @Test("letters of other languages and notes are kept out together")
    func both() {
        #expect(barred(TokenFilter.Kinds(foreignTo: .devanagari)) == [7, 8])
        #expect(barred(TokenFilter.Kinds(foreignTo: .devanagari, notes: true)) == notes.union([8]))
    }

    @Test("what was said twice in a row is not said a third time, where that is asked for")
    func loops() {
        let kinds = TokenFilter.Kinds(loops: true)
        let texts: [([Int32], Set<Int>)] = [
            ([], []), ([3], []), ([3, 3], [3]), ([3, 4, 3], []), ([3, 4, 3, 4], [3]),
            ([5, 3, 4, 9, 3, 4, 9], [3]), ([3, 4, 3, 4, 4], [4]), ([3, 3, 5], []),
            ([2, 2, 3, 2, 2, 3], [2]), ([2, 3, 3, 2, 3, 3], [2, 3]),
        ]
        for (text, wanted) in texts {
            #expect(barred(kinds, after: text) == wanted, "\(text)")
            #expect(barred(TokenFilter.Kinds(notes: true), after: text) == notes)
        }
    }
}
