import EngineAPI

/// For voices that were taught with letters: a word's signs are its letters.
final class CharacterFrontend: TextFrontend {
    let cleaner: TextCleaner
    let rules: HashedTable
    private let isKnown: (Unicode.Scalar) -> Bool

    init(
        _ tables: VoiceTables, cleaner: TextCleaner? = nil,
        isKnown: @escaping (Unicode.Scalar) -> Bool
    ) {
        self.cleaner = cleaner ?? TextCleaner(tables, readsEveryScript: true)
        rules = tables.rules
        self.isKnown = isKnown
    }

    func knows(_ sign: Unicode.Scalar) -> Bool { isKnown(sign) }

    /// The network knows no phonemes.
    func signs(ipa: String) -> String { "" }
    func unknownSigns(ipa: String) -> [Unicode.Scalar] { [] }
    func respelt(_ spelling: Scalars) throws(EngineError) -> ScriptSpan {
        .phonemes("", text: String(spelling))
    }

    func words(_ sentence: Scalars, spans: [ScriptSpan]) throws(EngineError) -> [ReadWord] {
        var words: [ReadWord] = []
        var emphasis: Emphasis?
        for run in ScriptMark.runs(sentence) {
            var text = run
            if let mark = run.first, ScriptMark.isMark(mark) {
                text.removeFirst()
                _ = ScriptMark.sets(&emphasis, mark)
                let index = Int(mark.value) - Int(ScriptMark.firstSpan)
                if mark.value >= ScriptMark.firstSpan, spans.indices.contains(index) {
                    text = CharacterFrontend.letters(spans[index]) + text
                }
            }
            words += text.split(whereSeparator: \.isSpace).map { word in
                ReadWord(
                    text: String(Scalars(word)), phonemes: spelling(word), hasSpace: true,
                    emphasis: emphasis)
            }
        }
        return words
    }

    /// Small letters where the network has no capitals.
    private func spelling(_ word: ArraySlice<Unicode.Scalar>) -> String {
        var out = String.UnicodeScalarView()
        for scalar in word {
            if isKnown(scalar) {
                out.append(scalar)
            } else {
                out.append(contentsOf: String(scalar).lowercased().unicodeScalars.filter(isKnown))
            }
        }
        return String(out)
    }

    private static func letters(_ span: ScriptSpan) -> Scalars {
        switch span {
        case .phonemes(_, let text), .role(let text, _): text.scalars
        case .letters(let text): Scalars(text.scalars.flatMap { [$0, " "] })
        }
    }
}
