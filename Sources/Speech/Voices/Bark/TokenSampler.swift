import EngineAPI
import Glibc

/// Chooses one of scored tokens.
enum TokenSampler {
    /// The likeliest where the temperature is 0, else one of the `topK` likeliest by chance; the
    /// first of equals.
    /// - scores: of the tokens that may be chosen, all of them numbers; not empty.
    /// - Returns: its place in the scores.
    static func choose(
        _ scores: ArraySlice<Float>, _ sampling: BarkSettings.Sampling,
        _ generator: inout SeededGenerator
    ) -> Int {
        guard sampling.temperature > 0 else { return likeliest(scores) }
        var floor = -Float.infinity
        if sampling.topK > 0, sampling.topK < scores.count {
            floor = scores.sorted(by: >)[sampling.topK - 1]
        }
        let best = scores.max() ?? 0
        let scale = Float(1 / sampling.temperature)
        var sums: [Float] = []
        sums.reserveCapacity(scores.count)
        var total: Float = 0
        for score in scores {
            if score >= floor { total += exp((score - best) * scale) }
            sums.append(total)
        }
        let place = generator.uniform(0, 1) * total
        // The last sum is the total: there is always one.
        return sums.firstIndex { $0 > place } ?? likeliest(scores)
    }

    static func likeliest(_ scores: ArraySlice<Float>) -> Int {
        var best = scores.startIndex
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return best - scores.startIndex
    }

    /// How likely one of them is, of all.
    static func probability(of place: Int, _ scores: ArraySlice<Float>) -> Double {
        let best = scores.max() ?? 0
        let total = scores.reduce(Float(0)) { $0 + exp($1 - best) }
        return Double(exp(scores[scores.startIndex + place] - best) / max(total, 1e-30))
    }
}
