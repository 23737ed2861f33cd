import Testing

@testable import Transcription

@Suite("Signs that a reading is wrong") struct HallucinationChecksTests {
    private static func reading(_ logProbabilities: [Float]) -> Reading {
        var chunk = DecodedChunk()
        chunk.tokens = logProbabilities.indices.map { Int32($0) }
        chunk.logProbabilities = logProbabilities
        return Reading(
            chunk: chunk, options: DecodeOptions(),
            tokens: logProbabilities.map { _ in Array("a".utf8) })
    }

    @Test("a word or two that were said unsurely are better than none, a sentence so unsure is not")
    func bearable() {
        #expect(HallucinationChecks.isBearable(Self.reading([-2.5, -0.2])))
        #expect(HallucinationChecks.isBearable(Self.reading([-3])))
        let sentence = [Float](repeating: -1.35, count: 12)
        #expect(!HallucinationChecks.isBearable(Self.reading(sentence)))
        #expect(!HallucinationChecks.isBearable(Self.reading([-3.4])))
    }

    @Test("what is no number is no reading")
    func noNumber() {
        #expect(!HallucinationChecks.isBearable(Self.reading([.nan, -0.1])))
        #expect(!HallucinationChecks.isBearable(Self.reading([])))
    }
}
