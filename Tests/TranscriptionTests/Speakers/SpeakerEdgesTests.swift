import EngineAPI
import Testing

@testable import Transcription

/// Sounds and silence, and segments in them.
@Suite struct SpeakerEdgesTests {
    /// Stretches of square wave of these seconds and heights in turn.
    private static func sound(_ parts: [(seconds: Double, height: Float)]) -> [Float] {
        parts.flatMap { seconds, height in
            (0..<Int(bounded: seconds * 16_000)).map { $0 % 40 < 20 ? height : -height }
        }
    }

    private static func levels(_ parts: [(seconds: Double, height: Float)]) -> SoundLevels {
        var levels = SoundLevels()
        levels.add(sound(parts))
        return levels
    }

    private static func segment(_ start: Double, _ end: Double) -> TranscriptSegment {
        let middle = (start + end) / 2
        return TranscriptSegment(
            text: "One two.", startSeconds: start, endSeconds: end, meanLogProbability: -0.2,
            noSpeechProbability: 0, tokens: [],
            words: [
                TimedText(text: "One", startSeconds: start, endSeconds: middle),
                TimedText(text: "two.", startSeconds: middle, endSeconds: end),
            ])
    }

    private static func settled(
        _ spans: [(Double, Double)], _ levels: SoundLevels
    ) -> [TranscriptSegment] {
        var segments = spans.map { segment($0.0, $0.1) }
        SpeakerEdges.settle(&segments, on: levels)
        return segments
    }

    private static func isNear(_ one: Double, _ other: Double) -> Bool { abs(one - other) < 0.035 }

    // MARK: sounds

    @Test func `Sounds are told to a hundredth of a second, short pauses and clicks left out`() {
        let levels = Self.levels([
            (1, 0), (2, 0.3), (0.1, 0), (1, 0.1), (1, 0), (0.01, 0.001), (1, 0), (1, 0.02), (1, 0),
        ])
        let sounds = levels.sounds
        #expect(sounds.count == 2)
        for (sound, wanted) in zip(sounds, [100..<410, 611..<711]) {
            #expect(abs(sound.lowerBound - wanted.lowerBound) <= 2)
            #expect(abs(sound.upperBound - wanted.upperBound) <= 2)
        }
    }

    @Test(arguments: [1, 159, 160, 161, 8_192, 100_000])
    func `Levels are the same however the clip comes`(_ count: Int) {
        let samples = Self.sound([(0.5, 0.001), (1, 0.2), (0.7, 0), (1, 0.1), (0.2, 0)])
        var whole = SoundLevels()
        whole.add(samples)
        var parted = SoundLevels()
        for start in stride(from: 0, to: samples.count, by: count) {
            parted.add(Array(samples[start..<min(samples.count, start + count)]))
        }
        #expect(parted.sounds == whole.sounds)
        #expect(parted.quietest(of: 0..<400) == whole.quietest(of: 0..<400))
    }

    @Test func `Noise that lasts is no sound, what is louder is one`() {
        var random = SeededGenerator(seed: 3)
        let clip = Self.sound([(3, 0), (2, 0.3), (3, 0)]).map {
            $0 + Float.random(in: -0.03...0.03, using: &random)
        }
        var levels = SoundLevels()
        levels.add(clip)
        #expect(levels.sounds.count == 1)
        #expect(levels.sounds.allSatisfy { $0.lowerBound >= 297 && $0.upperBound <= 503 })
    }

    @Test func `Silence, nothing and what is no number have no sound`() {
        #expect(Self.levels([]).sounds.isEmpty && Self.levels([(9, 0)]).sounds.isEmpty)
        #expect(Self.levels([]).quietest(of: 0..<9) == nil)
        var levels = SoundLevels()
        levels.add([Float](repeating: .nan, count: 16_000))
        levels.add([Float](repeating: .infinity, count: 16_000))
        #expect(levels.sounds.allSatisfy { !$0.isEmpty && $0.upperBound <= 200 })
    }

    @Test func `The quietest frame lies in the pause`() {
        let levels = Self.levels([(1, 0.3), (0.1, 0.01), (1, 0.3)])
        #expect(levels.quietest(of: 50..<150).map { (100..<110).contains($0) } == true)
        #expect(levels.quietest(of: 900..<950) == nil)
    }

    // MARK: edges

    @Test func `Segments begin and end with their sound`() {
        let levels = Self.levels([(1, 0), (2, 0.3), (1, 0), (2, 0.2), (1, 0)])
        let made = Self.settled([(1.2, 2.8), (3.8, 6.3)], levels)
        #expect(Self.isNear(made[0].startSeconds, 1) && Self.isNear(made[0].endSeconds, 3))
        #expect(Self.isNear(made[1].startSeconds, 4) && Self.isNear(made[1].endSeconds, 6))
        // Longer segments leave the words where they are, shorter ones take them along.
        #expect(made[0].words == Self.segment(1.2, 2.8).words)
        #expect(made[1].words[0].startSeconds == made[1].startSeconds)
        #expect(made[1].words[1].endSeconds == made[1].endSeconds)
    }

    @Test func `An edge moves half a second at most`() {
        let levels = Self.levels([(1, 0), (6, 0.3), (1, 0)])
        let made = Self.settled([(3, 4)], levels)[0]
        #expect(made.startSeconds == 2.5 && made.endSeconds == 4.5)
    }

    @Test func `Two that speak without a pause part where it is quietest`() {
        let levels = Self.levels([(1, 0), (2, 0.3), (0.05, 0.02), (2, 0.3), (1, 0)])
        let made = Self.settled([(1, 2.9), (2.9, 5)], levels)
        #expect(made[0].endSeconds == made[1].startSeconds)
        #expect(abs(made[0].endSeconds - 3.025) < 0.05)
    }

    @Test func `A segment without sound stays, and so do all without levels`() {
        let levels = Self.levels([(1, 0), (2, 0.3), (6, 0)])
        #expect(Self.settled([(5, 6)], levels) == [Self.segment(5, 6)])
        #expect(Self.settled([(5, 6)], SoundLevels()) == [Self.segment(5, 6)])
        #expect(Self.settled([], levels).isEmpty)
    }

    @Test func `However they lie, segments keep their order and never overlap more`() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<100 {
            let levels = Self.levels(
                (0..<12).map { _ in
                    (
                        Double.random(in: 0.02...0.9, using: &random),
                        Float.random(in: 0...0.4, using: &random)
                    )
                })
            var at = 0.0
            let spans = (0..<5).map { _ in
                let start = at + Double.random(in: 0...0.5, using: &random)
                at = start + Double.random(in: 0.1...1.2, using: &random)
                return (start, at)
            }
            let made = Self.settled(spans, levels)
            for (one, next) in zip(made, made.dropFirst()) {
                #expect(one.startSeconds < one.endSeconds)
                #expect(one.endSeconds <= next.startSeconds + 1e-9)
            }
            for segment in made {
                for word in segment.words {
                    #expect(word.startSeconds <= word.endSeconds)
                    #expect(segment.startSeconds <= word.startSeconds)
                    #expect(word.endSeconds <= segment.endSeconds)
                }
            }
        }
    }
}
