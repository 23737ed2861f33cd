import EngineAPI
import Testing

@testable import Transcription

@Suite struct SegmentMakerTests {
    /// A piece of one token a word, each word so long.
    private func segments(
        _ text: String, secondsPerWord: Double = 0.3
    ) -> [TranscriptSegment] {
        var piece = DecodedChunk()
        let words = text.split(separator: " ").map(String.init)
        piece.text = text
        piece.tokenBytes = words.map { Array((" " + $0).utf8) }
        piece.tokens = words.indices.map(Int32.init)
        piece.logProbabilities = words.map { _ in -0.5 }
        let width = Int(bounded: secondsPerWord * 50)
        piece.wordTimes = words.indices.map { $0 * width..<($0 + 1) * width }
        let count = words.count * width * 320
        return SegmentMaker.segments(piece, piece: 0..<count, regions: [0..<count])
    }

    @Test("sentences are segments, and abbreviations end none")
    func sentences() {
        let found = segments("Dr. Smith lives in the U.S. today. He met Mr. Jones, e.g. here. Yes.")
        #expect(
            found.map(\.text) == [
                "Dr. Smith lives in the U.S. today.", "He met Mr. Jones, e.g. here.", "Yes.",
            ])
    }

    @Test("a long sentence is cut into even parts, none of one word", arguments: 10...80)
    func longSentences(count: Int) {
        let text = (0..<count).map { "word\($0 % 7)" }.joined(separator: " ") + "."
        let found = segments(text)
        #expect(found.map(\.text).joined(separator: " ") == text)
        for segment in found {
            #expect(segment.text.count <= SegmentMaker.charactersMax)
            #expect(segment.endSeconds - segment.startSeconds <= SegmentMaker.secondsMax)
            #expect(segment.words.count > 1)
        }
    }

    @Test("each segment has its own tokens")
    func tokens() {
        let found = segments("One two. Three four five.")
        #expect(found.map(\.tokens) == [[0, 1], [2, 3, 4]])
        #expect(
            found.map { String(decoding: $0.readings.flatMap(\.bytes), as: UTF8.self) }
                == [" One two.", " Three four five."])
    }

    @Test("text without blanks is cut at its sentences, a character a word")
    func unspaced() {
        let found = segments("今天天气很好。我们去公园，好吗？", secondsPerWord: 6)
        #expect(found.map(\.text) == ["今天天气很好。", "我们去公园，好吗？"])
        #expect(found.first?.words.map(\.text).last == "好。")
        #expect(found.map(\.words.count) == [6, 7])
        for (one, next) in zip(found, found.dropFirst()) {
            #expect(one.endSeconds <= next.startSeconds + 0.001)
        }
        let long = segments(String(repeating: "今天天气很好", count: 40), secondsPerWord: 28)
        #expect(long.allSatisfy { $0.endSeconds - $0.startSeconds <= SegmentMaker.secondsMax })
    }

    @Test("words that are let go take their tokens with them")
    func keep() {
        var piece = DecodedChunk()
        piece.text = "one two three"
        piece.tokens = [1, 2, 3, 4]
        piece.tokenBytes = ["one", " t", "wo", " three"].map { Array($0.utf8) }
        piece.logProbabilities = [-1, -2, -3, -4]
        #expect(piece.wordTokens == [0..<1, 1..<3, 3..<4])
        piece.keep(["two", "three"], 1..<3)
        #expect(piece.tokens == [2, 3, 4] && piece.text == "two three")
        piece.keep([], 0..<0)
        #expect(piece.tokens.isEmpty && piece.logProbabilities.isEmpty)
    }

    @Test("the detector's knobs move where speech begins and ends")
    func detection() {
        let probabilities: [Float] =
            Array(repeating: 0, count: 20) + Array(repeating: 0.6, count: 20)
            + Array(repeating: 0, count: 10) + Array(repeating: 0.9, count: 20)
            + Array(repeating: 0, count: 20)
        func regions(_ change: (inout SpeechDetection) -> Void) -> [SampleRange] {
            var detection = SpeechDetection()
            change(&detection)
            return SpeechRegions(
                probabilities: probabilities, sampleCount: 90 * 512, detection: detection
            ).ranges
        }
        // Behind speech there are always 200 ms.
        let (first, second) = (20 * 512..<40 * 512 + 3_200, 50 * 512..<70 * 512 + 3_200)
        #expect(regions { $0.paddingMilliseconds = 0 } == [first, second])
        #expect(
            regions {
                $0.threshold = 0.8
                $0.paddingMilliseconds = 0
            } == [second])
        #expect(
            regions {
                $0.silenceMilliseconds = 500
                $0.paddingMilliseconds = 0
            } == [first.lowerBound..<second.upperBound])
        #expect(regions { $0.paddingMilliseconds = 100 }.first?.lowerBound == 20 * 512 - 1_600)
    }
}
