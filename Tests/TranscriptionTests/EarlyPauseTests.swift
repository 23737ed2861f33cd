import Testing

@testable import Transcription

/// Where a stream is cut while it goes on; frames of 32 ms.
@Suite struct EarlyPauseTests {
    /// Frames of speech and of silence, in turn.
    private func probabilities(_ frames: [Int]) -> [Float] {
        frames.enumerated().flatMap { index, count in
            [Float](repeating: index % 2 == 0 ? 0.9 : 0.02, count: count)
        }
    }

    @Test(
        "the first cut is at a pause that is 1.5 s back, or long",
        arguments: [
            // One second of speech and a pause of .3 s, as far as it was heard.
            ([40, 10, 30], nil), ([40, 10, 40], 45), ([40, 21], nil), ([40, 22], 51),
            // Half a second is too little.
            ([15, 30, 20], nil), ([15, 30, 60, 10, 40], 110),
            // A stop consonant is no pause.
            ([40, 6, 100], nil),
        ] as [([Int], Int?)])
    func first(frames: [Int], cut: Int?) {
        let end = EarlyPause(languageIsKnown: true).end(of: probabilities(frames), from: 0)
        #expect(end == cut.map { $0 * VoiceActivityDetector.frameSamples })
    }

    @Test("a language that is to be found out needs two seconds")
    func unknownLanguage() {
        let pause = EarlyPause(languageIsKnown: false)
        #expect(pause.end(of: probabilities([40, 10, 60]), from: 0) == nil)
        #expect(pause.end(of: probabilities([40, 10, 60, 10, 60]), from: 0) != nil)
    }

    @Test("later cuts wait for six seconds or a long pause")
    func later() {
        var pause = EarlyPause(languageIsKnown: true)
        pause.isFirst = false
        #expect(pause.end(of: probabilities([100, 10, 80]), from: 0) == nil)
        #expect(pause.end(of: probabilities([100, 22]), from: 0) != nil)
        #expect(pause.end(of: probabilities([190, 10, 80]), from: 0) == 195 * 512)
    }

    @Test("speech is told when it begins and half a second after it ends", arguments: 1...7)
    func activity(step: Int) {
        var (pause, found) = (EarlyPause(languageIsKnown: true), [SpeechActivity]())
        let all = probabilities([0, 10, 50, 16, 20, 8, 20, 30])
        for start in stride(from: 0, to: all.count, by: step) {
            pause.watch(
                Array(all[start..<min(start + step, all.count)]), from: start, into: &found)
        }
        #expect(
            found == [
                .started(sample: 10 * 512), .stopped(sample: 60 * 512),
                .started(sample: 76 * 512), .stopped(sample: 124 * 512),
            ])
    }
}
