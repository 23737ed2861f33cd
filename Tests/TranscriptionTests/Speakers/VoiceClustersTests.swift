import EngineAPI
import Testing

@testable import Transcription

/// Voices are made: points around a mean for each talker, with the variances that the model has.
@Suite struct VoiceClustersTests {
    private static let statistics = VoiceStatistics(
        spread: (1...128).map { (place: Int) -> Float in 30 / Float(place) + 1 })
    private static let work = WorkContext(within: .seconds(60))

    /// About normal: the sum of twelve even ones.
    private static func normal(_ random: inout SeededGenerator) -> Float {
        (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &random) }
    }

    private static func talkers(_ count: Int, _ random: inout SeededGenerator) -> [[Float]] {
        (0..<count).map { _ in
            statistics.spread.map { $0.squareRoot() * normal(&random) }
        }
    }

    /// Windows of 1.6 s, one each .8 s; who speaks in each is given.
    private static func windows(
        _ order: [Int], _ talkers: [[Float]], _ random: inout SeededGenerator
    ) -> [VoiceWindow] {
        order.enumerated().map { index, talker in
            let start = index * VoiceWindow.hop
            let traits = talkers[talker].map { $0 + normal(&random) }
            return VoiceWindow(
                range: start..<start + VoiceWindow.samples, voice: traits, traits: traits)
        }
    }

    private static func order(_ count: Int, turns: Int, each: Int) -> [Int] {
        (0..<turns).flatMap { turn in [Int](repeating: turn % count, count: each) }
    }

    @Test(arguments: [1, 2, 3, 4, 6])
    func `As many speak as do, and each is one`(_ count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let talkers = Self.talkers(count, &random)
        let order = Self.order(count, turns: count * 3, each: 8)
        let (turns, labels) = try SpeakerTurns.turns(
            Self.windows(order, talkers, &random), SpeakerChoice(), Self.statistics,
            work: Self.work)
        #expect(Set(labels).count == count)
        #expect(Set(zip(order, labels).map { "\($0) \($1)" }).count == count)
        #expect(turns.count == (count == 1 ? 1 : count * 3))
        // In order, without a gap within the talk.
        for (turn, next) in zip(turns, turns.dropFirst()) {
            #expect(turn.range.upperBound == next.range.lowerBound)
            #expect(turn.speaker != next.speaker)
        }
    }

    @Test func `A count that is told is kept, and so is the most there may be`() throws {
        var random = SeededGenerator(seed: 9)
        let windows = Self.windows(
            Self.order(4, turns: 12, each: 6), Self.talkers(4, &random), &random)
        for count in 1...6 {
            var choice = SpeakerChoice()
            choice.count = count
            let told = try SpeakerTurns.turns(windows, choice, Self.statistics, work: Self.work)
            #expect(Set(told.labels).count == count)
            choice.count = nil
            choice.countMax = count
            let most = try SpeakerTurns.turns(windows, choice, Self.statistics, work: Self.work)
            #expect(Set(most.labels).count == min(count, 4))
        }
    }

    @Test func `Long talk is grouped in blocks, and who comes again is known again`() throws {
        var random = SeededGenerator(seed: 4)
        let order = Self.order(3, turns: 30, each: 10)
        let windows = Self.windows(order, Self.talkers(3, &random), &random)
        for blockMax in [40, 61, 299] {
            let labels = try VoiceClusters.labels(
                windows.map(\.traits), Self.statistics, countMin: 1, blockMax: blockMax,
                work: Self.work)
            #expect(labels.count == windows.count && Set(labels).count == 3)
            #expect(Set(zip(order, labels).map { "\($0) \($1)" }).count == 3)
        }
    }

    @Test func `Nobody changes for one window of another sound`() throws {
        var random = SeededGenerator(seed: 5)
        let talkers = Self.talkers(2, &random)
        var windows = Self.windows(Self.order(1, turns: 1, each: 30), talkers, &random)
        windows[12] = Self.windows([1], talkers, &random)[0]
        windows[12].range =
            windows[11].range.lowerBound + VoiceWindow.hop..<windows[13].range
            .lowerBound + VoiceWindow.hop
        let (turns, _) = try SpeakerTurns.turns(
            windows, SpeakerChoice(), Self.statistics, work: Self.work)
        #expect(turns.count == 1)
    }

    @Test func `What is no number, nothing and a single window end in order`() throws {
        var random = SeededGenerator(seed: 6)
        var windows = Self.windows(
            Self.order(2, turns: 4, each: 5), Self.talkers(2, &random), &random)
        windows[3].traits[7] = .nan
        windows[9].traits = [Float](repeating: .infinity, count: 128)
        let work = Self.work
        let broken = try SpeakerTurns.turns(
            windows, SpeakerChoice(), Self.statistics, work: work)
        #expect(broken.labels.count == windows.count)
        #expect(
            try SpeakerTurns.turns([], SpeakerChoice(), Self.statistics, work: work).turns == [])
        var choice = SpeakerChoice()
        choice.count = 4
        let one = try SpeakerTurns.turns(
            [windows[0]], choice, Self.statistics, work: work)
        #expect(one.turns == [SpeakerTurn(range: windows[0].range, speaker: 0)])
    }

    @Test func `Work that was stopped ends`() {
        var random = SeededGenerator(seed: 7)
        let windows = Self.windows(
            Self.order(2, turns: 4, each: 5), Self.talkers(2, &random), &random)
        let work = WorkContext(within: .seconds(60))
        work.cancellation.raise()
        #expect(throws: EngineError.cancelled) {
            try SpeakerTurns.turns(windows, SpeakerChoice(), Self.statistics, work: work)
        }
    }

    @Test func `Windows lie evenly from the beginning of speech to its end`() {
        for count in [
            0, 5_119, 5_120, 9_000, 25_599, 25_600, 25_700, 38_399, 38_400, 60_000, 100_000,
            1_000_003,
        ] {
            let region = 777..<777 + count
            let ranges = VoiceWindow.ranges(in: region)
            #expect(ranges.isEmpty == (count < VoiceWindow.samplesMin))
            for range in ranges {
                #expect(range.clamped(to: region) == range)
                #expect(range.count % VoiceWindow.stepSamples == 0)
                #expect((range.lowerBound - ranges[0].lowerBound) % MelBands.hop == 0)
            }
            for (one, next) in zip(ranges, ranges.dropFirst()) {
                #expect(next.lowerBound > one.lowerBound)
                #expect(next.lowerBound - one.upperBound <= 14_400 + MelBands.hop)
            }
            guard let first = ranges.first, let last = ranges.last else { continue }
            // What one window alone leaves out lies on both sides of it.
            let left = ranges.count > 1 ? MelBands.hop : VoiceWindow.hop / 8 + 1
            #expect(first.lowerBound - region.lowerBound <= left)
            #expect(region.upperBound - last.upperBound <= left)
        }
    }
}
