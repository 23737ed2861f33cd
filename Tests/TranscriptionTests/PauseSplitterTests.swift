import EngineAPI
import Testing

@testable import Transcription

@Suite struct PauseSplitterTests {
    /// Seconds of tone and of silence, in turn, at 16 000 Hz.
    private func bursts(_ seconds: [Double]) -> [Float] {
        var samples: [Float] = []
        for (index, length) in seconds.enumerated() {
            for sample in 0..<Int(bounded: length * 16_000) {
                samples.append(index % 2 == 0 ? (sample % 40 < 20 ? 0.3 : -0.3) : 0)
            }
        }
        return samples
    }

    @Test("a short clip is one piece, trimmed to what is spoken")
    func short() {
        let samples = bursts([10])
        let pieces = PauseSplitter.pieces(samples, regions: [8_000..<40_000, 48_000..<100_000])
        #expect(pieces == [8_000..<100_000])
    }

    @Test("a long clip is cut in its pauses, and no piece is over fifteen seconds")
    func long() {
        let samples = bursts([8, 0.9, 9, 0.9, 7, 0.9, 12])
        let pieces = PauseSplitter.pieces(samples, regions: [0..<samples.count])
        #expect(pieces.count >= 3)
        #expect(pieces.allSatisfy { $0.count <= 15 * 16_000 })
        #expect(pieces.first?.lowerBound == 0 && pieces.last?.upperBound == samples.count)
        for (one, next) in zip(pieces, pieces.dropFirst()) {
            #expect(one.upperBound == next.lowerBound)
            #expect(abs(samples[one.upperBound - 1]) == 0, "cut at \(one.upperBound)")
        }
    }

    @Test("nothing spoken is no piece")
    func nothing() { #expect(PauseSplitter.pieces([0, 0, 0], regions: []).isEmpty) }

    @Test("regions begin, end and merge by the detector's thresholds")
    func regions() {
        var probabilities = [Float](repeating: 0.01, count: 100)
        for frame in 20..<40 { probabilities[frame] = 0.9 }
        probabilities[30] = 0.1
        probabilities[70] = 0.9
        let regions = SpeechRegions(probabilities: probabilities, sampleCount: 51_200)
        #expect(regions.ranges == [(20 * 512 - 3_200)..<(40 * 512 + 3_200)])
    }

    @Test("a window holds its piece and the silence after it, or is the whole")
    func windows() {
        #expect(EncoderWindow.trimmed(seconds: 1, isMultilingual: false) == 210)
        #expect(EncoderWindow.trimmed(seconds: 11, isMultilingual: true) == 710)
        #expect(EncoderWindow.trimmed(seconds: 1, isMultilingual: true) == 384)
        #expect(EncoderWindow.trimmed(seconds: 29, isMultilingual: true) == EncoderWindow.whole)
        #expect(EncoderWindow.wider(than: 210) == 466)
        #expect(EncoderWindow.wider(than: 1_280) == EncoderWindow.whole)
    }

    @Test("a caption that is full is cut after a comma")
    func captions() {
        var piece = DecodedChunk()
        piece.text =
            "And so my fellow Americans, ask not what your country can do for you, "
            + "ask what you can do"
        let segments = SegmentMaker.segments(piece, piece: 0..<80_000, regions: [0..<80_000])
        #expect(
            segments.map(\.text) == [
                "And so my fellow Americans, ask not what your country can do for you,",
                "ask what you can do",
            ])
    }

    @Test("segments end with sentences, keep every word, and their times rise")
    func segments() {
        var piece = DecodedChunk()
        piece.text = " Ask not what your country can do for you. Ask what you can do!"
        piece.tokens = [1, 2]
        piece.logProbabilities = [-0.25, -0.25]
        let segments = SegmentMaker.segments(
            piece, piece: 16_000..<96_000, regions: [16_000..<48_000, 64_000..<96_000])
        #expect(
            segments.map(\.text) == [
                "Ask not what your country can do for you.", "Ask what you can do!",
            ])
        #expect(segments[0].startSeconds == 1 && segments[1].endSeconds == 6)
        let words = segments.flatMap(\.words)
        #expect(words.count == 14)
        #expect(
            zip(words, words.dropFirst()).allSatisfy { $0.endSeconds <= $1.startSeconds + 1e-9 })
    }
}
