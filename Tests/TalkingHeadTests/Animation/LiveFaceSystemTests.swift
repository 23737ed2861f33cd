import EngineAPI
import Glibc
import Testing

@testable import TalkingHead

/// A face that lives while it is looked at, as numbers.
@Suite struct LiveFaceSystemTests {
    private static let vowel = [TimedViseme(viseme: .aa, startSeconds: 0, endSeconds: 1)]

    private func options(_ change: (inout AnimationOptions) -> Void = { _ in }) -> AnimationOptions
    {
        var options = AnimationOptions()
        change(&options)
        return options
    }

    private func frames(
        _ animation: inout LiveFaceAnimation, _ range: Range<Int>, rate: Int = 25
    ) -> [Expression] {
        range.map { animation.frame(at: Double($0) / Double(rate)) }
    }

    /// How far the mouth is from the portrait's own, or from closed lips.
    private func opening(_ mouth: MouthShape) -> Float {
        var channels = mouth.channels
        channels[5] = 0
        return channels.max()
    }

    @Test("a vowel opens the mouth when it is heard, 20 ms ahead of it")
    func opens() throws {
        var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
        try animation.hear(babble(seconds: 1, rateHz: 24_000), visemes: Self.vowel, at: 2)
        let made = frames(&animation, 0..<400, rate: 100)
        let jaws = made.map(\.mouth.jaw)
        let peak = jaws.max() ?? 0
        #expect(peak > 0.5)
        // Half open at the beginning, half closed at the end, a frame of 25 a second more or less.
        let half = jaws.indices.filter { jaws[$0] > 0.4 }
        #expect(abs((half.first ?? 0) - 198) <= 4, "\(half.first ?? 0)")
        #expect(abs((half.last ?? 0) - 298) <= 4, "\(half.last ?? 0)")
        #expect(jaws[..<170].allSatisfy { $0 < 0.01 })
        #expect(made[312...].allSatisfy { opening($0.mouth) < 0.03 })
    }

    @Test("a live mouth does what a video's does with the same voice")
    func equalsVideo() throws {
        let voice = babble(seconds: 4)
        let shapes: [Viseme] = [.aa, .PP, .E, .sil, .oh, .FF]
        let visemes = (0..<24).map { index in
            TimedViseme(
                viseme: shapes[index % 6], startSeconds: 0.5 + Double(index) * 0.11,
                endSeconds: 0.61 + Double(index) * 0.11)
        }
        var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
        try animation.hear(voice, visemes: visemes, at: 0)
        let live = frames(&animation, 0..<85)
        var analyzer = try VoiceAnalyzer(
            sampleRateHz: 16_000, reader: nil, rateConverter: rateConverter)
        var video = FaceAnimation(options())
        let part = try analyzer.add(VoicePiece(clip: voice, visemes: visemes), work: .ample)
        let made = video.add(part.rows, part.loudness, seconds: 4)
        #expect(made.count >= 80)
        for (a, b) in zip(live, made) {
            let difference = a.mouth.channels - b.mouth.channels
            #expect(difference.max() < 0.01 && difference.min() > -0.01)
        }
    }

    @Test("the same voice gives the same face however it is cut", arguments: [16_000, 24_000])
    func cutsChangeNothing(rateHz: Int) throws {
        var generator = SeededGenerator(seed: 21)
        let voice = babble(seconds: 3, rateHz: rateHz)
        var visemes: [TimedViseme] = []
        var time = 0.013
        while time < 2.9 {
            let length = Double(generator.uniform(0.03, 0.2))
            let shape = Viseme.allCases.randomElement(using: &generator) ?? .aa
            visemes.append(
                TimedViseme(viseme: shape, startSeconds: time, endSeconds: time + length))
            time += length + (generator.uniform(0, 1) < 0.2 ? 0.07 : 0)
        }
        func face(_ cuts: [Int]) throws -> [Expression] {
            var animation = LiveFaceAnimation(options { $0.seed = 4 }, rateConverter: rateConverter)
            var (from, told) = (0, 0)
            for end in cuts + [voice.samples.count] {
                let seconds = Double(end) / Double(rateHz)
                let start = Double(from) / Double(rateHz)
                let isLast = end == voice.samples.count
                let heard = visemes.dropFirst(told).prefix {
                    isLast || $0.startSeconds < seconds
                }
                told += heard.count
                try animation.hear(
                    AudioClip(samples: Array(voice.samples[from..<end]), sampleRateHz: rateHz),
                    visemes: heard.map {
                        TimedViseme(
                            viseme: $0.viseme, startSeconds: $0.startSeconds - start,
                            endSeconds: $0.endSeconds - start)
                    }, at: 1.004 + start)
                from = end
            }
            return frames(&animation, 0..<120)
        }
        let whole = try face([])
        #expect((whole.map(\.mouth.jaw).max() ?? 0) > 0.3)
        for count in [1, 5, 40] {
            let cuts = (0..<count).map { _ in
                Int.random(in: 0..<voice.samples.count, using: &generator)
            }
            #expect(try face(cuts.sorted()) == whole, "\(count) cuts")
        }
    }

    @Test("a voice that is cut closes the mouth within 120 ms, whenever it is cut")
    func cutCloses() throws {
        for step in 0..<8 {
            let time = 2.2 + 0.013 * Double(step)
            var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
            try animation.hear(babble(seconds: 1), visemes: Self.vowel, at: 2)
            for index in 0..<100 {
                let at = Double(index) * 0.04
                guard at < time else { break }
                _ = animation.frame(at: at)
            }
            animation.cutVoice(at: time)
            let later = (0..<20).map { animation.frame(at: time + 0.12 + 0.04 * Double($0)) }
            #expect(later.allSatisfy { opening($0.mouth) < 0.03 }, "\(opening(later[0].mouth))")
            // And rests as the portrait has it.
            #expect((later.last?.mouth.channels.max() ?? 1) < 0.03)
        }
    }

    @Test("what is told takes the place of what was told of that time")
    func replaces() throws {
        var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
        try animation.hear(babble(seconds: 2), visemes: Self.vowel, at: 2)
        try animation.hear(babble(seconds: 0.5), visemes: [], at: 2)
        let made = frames(&animation, 0..<100)
        #expect(made.allSatisfy { opening($0.mouth) < 0.03 })
        // Sound without shapes, and a time that is gone, do no harm.
        try animation.hear(babble(seconds: 1), visemes: Self.vowel, at: 1)
        try animation.hear(AudioClip(samples: [], sampleRateHz: 24_000), visemes: [], at: 9)
        #expect(animation.frame(at: 4).mouth.channels.max().isFinite)
    }

    @Test("who is attentive nods every few seconds, has brows a shade up, and eases in and out")
    func attends() throws {
        func pitches(_ attends: Bool) -> [Expression] {
            var animation = LiveFaceAnimation(options { $0.seed = 2 }, rateConverter: rateConverter)
            _ = frames(&animation, 0..<50)
            animation.attend(attends)
            let made = frames(&animation, 50..<1_500)
            animation.attend(false)
            return made + frames(&animation, 1_500..<1_600)
        }
        let (idle, listening) = (pitches(false), pitches(true))
        let dips = zip(listening, idle).map { $0.head.pitch - $1.head.pitch }
        let begins = dips.indices.dropFirst().filter { dips[$0] > 0.005 && dips[$0 - 1] <= 0.005 }
        #expect((6...15).contains(begins.count), "\(begins.count)")
        for (a, b) in zip(begins, begins.dropFirst()) { #expect((95...240).contains(b - a)) }
        #expect(dips.allSatisfy { $0 >= 0 && $0 < 0.035 })
        let brows = zip(listening, idle).map { $0.brow - $1.brow }
        #expect(brows[0] < 0.03 && brows[50] > 0.1 && (brows.last ?? 1) < 0.01)
        let steps = zip(brows, brows.dropFirst()).map { abs($0 - $1) }
        #expect((steps.max() ?? 1) < 0.03)
    }

    @Test("an hour of nothing stays alive, finite and small")
    func hour() {
        var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
        var blinks = 0
        var last: Expression?
        var steepest: Float = 0
        for index in 0..<3_600 * 5 {
            let made = animation.frame(at: Double(index) / 5)
            #expect(made.mouth.channels.max() < 0.01)
            #expect(abs(made.head.yaw) < 0.08 && abs(made.gaze.x) < 0.2)
            if made.blink > 0.5 { blinks += 1 }
            if index > 3_500 * 5, let last {
                steepest = max(steepest, abs(made.breath - last.breath))
            }
            last = made
            #expect(animation.rowsKept == 0)
        }
        #expect(blinks > 300)
        #expect(steepest > 0.1 && steepest < 0.4)
    }

    @Test("a voice after a long silence, and frames after a long pause, are as at the beginning")
    func afterPause() throws {
        func jaws(_ offset: Double) throws -> [Float] {
            var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
            _ = frames(&animation, 0..<25)
            try animation.hear(babble(seconds: 1), visemes: Self.vowel, at: offset + 1)
            return (0..<60).map {
                animation.frame(at: offset + 0.8 + Double($0) / 25).mouth.jaw
            }
        }
        let (soon, late) = (try jaws(2), try jaws(600))
        #expect(zip(soon, late).allSatisfy { abs($0 - $1) < 0.02 })
        var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
        _ = frames(&animation, 0..<25)
        let gazes = (0..<50).map { animation.frame(at: 900 + Double($0) / 25).gaze.x }
        let darts = zip(gazes, gazes.dropFirst()).filter { abs($0 - $1) > 0.02 }
        #expect(darts.count < 6, "\(darts.count)")
    }

    @Test("a frame's curves cost little")
    func cost() throws {
        var animation = LiveFaceAnimation(options(), rateConverter: rateConverter)
        let visemes = (0..<180).map { (index: Int) -> TimedViseme in
            let (start, end) = (Double(index) / 9, Double(index + 1) / 9)
            return TimedViseme(
                viseme: index.isMultiple(of: 2) ? .aa : .SS, startSeconds: start, endSeconds: end)
        }
        try animation.hear(babble(seconds: 20, rateHz: 24_000), visemes: visemes, at: 1)
        let started = ContinuousClock.now
        _ = frames(&animation, 0..<500)
        let each = (ContinuousClock.now - started) / 500
        print("a frame's curves: \(each)")
        #expect(each < .seconds(2))
    }
}
