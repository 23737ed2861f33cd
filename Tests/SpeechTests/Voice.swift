import EngineAPI
import Execution
import Glibc
import Inference
import Media

@testable import Speech

/// The voice under test: models from AVATAR_MODELS, else from `.deps/models` of this checkout.
enum Voice {
    static let folder: ModelDirectory = {
        if let path = getenv("AVATAR_MODELS") { return ModelDirectory(path: String(cString: path)) }
        return ModelDirectory(path: root + "/.deps/models")
    }()

    /// This checkout.
    static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private static let shared = Mutex<OnnxRuntime?>(nil)

    /// One ONNX Runtime for the whole run.
    static let runtime: SpeechSynthesizer.RuntimeProvider = {
        () throws(EngineError) -> OnnxRuntime in
        try shared.withLock { (kept) throws(EngineError) -> OnnxRuntime in
            if let kept { return kept }
            let runtime = try OnnxRuntime()
            kept = runtime
            return runtime
        }
    }

    static func tables() throws -> VoiceTables {
        try VoiceTables(path: try folder.file("hibari/hibari.tables"))
    }

    static func front() throws -> FrontEnd {
        let tables = try tables()
        let unknown = OOVPronouncer(tables) { () throws(EngineError) in
            try OnnxSession(try runtime(), modelPath: folder.file("hibari/oov.onnx"))
        }
        return FrontEnd(tables, unknown: unknown)
    }

    static func reader(_ front: FrontEnd) -> EnglishFrontend {
        let alphabet = PhonemeAlphabet(front.tables)
        return EnglishFrontend(front, alphabet) { alphabet.id($0) != nil }
    }

    private static let codec = FFmpegCodec(threads: 1)

    /// As the program injects it.
    static let rateConverter: AudioRateConverterFactory = { (from, to) throws(EngineError) in
        try codec.rateConverter(fromHz: from, toHz: to)
    }

    static let engine = SpeechSynthesizer(
        models: folder, runtime: runtime, rateConverter: rateConverter)

    static func model() throws -> AcousticModel {
        func session(_ file: String) throws -> OnnxSession {
            try OnnxSession(try runtime(), modelPath: try folder.file(file))
        }
        return AcousticModel(
            text: try session("hibari/hibari.onnx"),
            decoder: try session("hibari/hibari_decoder.onnx"))
    }

    /// Everything that an order makes, clause by clause: a first sound is joined to its rest.
    static func clauses(_ request: SpeechRequest, within limit: Duration = .seconds(60))
        async throws
        -> [SpokenClause]
    {
        var clauses: [SpokenClause] = []
        for piece in try await pieces(request, within: limit) {
            guard piece.isContinuation, let first = clauses.popLast() else {
                clauses.append(piece)
                continue
            }
            clauses.append(
                SpokenClause(
                    text: first.text,
                    clip: AudioClip(
                        samples: first.clip.samples + piece.clip.samples,
                        sampleRateHz: piece.clip.sampleRateHz),
                    startSeconds: first.startSeconds, words: first.words,
                    phonemes: first.phonemes, visemes: first.visemes, isGuess: first.isGuess,
                    isLast: piece.isLast))
        }
        return clauses
    }

    /// The same as it is delivered.
    static func pieces(_ request: SpeechRequest, within limit: Duration = .seconds(60))
        async throws
        -> [SpokenClause]
    {
        let kept = Kept()
        try await engine.speak(request, work: WorkContext(within: limit)) { clause in
            kept.add(clause)
        }
        return kept.clauses
    }
}

/// Collects clauses from any thread.
final class Kept: Sendable {
    private let store = Mutex<[SpokenClause]>([])
    func add(_ clause: SpokenClause) { store.withLock { $0.append(clause) } }
    var clauses: [SpokenClause] { store.withLock { $0 } }
}

extension FrontEnd {
    /// The reading of one sentence as one string.
    func reading(_ text: String) throws -> String {
        let words = try words(try cleaner.cleaned(text))
        let line = words.map { $0.phonemes + ($0.hasSpace ? " " : "") }.joined()
        return String(line.scalars.trimmed())
    }
}
