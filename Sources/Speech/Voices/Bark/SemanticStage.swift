import EngineAPI
import Inference

/// From pieces of text to tokens of meaning: text and history are laid over each other, a token
/// says that the answer begins, and each token goes on from all before it.
struct SemanticStage {
    let network: BarkNetwork
    let settings: BarkSettings.Semantic

    /// - pieces: ids of the vocabulary; what is beyond the model's length is not said.
    /// - Returns: tokens below `vocabulary`, without the one that ends; none where it ends at once.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.modelDamaged`, `.runtimeRefused`.
    func tokens(
        _ pieces: [Int], behind history: BarkHistory, _ generator: inout SeededGenerator,
        until work: WorkContext
    ) throws(EngineError) -> [Int] {
        let cache = OnnxKeyValueCache(settings.transformer.cacheShape)
        var (tokens, added) = prompt(pieces, history)
        let runs = try network.session.runs(until: work)
        var made: [Int] = []
        while true {
            let logits = try network.session.run(
                [
                    (name: "tokens", tensor: Tensor(tokens, shape: [tokens.count])),
                    (name: "added", tensor: Tensor(added, shape: [added.count])),
                ], count: tokens.count, behind: cache, among: runs)
            let scores = try network.scores(logits, count: settings.outputs)
            guard let token = choose(scores, &generator) else { return made }
            made.append(token)
            if made.count == settings.tokens_max { return made }
            (tokens, added) = ([Int64(token)], [nothing])
        }
    }

    /// The row of the table that adds nothing.
    private var nothing: Int64 { Int64(settings.inputs) }

    /// The text filled up to its length, the history over it, and the token that begins.
    private func prompt(_ pieces: [Int], _ history: BarkHistory) -> ([Int64], [Int64]) {
        let length = settings.input_length
        var tokens = pieces.prefix(length).map { Int64($0 + settings.text_offset) }
        tokens += Array(repeating: Int64(settings.text_pad), count: length - tokens.count)
        var added = history.semantic.suffix(length).map(Int64.init)
        added += Array(repeating: Int64(settings.end), count: length - added.count)
        return (tokens + [Int64(settings.infer)], added + [nothing])
    }

    /// nil is the end.
    private func choose(_ scores: [Float], _ generator: inout SeededGenerator) -> Int? {
        // What may be chosen: meaning, and the end behind it.
        let allowed = scores[..<settings.vocabulary] + [scores[settings.end]]
        let end = settings.vocabulary
        if settings.end_probability > 0,
            TokenSampler.probability(of: end, allowed) > settings.end_probability
        {
            return nil
        }
        let place = TokenSampler.choose(allowed, settings.sampling, &generator)
        return place == end ? nil : place
    }
}

extension BarkSettings.Causal {
    var cacheShape: OnnxKeyValueCache.Shape {
        OnnxKeyValueCache.Shape(layers: layers, heads: heads, width: width)
    }
}
