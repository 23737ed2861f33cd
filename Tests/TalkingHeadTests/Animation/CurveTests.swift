import EngineAPI
import Testing

@testable import TalkingHead

@Suite struct CurveTests {
    /// Shapes of a tenth of a second each, a second of silence around them.
    private func curves(_ visemes: [Viseme], scale: Float = 1, rate: Int = 100) -> [MouthShape] {
        var timed = [TimedViseme(viseme: .sil, startSeconds: 0, endSeconds: 1)]
        for (index, viseme) in visemes.enumerated() {
            let start = 1 + 0.1 * Double(index)
            timed.append(TimedViseme(viseme: viseme, startSeconds: start, endSeconds: start + 0.1))
        }
        let seconds = 2 + 0.1 * Double(visemes.count)
        let rows = TalkingHeadTests.rows(timed, frames: Int(bounded: seconds * 100))
        let loudness = rows.map { $0[0] > 0.5 ? Float(0) : 0.7 }
        var options = AnimationOptions()
        (options.framesPerSecond, options.expressionScale) = (rate, Double(scale))
        return expressions(rows, loudness, options).map(\.mouth)
    }

    @Test("p, b and m close between vowels, f and v tuck", arguments: [Viseme.aa, .oh, .ih])
    func closes(vowel: Viseme) {
        let pressed = curves([vowel, .PP, vowel])
        let gap = pressed[100 + 10...100 + 20]
        #expect((gap.map(\.close).max() ?? 0) > 0.97)
        let jaws = gap.map { Nobody.rig.jawAngles($0, ease: 0).spoken / Rig.jawOpenMax }
        #expect((jaws.min() ?? 1) < 0.1)
        #expect(pressed[100 + 2].close < 0.45)
        let bitten = curves([vowel, .FF, vowel])
        #expect((bitten[110...120].map(\.tuck).max() ?? 0) > 0.9)
        #expect((bitten[110...120].map(\.close).max() ?? 1) < 0.2)
    }

    @Test("the mouth is 20 ms ahead of the audio")
    func leads() {
        let open = curves([.aa]).map(\.jaw)
        let peak = open.indices.max { open[$0] < open[$1] } ?? 0
        #expect(abs(peak - 103) <= 1)
    }

    @Test("silence rests: the portrait's own mouth at both ends and in long pauses")
    func silenceRests() {
        let shapes = curves([.aa, .E, .oh])
        #expect(shapes[0] == .rest)
        #expect(shapes[shapes.count - 1] == .rest)
        #expect(shapes[40].channels.max() < 0.01)
        let quiet = expressions(
            rows([], frames: 300), [Float](repeating: 0, count: 300), AnimationOptions()
        ).map(\.mouth)
        #expect(quiet.count == 75)
        #expect(quiet.allSatisfy { $0.channels.max() < 0.01 })
    }

    @Test("a smile gives way from the first word to the last one, but for long pauses")
    func smileGivesWay() {
        func ease(pause: Double) -> [Float] {
            let rows = TalkingHeadTests.rows(
                [
                    TimedViseme(viseme: .sil, startSeconds: 0, endSeconds: 1),
                    TimedViseme(viseme: .aa, startSeconds: 1, endSeconds: 2),
                    TimedViseme(viseme: .sil, startSeconds: 2, endSeconds: 2 + pause),
                    TimedViseme(viseme: .oh, startSeconds: 2 + pause, endSeconds: 3 + pause),
                ], frames: Int(bounded: 400 + 100 * pause))
            let levels = [Float](repeating: 0.7, count: rows.count)
            return expressions(rows, levels, AnimationOptions()).map(\.ease)
        }
        let short = ease(pause: 1)
        #expect(short[0] == 0 && short[short.count - 1] == 0)
        #expect(short[10] < 0.01)
        #expect(short[26..<95].allSatisfy { $0 > 0.85 })
        let long = ease(pause: 4)
        #expect(long[26..<45].allSatisfy { $0 > 0.85 })
        #expect(long[100] < 0.01)
    }

    @Test("strength scales opening but never a closure")
    func scales() {
        let (full, half) = (curves([.aa, .PP, .aa]), curves([.aa, .PP, .aa], scale: 0.5))
        let still = curves([.aa, .PP, .aa], scale: 0)
        #expect(abs(half[104].jaw - full[104].jaw / 2) < 0.01)
        #expect(still.allSatisfy { $0.jaw == 0 && $0.round == 0 })
        #expect((half.map(\.close).max() ?? 0) > 0.97)
    }

    @Test("a gap between words that is too short to see closes nothing")
    func shortGapsAreBridged() {
        let rows = TalkingHeadTests.rows(
            [
                TimedViseme(viseme: .aa, startSeconds: 0, endSeconds: 0.2),
                TimedViseme(viseme: .sil, startSeconds: 0.2, endSeconds: 0.25),
                TimedViseme(viseme: .E, startSeconds: 0.25, endSeconds: 0.4),
                TimedViseme(viseme: .oh, startSeconds: 0.45, endSeconds: 0.6),
            ], frames: 60)
        #expect(rows.allSatisfy { $0[Int(Viseme.sil.rawValue)] == 0 })
        #expect(rows.allSatisfy { abs($0.sum() - 1) < 1e-6 })
    }

    @Test("shapes beyond the audio's end or out of order do no harm")
    func oddTimesAreHarmless() {
        let rows = TalkingHeadTests.rows(
            [
                TimedViseme(viseme: .aa, startSeconds: -1, endSeconds: 0.1),
                TimedViseme(viseme: .oh, startSeconds: 5, endSeconds: 4),
                TimedViseme(viseme: .ih, startSeconds: 0.3, endSeconds: 99),
            ], frames: 50)
        #expect(rows.count == 50)
        #expect(rows[49][Int(Viseme.ih.rawValue)] == 1)
    }

    @Test("a frame needs half a second of what follows, and no more")
    func looksAheadLittle() {
        var animation = FaceAnimation(AnimationOptions())
        let rows = [SIMD16<Float>](repeating: Viseme.silence, count: 100)
        let made = animation.add(rows, [Float](repeating: 0, count: 100), seconds: 1)
        #expect((10...12).contains(made.count), "\(made.count)")
    }

    @Test(
        "loudness is told against what was loud so far, within the first second",
        arguments: [0.05, 0.2, 1] as [Float])
    func loudnessSettles(gain: Float) {
        let voice = babble(seconds: 4).samples.map { $0 * gain }
        let levels = loudness(voice)
        let late = levels[100...]
        #expect((late.max() ?? 0) > 0.9)
        // Between syllables it is silent, and a later shout changes nothing of what was told.
        #expect((late.min() ?? 1) < 0.1)
        #expect(Array(loudness(voice + voice.map { $0 * 3 }).prefix(400)) == levels)
    }
}
