import EngineAPI
import Testing

@testable import TalkingHead

/// What a face shows beside speech.
@Suite struct FeelingTests {
    private static let levels = loudness(babble(seconds: 8).samples)
    private static let silence = [SIMD16<Float>](repeating: Viseme.silence, count: levels.count)

    private func frames(
        _ expression: AnimationOptions.FacialExpression, _ intensity: Double = 1
    ) -> [Expression] {
        var options = AnimationOptions()
        (options.expression, options.expressionIntensity) = (expression, intensity)
        return expressions(Self.silence, Self.levels, options)
    }

    @Test("a smile comes, never stands still, and is gone when the video ends")
    func comesAndGoes() {
        let smiles = frames(.smile).map(\.feeling.smile)
        let count = smiles.count
        #expect(smiles[0] == 0 && smiles[count - 1] < 0.01)
        let middle = smiles[60..<count - 20]
        #expect(middle.allSatisfy { (0.5...1).contains($0) })
        #expect((middle.max() ?? 0) - (middle.min() ?? 0) > 0.1)
        // No jump that could be seen.
        #expect(zip(smiles, smiles.dropFirst()).allSatisfy { abs($0 - $1) < 0.12 })
    }

    @Test("each expression is one feeling, as strong as it was asked for")
    func isWhatWasAsked() {
        #expect(frames(.neutral).allSatisfy { $0.feeling == Feeling() })
        #expect(frames(.smile, 0).allSatisfy { $0.feeling == Feeling() })
        let (whole, half) = (frames(.surprised), frames(.surprised, 0.5))
        for (a, b) in zip(whole, half) {
            #expect(abs(a.feeling.surprise - 2 * b.feeling.surprise) < 1e-4)
            #expect(a.feeling.smile == 0 && a.feeling.serious == 0)
        }
        #expect(frames(.serious).contains { $0.feeling.serious > 0.6 })
    }

    @Test("it changes nothing else: head, lids and mouth are those of a neutral face")
    func changesNothingElse() {
        for (neutral, serious) in zip(frames(.neutral), frames(.serious)) {
            var other = serious
            other.feeling = Feeling()
            #expect(other == neutral)
        }
    }

    @Test("a live face changes its feeling softly, and comes to rest without a trace")
    func changesLive() {
        var animation = LiveFaceAnimation(AnimationOptions(), rateConverter: rateConverter)
        var made: [Feeling] = []
        for frame in 0..<500 {
            if frame == 50 { animation.show(.smile, intensity: 1) }
            if frame == 150 { animation.show(.surprised, intensity: 0.8) }
            if frame == 250 { animation.show(.neutral, intensity: 1) }
            made.append(animation.frame(at: Double(frame) / 25).feeling)
        }
        #expect(made[..<50].allSatisfy { $0 == Feeling() })
        #expect(made[149].smile > 0.5 && made[149].surprise == 0)
        #expect(made[249].surprise > 0.4 && made[249].smile < 0.02)
        #expect(made[499] == Feeling())
        for (a, b) in zip(made, made.dropFirst()) {
            #expect(abs(a.smile - b.smile) < 0.07 && abs(a.surprise - b.surprise) < 0.07)
        }
    }
}
