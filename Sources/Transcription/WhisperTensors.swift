/// ggml's element types that a Whisper model may have; the numbers are ggml's.
enum GGMLType: Int {
    case float = 0
    case half = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q2K = 10
    case q3K = 11
    case q4K = 12
    case q5K = 13
    case q6K = 14

    /// - fileType: ggml's number of a whole file's type (`ggml_ftype`).
    init?(fileType: Int) {
        switch fileType {
        case 0...3, 10...14: self.init(rawValue: fileType)
        case 7: self = .q8_0
        case 8: self = .q5_0
        case 9: self = .q5_1
        default: return nil
        }
    }

    /// Elements that are kept together, and the bytes that they take.
    var blockElements: Int {
        switch self {
        case .float, .half: 1
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
        case .q2K, .q3K, .q4K, .q5K, .q6K: 256
        }
    }

    var blockBytes: Int {
        switch self {
        case .float: 4
        case .half: 2
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .q2K: 84
        case .q3K: 110
        case .q4K: 144
        case .q5K: 176
        case .q6K: 210
        }
    }
}

/// One tensor of a Whisper model.
struct WhisperTensor: Equatable {
    let shape: [Int]
    let type: GGMLType

    var byteCount: Int {
        shape.reduce(1, *) / type.blockElements * type.blockBytes
    }

    /// Whether these sizes are the same; ones at the end do not count.
    func hasShape(_ other: [Int]) -> Bool {
        (0..<3).allSatisfy { size(shape, $0) == size(other, $0) }
    }

    private func size(_ shape: [Int], _ axis: Int) -> Int {
        axis < shape.count ? shape[axis] : 1
    }
}

/// The numbers of a model's head that its tensors follow from.
struct WhisperParameters: Equatable {
    let tokens: Int
    let audioPositions: Int
    let state: Int
    let audioLayers: Int
    let textPositions: Int
    let textLayers: Int
    let mels: Int
    let type: GGMLType

    /// Every tensor by its name, as whisper.cpp's `whisper_model_load` makes them.
    func tensors() -> [String: WhisperTensor] {
        var all: [String: WhisperTensor] = [:]
        // Convolutions and embeddings of positions stay exact.
        let exact: GGMLType = type == .float ? .float : .half
        func add(_ name: String, _ shape: [Int], _ type: GGMLType = .float) {
            all[name] = WhisperTensor(shape: shape, type: type)
        }
        func norm(_ name: String) {
            add("\(name).weight", [state])
            add("\(name).bias", [state])
        }
        add("encoder.positional_embedding", [state, audioPositions])
        add("encoder.conv1.weight", [3, mels, state], exact)
        add("encoder.conv1.bias", [1, state])
        add("encoder.conv2.weight", [3, state, state], exact)
        add("encoder.conv2.bias", [1, state])
        norm("encoder.ln_post")
        add("decoder.positional_embedding", [state, textPositions])
        add("decoder.token_embedding.weight", [state, tokens], type)
        norm("decoder.ln")
        func block(_ name: String, isDecoder: Bool) {
            for attention in isDecoder ? ["attn", "cross_attn"] : ["attn"] {
                norm("\(name).\(attention)_ln")
                for part in ["query", "key", "value", "out"] {
                    add("\(name).\(attention).\(part).weight", [state, state], type)
                    if part != "key" { add("\(name).\(attention).\(part).bias", [state]) }
                }
            }
            norm("\(name).mlp_ln")
            add("\(name).mlp.0.weight", [state, 4 * state], type)
            add("\(name).mlp.0.bias", [4 * state])
            add("\(name).mlp.2.weight", [4 * state, state], type)
            add("\(name).mlp.2.bias", [state])
        }
        for layer in 0..<audioLayers { block("encoder.blocks.\(layer)", isDecoder: false) }
        for layer in 0..<textLayers { block("decoder.blocks.\(layer)", isDecoder: true) }
        return all
    }
}
