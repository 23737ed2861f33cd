import EngineAPI
import Testing

@testable import TalkingHead

/// Long voices in random pieces, which takes some seconds.
@Suite struct CurveSystemTests {
    /// Shapes with gaps of all lengths, some told and some left out, over 20 s.
    private static func chatter(_ generator: inout SeededGenerator) -> [TimedViseme] {
        var visemes: [TimedViseme] = []
        var time = 0.2
        while time < 19.5 {
            let shape = Viseme.allCases.randomElement(using: &generator) ?? .aa
            let length = Double(generator.uniform(0.02, shape == .sil ? 0.6 : 0.2))
            visemes.append(
                TimedViseme(viseme: shape, startSeconds: time, endSeconds: time + length))
            time += length
            if generator.uniform(0, 1) < 0.2 { time += Double(generator.uniform(0, 0.15)) }
        }
        return visemes
    }

    @Test("shapes and levels that come in pieces move the face as those that come at once")
    func piecesChangeNothing() {
        var generator = SeededGenerator(seed: 11)
        for seed in 0..<20 as Range<UInt64> {
            let visemes = Self.chatter(&generator)
            let levels = (0..<2_000).map { _ in generator.uniform(0, 1) }
            var options = AnimationOptions()
            (options.seed, options.framesPerSecond) = (seed, 12 + Int(seed) * 2)
            var (track, animation) = (VisemeTrack(), FaceAnimation(options))
            var (made, cut, told): ([Expression], Int, Int) = ([], 0, 0)
            while cut < 2_000 {
                let next = min(cut + Int.random(in: 1...300, using: &generator), 2_000)
                let heard = visemes.dropFirst(told).prefix { $0.startSeconds < Double(next) / 100 }
                told += heard.count
                track.add(Array(heard))
                made += animation.add(
                    track.rows(of: next, isLast: next == 2_000), Array(levels[cut..<next]),
                    seconds: Double(next) / 100)
                cut = next
            }
            made += animation.finish(seconds: 20)
            #expect(
                made == expressions(TalkingHeadTests.rows(visemes, frames: 2_000), levels, options))
        }
    }
}
