import EngineAPI

/// How a voice reads: from clean text to words in the signs that its network knows. Used by the
/// thread that reads, one sentence at a time.
protocol TextFrontend: AnyObject {
    var cleaner: TextCleaner { get }
    /// What the sentence cutter knows of abbreviations.
    var rules: HashedTable { get }

    /// - spans: what the sentence's marks stand for.
    /// - Throws: `.runtimeRefused` and whatever its networks and libraries throw.
    func words(_ sentence: Scalars, spans: [ScriptSpan]) throws(EngineError) -> [ReadWord]

    /// Whether the network has an id for the sign.
    func knows(_ sign: Unicode.Scalar) -> Bool

    /// The international phonetic alphabet in the voice's signs; empty where no audio is left.
    func signs(ipa: String) -> String

    /// Letters of the phonetic alphabet that the voice has no audio for, each once.
    func unknownSigns(ipa: String) -> [Unicode.Scalar]

    /// A word that is read as another spelling.
    /// - Throws: as `words`.
    func respelt(_ spelling: Scalars) throws(EngineError) -> ScriptSpan

    /// A sentence's words as the network speaks them at once.
    /// - isFirst: nothing was said yet, and somebody waits.
    func clauses(_ words: [ReadWord], end: BreakKind, isFirst: Bool) -> [Clause]
}

extension TextFrontend {
    func clauses(_ words: [ReadWord], end: BreakKind, isFirst: Bool) -> [Clause] {
        let limit = isFirst ? ClauseSplitter.firstPhonemesMax : ClauseSplitter.phonemesMax
        return ClauseSplitter.clauses(words, end: end, firstMax: limit)
    }

    func respelt(_ spelling: Scalars) throws(EngineError) -> ScriptSpan {
        let phonemes = try words(spelling, spans: []).map(\.phonemes).filter { !$0.isEmpty }
        return .phonemes(phonemes.joined(separator: " "), text: String(spelling))
    }
}

/// Our own frontend, for voices of English.
final class EnglishFrontend: TextFrontend {
    /// Which signs the network was taught with.
    enum Signs { case own, espeak }

    private let front: FrontEnd
    private let alphabet: PhonemeAlphabet
    private let kind: Signs
    private let isKnown: (Unicode.Scalar) -> Bool

    /// - isKnown: whether the network has an id for a sign.
    init(
        _ front: FrontEnd, _ alphabet: PhonemeAlphabet, signs: Signs = .own,
        isKnown: @escaping (Unicode.Scalar) -> Bool
    ) {
        self.front = front
        self.alphabet = alphabet
        self.isKnown = isKnown
        kind = signs
    }

    var cleaner: TextCleaner { front.cleaner }
    var rules: HashedTable { front.tables.rules }
    func knows(_ sign: Unicode.Scalar) -> Bool { isKnown(sign) }

    func words(_ sentence: Scalars, spans: [ScriptSpan]) throws(EngineError) -> [ReadWord] {
        let words = try front.words(sentence, spans: spans)
        if kind == .own { return words }
        return words.map { word in
            ReadWord(
                text: word.text, phonemes: EspeakSigns.rewritten(word.phonemes),
                hasSpace: word.hasSpace, emphasis: word.emphasis)
        }
    }

    /// In our own phoneme symbols: a span's reading passes through `words` with the rest.
    func signs(ipa: String) -> String {
        VoiceIPA.phonemes(ipa, alphabet, isBritish: front.tables.isBritish)
    }
    func unknownSigns(ipa: String) -> [Unicode.Scalar] { VoiceIPA.unknown(ipa, alphabet) }

    /// In our own phoneme symbols too.
    func respelt(_ spelling: Scalars) throws(EngineError) -> ScriptSpan {
        let phonemes = try front.words(spelling).map(\.phonemes).filter { !$0.isEmpty }
        return .phonemes(phonemes.joined(separator: " "), text: String(spelling))
    }
}

/// Our American English phoneme symbols in those that espeak-ng writes for it.
enum EspeakSigns {
    /// Longer ones first.
    private static let pairs: [(String, String)] = [
        ("ɜɹ", "ɜː"), ("əɹ", "ɚ"), ("ᵊl", "əl"), ("A", "eɪ"), ("I", "aɪ"), ("O", "oʊ"), ("Q", "əʊ"),
        ("W", "aʊ"), ("Y", "ɔɪ"), ("ʤ", "dʒ"), ("ʧ", "tʃ"), ("T", "ɾ"), ("ᵊ", "ə"), ("u", "uː"),
        ("ɑ", "ɑː"), ("ɔ", "ɔː"),
    ]

    static func rewritten(_ phonemes: String) -> String {
        let text = phonemes.scalars
        var out = String.UnicodeScalarView()
        var at = 0
        while at < text.count {
            if let (from, to) = pairs.first(where: { text.has($0.0, at) }) {
                out.append(contentsOf: to.unicodeScalars)
                at += from.unicodeScalars.count
            } else {
                out.append(text[at])
                // "happy" ends short, "he" is long.
                if text[at] == "i", at > 0,
                    text[at - 1] == Stress.primary || text[at - 1] == Stress.secondary
                {
                    out.append("ː")
                }
                at += 1
            }
        }
        return String(out)
    }
}
