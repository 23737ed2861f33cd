import EngineAPI
import Testing

@testable import Service

struct TurnDetectorTests {
    private func events(
        _ probabilities: [Float], _ settings: TurnDetector.Settings = .init(),
        isInterrupting: Bool = false
    ) -> [TurnDetector.Event] {
        var detector = TurnDetector(settings)
        return probabilities.compactMap { detector.feed($0, isInterrupting: isInterrupting) }
    }

    private func frames(_ parts: (Float, Int)...) -> [Float] {
        parts.flatMap { Array(repeating: $0.0, count: $0.1) }
    }

    @Test func `Three frames begin a turn, with the padding before them`() {
        let found = events(frames((0.1, 20), (0.9, 3)))
        #expect(found == [.started(sample: 20 * 512 - 4_800)])
    }

    @Test func `A click begins none`() {
        #expect(events(frames((0.1, 20), (0.9, 2), (0.1, 20), (0.9, 2), (0.1, 9))).isEmpty)
    }

    @Test func `A turn does not begin before the first sample`() {
        #expect(events(frames((0.9, 3))) == [.started(sample: 0)])
    }

    @Test func `A silence is told when it may be the end, and when it is`() {
        let found = events(frames((0.9, 10), (0.1, 16)))
        #expect(
            found == [
                .started(sample: 0), .paused(sample: 10 * 512, isLasting: false),
                .paused(sample: 10 * 512, isLasting: true), .stopped(sample: 10 * 512),
            ])
    }

    @Test func `A silence that goes on is told once more`() {
        var settings = TurnDetector.Settings()
        settings.silenceSamples = 2_000 * 16
        let found = events(frames((0.9, 10), (0.1, 62)), settings)
        let lasting = TurnDetector.Event.paused(sample: 10 * 512, isLasting: true)
        #expect(found.filter { $0 == lasting }.count == 2)
        #expect(found.filter { $0 == .stopped(sample: 10 * 512) }.isEmpty)
    }

    @Test func `A pause within a sentence ends nothing`() {
        let found = events(frames((0.9, 10), (0.1, 5), (0.9, 5), (0.1, 2), (0.9, 1)))
        #expect(
            found == [
                .started(sample: 0), .paused(sample: 10 * 512, isLasting: false), .resumed,
            ])
    }

    @Test func `Between the thresholds speech goes on but does not begin`() {
        #expect(events(frames((0.4, 40))).isEmpty)
        #expect(events(frames((0.9, 3), (0.4, 40))) == [.started(sample: 0)])
    }

    @Test func `The silence that ends a turn is as long as was asked for`() {
        for milliseconds in [100, 200, 500, 2_000, 5_000] {
            var settings = TurnDetector.Settings()
            settings.silenceSamples = milliseconds * 16
            var detector = TurnDetector(settings)
            for _ in 0..<5 { _ = detector.feed(0.9, isInterrupting: false) }
            var silent = 0
            while true {
                silent += 1
                if case .stopped? = detector.feed(0, isInterrupting: false) { break }
            }
            #expect(silent == (milliseconds * 16 + 511) / 512)
        }
    }

    @Test func `What cuts the other side short must last longer, or be sure`() {
        #expect(events(frames((0.6, 7), (0.1, 9)), isInterrupting: true).isEmpty)
        #expect(events(frames((0.6, 8)), isInterrupting: true).count == 1)
        #expect(events(frames((0.95, 3), (0.1, 9)), isInterrupting: true).isEmpty)
        #expect(events(frames((0.95, 4)), isInterrupting: true).count == 1)
    }

    @Test func `What is no number is no speech`() {
        #expect(events(frames((.nan, 50), (.infinity, 0))).isEmpty)
        let found = events(frames((0.9, 3), (.nan, 16)))
        #expect(found.last == .stopped(sample: 3 * 512))
    }

    @Test func `A long turn is cut in the middle of its longest pause`() {
        let probabilities = frames((0.9, 100), (0.1, 6), (0.9, 50), (0.1, 12), (0.9, 40))
        let cut = RealtimeSession.bestPause(probabilities, from: 60)
        #expect((156..<168).contains(cut))
        // Nobody pauses: where speech is least sure.
        var steady = frames((0.9, 100))
        steady[70] = 0.6
        #expect(RealtimeSession.bestPause(steady, from: 50) == 70)
    }
}
