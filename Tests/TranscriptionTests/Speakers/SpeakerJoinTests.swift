import EngineAPI
import Testing

@testable import Transcription

@Suite struct SpeakerJoinTests {
    /// A segment of words of half a second each, a token for each.
    private static func segment(
        _ text: String, from start: Double = 0, hasTokens: Bool = true
    ) -> TranscriptSegment {
        let words = text.split(separator: " ").enumerated().map { index, word in
            TimedText(
                text: String(word), startSeconds: start + Double(index) / 2,
                endSeconds: start + Double(index) / 2 + 0.5)
        }
        var segment = TranscriptSegment(
            text: text, startSeconds: start, endSeconds: words.last?.endSeconds ?? start,
            meanLogProbability: -0.2, noSpeechProbability: 0,
            tokens: words.indices.map(Int32.init), words: words)
        if hasTokens {
            segment.readings = words.map {
                TokenReading(bytes: Array((" " + $0.text).utf8), logProbability: -0.2)
            }
        }
        return segment
    }

    private static func turns(_ ends: (Double, Int)...) -> [SpeakerTurn] {
        var start = 0
        return ends.map { end, speaker in
            defer { start = Int(bounded: end * 16_000) }
            return SpeakerTurn(range: start..<Int(bounded: end * 16_000), speaker: speaker)
        }
    }

    @Test func `A sentence is cut where another speaks, with its tokens`() {
        let segment = Self.segment("Do you know? Yes I do")
        let parts = SpeakerJoin.parted([segment], by: Self.turns((1.5, 0), (3, 1)))
        #expect(parts.map(\.segment.text) == ["Do you know?", "Yes I do"])
        #expect(parts.map(\.speaker) == [0, 1])
        #expect(parts.map(\.segment.tokens) == [[0, 1, 2], [3, 4, 5]])
        #expect(parts.map { $0.segment.readings.count } == [3, 3])
        #expect(parts[0].segment.endSeconds == 1.5 && parts[1].segment.startSeconds == 1.5)
        #expect(parts.flatMap(\.segment.words) == segment.words)
    }

    @Test(arguments: [1.0, 1.2, 1.4, 1.6, 1.9])
    func `The cut is at the sentence's end near it`(_ change: Double) {
        let segment = Self.segment("Do you know? Yes I do")
        let parts = SpeakerJoin.parted([segment], by: Self.turns((change, 0), (3, 1)))
        #expect(parts.map(\.segment.text) == ["Do you know?", "Yes I do"])
    }

    @Test func `What one says stays as it is`() {
        let segments = [Self.segment("One two."), Self.segment("Three.", from: 4)]
        let parts = SpeakerJoin.parted(segments, by: Self.turns((10, 3)))
        #expect(parts.map(\.segment) == segments && parts.map(\.speaker) == [3, 3])
        #expect(SpeakerJoin.parted(segments, by: []).map(\.segment) == segments)
        #expect(SpeakerJoin.parted([], by: Self.turns((1, 0))).isEmpty)
    }

    @Test func `Words outside of all turns belong to the nearest`() {
        let segments = [Self.segment("Late.", from: 9), Self.segment("Later.", from: 30)]
        let turns = [
            SpeakerTurn(range: 16_000..<48_000, speaker: 0),
            SpeakerTurn(range: 320_000..<480_000, speaker: 1),
        ]
        #expect(SpeakerJoin.parted(segments, by: turns).map(\.speaker) == [0, 1])
    }

    @Test func `Text without blanks, and tokens that nobody can tell, are not lost`() {
        var segment = Self.segment("你 好 吗 好", hasTokens: false)
        segment.text = "你好吗好"
        let parts = SpeakerJoin.parted([segment], by: Self.turns((1, 0), (2, 1)))
        #expect(parts.map(\.segment.text) == ["你好", "吗好"])
        #expect(parts.map(\.segment.tokens) == [[0, 1, 2, 3], []])
    }

    @Test func `A segment without words is one's`() {
        var segment = Self.segment("Do you know?")
        segment.words = []
        let parts = SpeakerJoin.parted([segment], by: Self.turns((0.2, 0), (3, 1)))
        #expect(parts.map(\.segment) == [segment] && parts.map(\.speaker) == [1])
    }

    @Test func `Silence around a segment is taken from its first and last word`() {
        var segment = Self.segment("Do you know?", from: 1)
        segment.trim(to: [0...0.5, 1.25...1.6, 1.8...2.25, 9...10])
        #expect(segment.startSeconds == 1.25 && segment.endSeconds == 2.25)
        #expect(segment.words.map(\.startSeconds) == [1.25, 1.5, 2])
        #expect(segment.words.map(\.endSeconds) == [1.5, 2, 2.25])
        let beside = segment
        for speech in [[], [4.0...5.0], [0.0...9.0]] {
            segment.trim(to: speech)
            #expect(segment == beside)
        }
        // "Well" takes .58 s and "no" .44 s at most.
        var long = Self.segment("Well no", from: 2)
        long.words[0] = TimedText(text: "Well", startSeconds: 1, endSeconds: 2.5)
        long.words[1] = TimedText(text: "no", startSeconds: 2.5, endSeconds: 6)
        (long.startSeconds, long.endSeconds) = (1, 6)
        long.trim(to: [])
        #expect(abs(long.startSeconds - 1.92) < 1e-9 && abs(long.endSeconds - 2.94) < 1e-9)
        #expect(long.words[0].startSeconds == long.startSeconds)
        #expect(long.words[1].endSeconds == long.endSeconds)
        let windows = [(16_000, 25_600), (28_800, 25_600), (160_000, 4_000)].map {
            VoiceWindow(range: $0..<$0 + $1, voice: [], traits: [])
        }
        #expect(SpeakerJoin.speech(of: windows) == [1.1...3.3, 10.0625...10.1875])
    }

    @Test func `Segments are widened into silence, never over each other`() {
        var segments = [0.02, 1.02, 2.04, 4].map { Self.segment("Do you.", from: $0) }
        let before = segments
        SpeakerJoin.widen(&segments)
        #expect(segments[0].startSeconds > 0 && segments[0].startSeconds < 0.02)
        #expect(segments[3].endSeconds == 5.06)
        for (one, next) in zip(segments, segments.dropFirst()) {
            #expect(one.endSeconds <= next.startSeconds)
        }
        #expect(segments.map(\.words) == before.map(\.words))
        var none: [TranscriptSegment] = []
        SpeakerJoin.widen(&none)
        #expect(none.isEmpty)
    }

    @Test func `Every word has one speaker, however the turns lie`() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            let count = Int.random(in: 1...12, using: &random)
            let segments = (0..<3).map { index in
                Self.segment(
                    (0..<count).map { $0 % 4 == 3 ? "w\($0)." : "w\($0)" }.joined(separator: " "),
                    from: Double(index * count) / 2)
            }
            var at = 0
            let turns = (0..<6).map { _ in
                let start = at
                at += Int.random(in: 0...60_000, using: &random)
                return SpeakerTurn(
                    range: start..<at, speaker: Int.random(in: 0...2, using: &random))
            }
            let parts = SpeakerJoin.parted(segments, by: turns)
            #expect(parts.flatMap(\.segment.words) == segments.flatMap(\.words))
            #expect(parts.flatMap(\.segment.tokens) == segments.flatMap(\.tokens))
            #expect(
                parts.map(\.segment.text).joined(separator: " ")
                    == segments.map(\.text).joined(separator: " "))
        }
    }

    // MARK: names

    private static func windows(_ voices: [[Float]]) -> [VoiceWindow] {
        voices.enumerated().map {
            VoiceWindow(range: $0 * 100..<$0 * 100 + 100, voice: $1, traits: [])
        }
    }

    @Test func `Those who are known have their names, others letters by order`() {
        var choice = SpeakerChoice()
        choice.known = ["Ada", "B", "Cy"].map { KnownSpeaker(name: $0, samples: []) }
        let windows = Self.windows([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.1, 1, 0]])
        let names = SpeakerNames(
            choice, known: [[0, 0.9, 0.1], [], [0.7, 0, 0.7]], windows, [5, 2, 7, 2])
        #expect(names.name(2) == "Ada")
        // As like to one as to the other: it can be one only. "B" is somebody's name.
        #expect([names.name(5), names.name(7)].sorted() == ["A", "Cy"])
        let none = SpeakerNames(SpeakerChoice(), known: [], windows, [5, 2, 7, 2])
        #expect([5, 2, 7].map(none.name) == ["A", "B", "C"])
        #expect([0, 25, 26, 701, 702].map(SpeakerNames.letters) == ["A", "Z", "AA", "ZZ", "AAA"])
    }
}
