import EngineAPI
import Inference

/// From tokens of meaning to the codes of the first codebooks, which take turns. A window of codes
/// at a time: each sees the meaning around it and the codes before it.
struct CoarseStage {
    let network: BarkNetwork
    let settings: BarkSettings

    private var part: BarkSettings.Coarse { settings.coarse }

    /// - Returns: a row of codes for each of the first codebooks, all of one length.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.deadlineTooShort`, `.modelDamaged`,
    ///   `.runtimeRefused`.
    func codes(
        _ semantic: [Int], behind history: BarkHistory, _ generator: inout SeededGenerator,
        until work: WorkContext
    ) throws(EngineError) -> [[Int]] {
        let (meaning, before) = trimmed(history)
        let tokens = meaning + semantic
        // A second of meaning is a whole number of frames, whatever the last bit of a product says.
        let frames = Double(semantic.count) * part.rate / settings.semantic.rate + 1e-6
        let wanted = Int(bounded: frames) * part.codebooks
        let cache = OnnxKeyValueCache(part.transformer.cacheShape)
        let runs = try network.session.runs(until: work)
        var seen: [Int64] = []
        var all = before
        var forecast = WorkForecast()
        while all.count - before.count < wanted {
            let started = ContinuousClock.now
            let made = all.count - before.count
            let place =
                meaning.count
                + Int(bounded: (Double(made) / settings.codesPerToken).rounded(.toNearestOrEven))
            let input = window(tokens, at: place, all)
            // Where this window begins as the last did, what was seen then is known.
            var next = Self.rest(of: input, behind: &seen, cache)
            for _ in 0..<min(part.window, wanted - made) {
                let code = try step(
                    next, cache, codebook: (all.count - before.count) % part.codebooks,
                    &generator, runs)
                seen += next
                all.append(code)
                next = [Int64(code)]
            }
            let left = wanted - (all.count - before.count)
            try forecast.add(
                .now - started, stepsLeft: (left + part.window - 1) / part.window, work: work)
        }
        return rows(all[before.count...])
    }

    /// The end of the history that a window can see, its codes in turns and as tokens: as much
    /// sound as meaning, and of it two less, by which it is heard better (Suno's own finding).
    private func trimmed(_ history: BarkHistory) -> (meaning: [Int], codes: [Int]) {
        let frames = history.coarse.map(\.count).min() ?? 0
        let even = history.semantic.count - history.semantic.count % 2
        let heard = Int(bounded: Double(frames * part.codebooks) / settings.codesPerToken)
        let count = min(settings.historyTokensMax, even, heard)
        guard count > 0 else { return ([], []) }
        var codes: [Int] = []
        for frame in 0..<frames {
            for (book, row) in history.coarse.enumerated() {
                let first = settings.semantic.vocabulary + book * settings.codebook_size
                codes.append(first + row[frame])
            }
        }
        let length = Int(
            bounded: (Double(count) * settings.codesPerToken).rounded(.toNearestOrEven))
        return (Array(history.semantic.suffix(count)), Array(codes.suffix(length).dropLast(2)))
    }

    /// What a window looks at: meaning, filled up to its length, and the codes before it.
    private func window(_ tokens: [Int], at place: Int, _ codes: [Int]) -> [Int64] {
        let start = max(0, place - settings.historyTokensMax)
        var input = tokens.dropFirst(start).prefix(part.input_length).map(Int64.init)
        input += Array(repeating: Int64(part.pad), count: part.input_length - input.count)
        input.append(Int64(part.infer))
        return input + codes.suffix(part.history_max).map(Int64.init)
    }

    /// What of a window's tokens the cache does not hold; at least the last, whose scores are next.
    private static func rest(
        of input: [Int64], behind seen: inout [Int64], _ cache: OnnxKeyValueCache
    ) -> [Int64] {
        var same = 0
        while same < min(seen.count, input.count - 1), seen[same] == input[same] { same += 1 }
        cache.rewind(to: same)
        seen = Array(seen.prefix(same))
        return Array(input[same...])
    }

    private func step(
        _ tokens: [Int64], _ cache: OnnxKeyValueCache, codebook: Int,
        _ generator: inout SeededGenerator, _ runs: OnnxRuns
    ) throws(EngineError) -> Int {
        let logits = try network.session.run(
            [(name: "tokens", tensor: Tensor(tokens, shape: [tokens.count]))],
            count: tokens.count, behind: cache, among: runs)
        let scores = try network.scores(logits, count: part.outputs)
        let first = settings.semantic.vocabulary + codebook * settings.codebook_size
        return first
            + TokenSampler.choose(
                scores[first..<first + settings.codebook_size], part.sampling, &generator)
    }

    /// Codes of each codebook in a row.
    private func rows(_ tokens: ArraySlice<Int>) -> [[Int]] {
        var rows = [[Int]](repeating: [], count: part.codebooks)
        for (index, token) in tokens.enumerated() {
            let book = index % part.codebooks
            rows[book].append(
                token - settings.semantic.vocabulary - book * settings.codebook_size)
        }
        return rows
    }
}
