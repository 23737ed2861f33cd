import EngineAPI
import Inference

/// Which of Bark's files the models folder has. None of them is ours: an operator exports them by
/// `scripts/models/bark`.
struct BarkFiles: Sendable {
    static let folder = "bark"
    static let settingsFile = "bark/bark.json"
    static let vocabularyFile = "bark/vocab.txt"
    /// One file: the largest of the large model has 1.8 GB.
    static let fileBytesMax = 2 << 30
    /// A voice of 15 s has 30 kB.
    static let voiceBytesMax = 4 << 20

    /// The four networks.
    enum Network: String, CaseIterable, Sendable { case semantic, coarse, fine, codec }

    let models: ModelDirectory

    /// Whether there is any file of it: then its voices are known, and what else they need and lack
    /// is an error that says so.
    var isInstalled: Bool {
        models.names(in: Self.folder).contains { $0.hasSuffix(".onnx") || $0 == "bark.json" }
    }

    /// Whether its voices can speak.
    var isComplete: Bool {
        models.has(Self.settingsFile) && models.has(Self.vocabularyFile)
            && Network.allCases.allSatisfy { models.has(file($0)) }
    }

    /// On a CPU the one in 8 bits, where it is there; it is slow anywhere else.
    func file(_ network: Network, isOnCPU: Bool = true) -> String {
        let exact = "\(Self.folder)/\(network.rawValue).onnx"
        let quantised = "\(Self.folder)/\(network.rawValue).int8.onnx"
        return models.has(quantised) && (isOnCPU || !models.has(exact)) ? quantised : exact
    }

    /// Of the four networks together.
    var networkBytes: Int {
        Network.allCases.reduce(0) { $0 + models.bytes(of: file($1)) }
    }

    /// Names of the voices' files without their suffix, in order.
    var voices: [String] {
        models.names(in: Self.folder + "/voices").compactMap { name in
            guard name.hasSuffix(".npz"), !name.hasPrefix(".") else { return nil }
            return String(name.dropLast(".npz".count))
        }
    }

    /// - Throws: `.modelMissing`, `.modelDamaged`.
    func settings() throws(EngineError) -> BarkSettings {
        let path = try models.verified(Self.settingsFile)
        let bytes = try models.content(of: Self.settingsFile, bytesMax: SettingsFile.bytesMax)
        return try BarkSettings.read(bytes, path: path)
    }

    /// - Throws: `.modelMissing`, `.modelDamaged`.
    func tokenizer(_ settings: BarkSettings) throws(EngineError) -> WordPieceTokenizer {
        let path = try checked(Self.vocabularyFile, settings)
        let bytes = try models.content(
            of: Self.vocabularyFile, bytesMax: WordPieceTokenizer.bytesMax)
        let tokenizer = try WordPieceTokenizer(bytes, path: path)
        // Ids are places in the table of tokens.
        let last = settings.semantic.text_offset + tokenizer.count - 1
        guard last < settings.semantic.inputs else { throw .modelDamaged(path: path) }
        return tokenizer
    }

    /// - Throws: `.modelMissing`, `.modelDamaged`.
    func history(_ voice: String, _ settings: BarkSettings) throws(EngineError) -> BarkHistory {
        let file = "\(Self.folder)/voices/\(voice).npz"
        let path = try models.verified(file)
        let bytes = try models.content(of: file, bytesMax: Self.voiceBytesMax)
        guard let history = BarkHistory(bytes, settings) else { throw .modelDamaged(path: path) }
        return history
    }

    /// The path of a file that is as long as it was when it was written.
    /// - Throws: `.modelMissing`, `.modelDamaged`.
    func checked(_ file: String, _ settings: BarkSettings) throws(EngineError) -> String {
        let path = try models.verified(file)
        let name = String(file.dropFirst(Self.folder.count + 1))
        if let bytes = settings.files[name], models.bytes(of: file) != bytes {
            throw .modelDamaged(path: path)
        }
        return path
    }
}
