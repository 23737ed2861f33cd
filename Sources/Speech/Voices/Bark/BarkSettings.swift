import EngineAPI

/// What `bark.json` says of a model: sizes, numbers of tokens, and how it is sampled. Written by
/// `scripts/models/bark/settings.py`; whatever is not plausible is refused, since all of it becomes
/// lengths and places.
struct BarkSettings: Decodable, Sendable, Equatable {
    /// One of the transformers that go on from what they said.
    struct Causal: Sendable, Equatable {
        let layers: Int
        let heads: Int
        /// Of a head.
        let width: Int
        /// Tokens that it can look at.
        let positions: Int
        let inputs: Int
        let outputs: Int
    }

    /// How a token is chosen among the scores.
    struct Sampling: Sendable, Equatable {
        /// 0 takes the likeliest.
        var temperature: Double
        /// Only so many of the likeliest are chosen from; 0 is all.
        var topK: Int
    }

    /// From text to tokens of meaning.
    struct Semantic: Decodable, Sendable, Equatable {
        let layers: Int
        let heads: Int
        let width: Int
        let positions: Int
        let inputs: Int
        let outputs: Int
        /// Tokens of meaning are below.
        let vocabulary: Int
        /// The token that ends, and that fills a history which is too short.
        let end: Int
        let text_offset: Int
        let text_pad: Int
        let infer: Int
        /// Pieces of text, and tokens of history, at most.
        let input_length: Int
        /// Tokens a second.
        let rate: Double
        /// Tokens at most that are made of one text.
        let tokens_max: Int
        var temperature: Double
        var top_k: Int
        /// It ends where the end is likelier than this; 0 leaves the end to the sampling.
        var end_probability: Double
    }

    /// From tokens of meaning to the first codebooks.
    struct Coarse: Decodable, Sendable, Equatable {
        let layers: Int
        let heads: Int
        let width: Int
        let positions: Int
        let inputs: Int
        let outputs: Int
        let pad: Int
        let infer: Int
        let codebooks: Int
        /// Frames a second.
        let rate: Double
        /// Tokens of meaning that one window sees.
        let input_length: Int
        /// Codes before it that one window sees.
        let history_max: Int
        /// Codes that one window makes.
        let window: Int
        var temperature: Double
        var top_k: Int
    }

    /// From the first codebooks to all.
    struct Fine: Decodable, Sendable, Equatable {
        let codebooks: Int
        /// Frames that one run sees.
        let input_length: Int
        /// Of them, those of the history; also how far runs are apart.
        let history_max: Int
        var temperature: Double
    }

    let format: Int
    let sample_rate: Int
    /// Samples a frame.
    let frame_samples: Int
    let codebook_size: Int
    var semantic: Semantic
    var coarse: Coarse
    var fine: Fine
    /// Bytes of the files by name.
    let files: [String: Int]

    /// Codes of the coarse transformer a token of meaning.
    var codesPerToken: Double { coarse.rate / semantic.rate * Double(coarse.codebooks) }
    /// Tokens of meaning that the coarse transformer's history has at most.
    var historyTokensMax: Int { Int(bounded: Double(coarse.history_max) / codesPerToken) }

    /// - Throws: `.modelDamaged` for what can't be a model's.
    static func read(_ bytes: [UInt8], path: String) throws(EngineError) -> BarkSettings {
        let settings = try SettingsFile.decoded(BarkSettings.self, bytes, path: path)
        guard settings.isPlausible else { throw .modelDamaged(path: path) }
        return settings
    }

    private var isPlausible: Bool {
        let (semantic, coarse, fine) = (semantic, coarse, fine)
        let temperatures = [semantic.temperature, coarse.temperature, fine.temperature]
        return format == 1 && (8_000...48_000).contains(sample_rate)
            && (1...10_000).contains(frame_samples) && (2...65_536).contains(codebook_size)
            && semantic.transformer.isPlausible && coarse.transformer.isPlausible
            && temperatures.allSatisfy { (0...10).contains($0) }
            && (0...1).contains(semantic.end_probability)
            && isSemanticPlausible && isCoarsePlausible
            && (coarse.codebooks...32).contains(fine.codebooks)
            && (16...8_192).contains(fine.input_length)
            && (1..<fine.input_length).contains(fine.history_max)
    }

    private var isSemanticPlausible: Bool {
        let part = semantic
        return (1..<part.outputs).contains(part.vocabulary)
            && (part.vocabulary..<part.outputs).contains(part.end)
            && (0..<part.inputs).contains(part.end) && (0..<part.inputs).contains(part.text_offset)
            && (0..<part.inputs).contains(part.text_pad) && (0..<part.inputs).contains(part.infer)
            && (1...part.positions).contains(part.input_length)
            && (1...part.positions).contains(part.tokens_max)
            && part.input_length + 1 + part.tokens_max <= part.positions + 1
            && (1...1_000).contains(part.rate)
    }

    private var isCoarsePlausible: Bool {
        let part = coarse
        let codes = semantic.vocabulary + part.codebooks * codebook_size
        return (1...8).contains(part.codebooks) && codes <= part.outputs && codes <= part.inputs
            && (0..<part.inputs).contains(part.pad) && (0..<part.inputs).contains(part.infer)
            && (1...1_000).contains(part.rate) && (1...part.positions).contains(part.input_length)
            && (part.codebooks...part.positions).contains(part.window)
            && part.window % part.codebooks == 0
            && (part.codebooks...part.positions).contains(part.history_max)
            && part.input_length + 1 + part.history_max + part.window <= part.positions + 1
    }
}

extension BarkSettings.Causal {
    fileprivate var isPlausible: Bool {
        (1...128).contains(layers) && (1...128).contains(heads) && (1...512).contains(width)
            && (16...16_384).contains(positions) && (16...1 << 22).contains(inputs)
            && (16...1 << 22).contains(outputs)
    }
}

extension BarkSettings.Semantic {
    var transformer: BarkSettings.Causal {
        BarkSettings.Causal(
            layers: layers, heads: heads, width: width, positions: positions, inputs: inputs,
            outputs: outputs)
    }
    var sampling: BarkSettings.Sampling {
        BarkSettings.Sampling(temperature: temperature, topK: top_k)
    }
}

extension BarkSettings.Coarse {
    var transformer: BarkSettings.Causal {
        BarkSettings.Causal(
            layers: layers, heads: heads, width: width, positions: positions, inputs: inputs,
            outputs: outputs)
    }
    var sampling: BarkSettings.Sampling {
        BarkSettings.Sampling(temperature: temperature, topK: top_k)
    }
}
