import EngineAPI

/// Reads by espeak-ng, for languages that our own frontend does not know.
final class EspeakFrontend: TextFrontend {
    /// What the network was taught with.
    enum Signs { case espeak, kokoro }

    /// One text at a time in the alphabet of `EspeakHandle`; passed in, so that tests need no
    /// library.
    typealias Phonemizer = (_ text: String, _ language: String) throws(EngineError) -> String

    let cleaner: TextCleaner
    let rules: HashedTable
    private let language: String
    private let kind: Signs
    private let isKnown: (Unicode.Scalar) -> Bool
    private let phonemizer: Phonemizer
    private let forms: SpokenForms?

    /// - language: a voice of espeak-ng. - isKnown: whether the network has an id for a sign.
    init(
        _ tables: VoiceTables, language: String, signs: Signs = .espeak,
        isKnown: @escaping (Unicode.Scalar) -> Bool,
        phonemizer: @escaping Phonemizer = EspeakHandle.phonemes
    ) {
        cleaner = TextCleaner(tables, readsEveryScript: true)
        rules = tables.rules
        self.language = language
        self.isKnown = isKnown
        self.phonemizer = phonemizer
        kind = signs
        forms = SpokenForms(language: LanguageTag.primary(language))
    }

    func knows(_ sign: Unicode.Scalar) -> Bool { isKnown(sign) }
    func signs(ipa: String) -> String { VoiceIPA.beforeVowels(rewritten(ipa)) }

    func unknownSigns(ipa: String) -> [Unicode.Scalar] {
        var seen: Set<Unicode.Scalar> = []
        return rewritten(ipa).unicodeScalars.filter {
            !isKnown($0) && $0.isLetter && !PhonemeAlphabet.isModifier($0)
                && seen.insert($0).inserted
        }
    }

    func words(_ sentence: Scalars, spans: [ScriptSpan]) throws(EngineError) -> [ReadWord] {
        var words: [ReadWord] = []
        var emphasis: Emphasis?
        for run in ScriptMark.runs(sentence) {
            var text = run[...]
            var fresh: [ReadWord] = []
            if let mark = run.first, ScriptMark.isMark(mark) {
                text = run.dropFirst()
                if !ScriptMark.sets(&emphasis, mark) { fresh = try span(mark, spans) }
            }
            let said = forms?.normalized(Array(text)) ?? Array(text)
            for clause in EspeakFrontend.clauses(said[...]) { fresh += try read(clause) }
            for at in fresh.indices { fresh[at].emphasis = emphasis }
            words += fresh
        }
        return words
    }

    private func span(_ mark: Unicode.Scalar, _ spans: [ScriptSpan]) throws(EngineError)
        -> [ReadWord]
    {
        let index = Int(mark.value) - Int(ScriptMark.firstSpan)
        guard spans.indices.contains(index) else { return [] }
        switch spans[index] {
        case .phonemes("", let text): return try read(text.scalars[...])
        case .phonemes(let phonemes, let text):
            return [ReadWord(text: text, phonemes: phonemes, hasSpace: true)]
        case .letters(let text):
            return try read(Scalars(text.scalars.flatMap { [$0, " "] })[...])
        case .role(let text, _): return try read(text.scalars[...])
        }
    }

    private static let marks = Set(",;:.!?…—¡¿".unicodeScalars)

    /// Text cut behind each mark that white space follows.
    static func clauses(_ text: ArraySlice<Unicode.Scalar>) -> [ArraySlice<Unicode.Scalar>] {
        var clauses: [ArraySlice<Unicode.Scalar>] = []
        var start = text.startIndex
        for at in text.indices where marks.contains(text[at]) {
            let next = at + 1
            guard next == text.endIndex || text[next].isSpace else { continue }
            clauses.append(text[start..<next])
            start = next
        }
        if start < text.endIndex { clauses.append(text[start...]) }
        return clauses
    }

    /// The words of a clause; its last mark, which espeak-ng drops, stands behind the last word.
    private func read(_ clause: ArraySlice<Unicode.Scalar>) throws(EngineError) -> [ReadWord] {
        let texts = clause.split(whereSeparator: \.isSpace).map { String(Scalars($0)) }
        if texts.isEmpty { return [] }
        let groups = rewritten(try phonemizer(texts.joined(separator: " "), language))
            .split(separator: " ").map(String.init)
        var lengths: [Int] = []
        if groups.count != texts.count {
            for text in texts {
                lengths.append(try phonemizer(text, language).unicodeScalars.count)
            }
        }
        let mark = clause.last { !$0.isSpace }.flatMap {
            EspeakFrontend.marks.contains($0) && isKnown($0) ? String($0) : nil
        }
        var words = WordMatching.words(texts, groups, lengths)
        if let mark, let last = words.indices.last {
            words[last] = ReadWord(
                text: words[last].text, phonemes: words[last].phonemes + mark, hasSpace: true)
        }
        return words
    }

    // MARK: signs

    /// Longer ones first; after misaki's table for voices that were taught by espeak-ng.
    private static let kokoro: [(String, String)] = [
        ("aɪ", "I"), ("aʊ", "W"), ("dz", "ʣ"), ("dʒ", "ʤ"), ("eɪ", "A"), ("oʊ", "O"), ("əʊ", "Q"),
        ("ts", "ʦ"), ("tʃ", "ʧ"), ("ɔɪ", "Y"), ("ɚ", "əɹ"), ("ɝ", "ɜɹ"), ("-", ""),
    ]
    /// espeak-ng 1.51's signs where the version that voices were taught with has others.
    private static let taught: [(String, String)] = [("oːɹ", "ɔːɹ"), ("ʲ", "")]

    /// Without "(en)", which marks a word of another language.
    private func rewritten(_ phonemes: String) -> String {
        let isEnglish = language.hasPrefix("en")
        let pairs = kind == .kokoro ? EspeakFrontend.kokoro : isEnglish ? EspeakFrontend.taught : []
        let text = phonemes.scalars
        var out = String.UnicodeScalarView()
        var (at, depth) = (0, 0)
        while at < text.count {
            if text[at] == "(" { depth += 1 }
            if depth > 0 {
                if text[at] == ")" { depth -= 1 }
                at += 1
            } else if let (from, to) = pairs.first(where: { text.has($0.0, at) }) {
                out.append(contentsOf: to.unicodeScalars)
                at += from.unicodeScalars.count
            } else {
                out.append(text[at] == "\n" ? " " : text[at])
                at += 1
            }
        }
        return String(out)
    }
}

/// Which groups of phonemes say which words: espeak-ng runs words together ("of the") and says
/// one as several ("1999").
enum WordMatching {
    /// - lengths: of each word's phonemes by itself; unused where there is a group for each word.
    static func words(_ texts: [String], _ groups: [String], _ lengths: [Int]) -> [ReadWord] {
        if texts.count == groups.count {
            return zip(texts, groups).map { ReadWord(text: $0, phonemes: $1, hasSpace: true) }
        }
        guard !groups.isEmpty, lengths.count == texts.count else { return [] }
        // Ends of the groups as parts of the whole.
        var ends: [Double] = []
        for group in groups {
            ends.append((ends.last ?? 0) + Double(group.unicodeScalars.count))
        }
        let total = ends[ends.count - 1]
        let expected = Double(max(1, lengths.reduce(0, +)))
        var words: [ReadWord] = []
        var (said, first, pending) = (0.0, 0, "")
        for (index, text) in texts.enumerated() {
            said += Double(lengths[index])
            pending += pending.isEmpty ? text : " " + text
            let isLast = index == texts.count - 1
            let wanted = said / expected * total
            let nearest = ends.indices.min { abs(ends[$0] - wanted) < abs(ends[$1] - wanted) } ?? 0
            let until = isLast ? groups.count : nearest + 1
            guard until > first else { continue }
            words.append(
                ReadWord(
                    text: pending, phonemes: groups[first..<until].joined(separator: " "),
                    hasSpace: true))
            (first, pending) = (until, "")
        }
        return words
    }
}
