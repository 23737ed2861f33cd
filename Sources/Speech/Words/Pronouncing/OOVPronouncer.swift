import EngineAPI
import Inference

/// Readings of words that no dictionary has: a small network from letters to phonemes, loaded at
/// the first such word.
final class OOVPronouncer {
    /// The network was trained on words up to this long.
    static let lettersMax = 24
    /// Readings that are kept: a text repeats its names.
    private static let keptMax = 512

    private let session: () throws(EngineError) -> OnnxSession
    private var loaded: OnnxSession?
    private var kept: [String: String] = [:]
    private let ids: [Unicode.Scalar: Int64]
    private let sounds: [Unicode.Scalar]

    /// - session: opens the network; called once.
    init(_ tables: VoiceTables, session: @escaping () throws(EngineError) -> OnnxSession) {
        self.session = session
        sounds = tables.sounds
        ids = Dictionary(
            zip(tables.letters, 1...).map { ($0, Int64($1)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Loads the network now.
    func prepare() throws(EngineError) {
        if loaded == nil { loaded = try session() }
    }

    /// The reading of a word; nil when the network knows none of its letters.
    func reading(_ word: String) throws(EngineError) -> String? {
        if let known = kept[word] { return known }
        let letters = word.unicodeScalars.compactMap { ids[$0] }
        if letters.isEmpty { return nil }
        var reading = ""
        for start in stride(from: 0, to: letters.count, by: OOVPronouncer.lettersMax) {
            let end = min(start + OOVPronouncer.lettersMax, letters.count)
            reading += try piece(Array(letters[start..<end]))
        }
        if kept.count >= OOVPronouncer.keptMax { kept.removeAll(keepingCapacity: true) }
        kept[word] = reading
        return reading
    }

    /// `chars` int64[1, L] → int64[1, 4 L]; repeats are one symbol, 0 is none (CTC).
    private func piece(_ letters: [Int64]) throws(EngineError) -> String {
        try prepare()
        guard let loaded else { return "" }
        let out = try loaded.run([("chars", Tensor(letters, shape: [1, letters.count]))])
        var symbols = String.UnicodeScalarView()
        var previous: Int64 = 0
        for id in out.first?.integers ?? [] {
            if id != previous, id > 0, id <= sounds.count { symbols.append(sounds[Int(id) - 1]) }
            previous = id
        }
        return String(symbols)
    }
}
