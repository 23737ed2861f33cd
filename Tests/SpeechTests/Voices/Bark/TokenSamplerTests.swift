import EngineAPI
import Testing

@testable import Speech

@Suite struct TokenSamplerTests {
    private func counts(
        _ scores: [Float], _ temperature: Double, topK: Int, draws: Int = 4_000
    ) -> [Int] {
        var generator = SeededGenerator(seed: 3)
        var counts = [Int](repeating: 0, count: scores.count)
        let sampling = BarkSettings.Sampling(temperature: temperature, topK: topK)
        for _ in 0..<draws {
            counts[TokenSampler.choose(scores[...], sampling, &generator)] += 1
        }
        return counts
    }

    @Test("without a temperature the likeliest is taken, the first of equals")
    func greedy() {
        #expect(counts([0, 2, -1, 2], 0, topK: 0, draws: 5) == [0, 5, 0, 0])
    }

    @Test("tokens come as often as their scores say, at any temperature")
    func frequencies() {
        let scores: [Float] = [0, 1, 2]
        // e⁰, e¹ and e² of their sum; at half the temperature e⁰, e² and e⁴.
        for (temperature, shares) in [(1.0, [0.090, 0.245, 0.665]), (0.5, [0.016, 0.117, 0.867])] {
            let made = counts(scores, temperature, topK: 0)
            for (count, share) in zip(made, shares) {
                #expect(abs(Double(count) / 4_000 - share) < 0.03)
            }
        }
    }

    @Test("only the likeliest are chosen from, where their number is bounded")
    func bounded() {
        let made = counts([1, 3, 2, 2.5, 0], 2, topK: 2)
        #expect(made[1] > 0 && made[3] > 0 && made[1] + made[3] == 4_000)
        #expect(counts([1, 3, 2], 2, topK: 9).allSatisfy { $0 > 0 })
    }

    @Test("a slice counts from its start, and the same seed draws the same")
    func slices() {
        let scores: [Float] = [9, 9, 0, 5, 0]
        var generator = SeededGenerator(seed: 1)
        let greedy = BarkSettings.Sampling(temperature: 0, topK: 0)
        #expect(TokenSampler.choose(scores[2...], greedy, &generator) == 1)
        #expect(abs(TokenSampler.probability(of: 1, scores[2...]) - 0.9867) < 1e-3)
        #expect(counts([0, 1, 2], 1, topK: 0) == counts([0, 1, 2], 1, topK: 0))
    }
}
