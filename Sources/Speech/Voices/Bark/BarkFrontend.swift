import EngineAPI

/// How Bark's voices read: text goes to the network as it is written, in any script, with its marks
/// and with what is no speech: [laughs], ♪, "—" and "…". A sentence is said at once where it is not
/// too long for the network.
final class BarkFrontend: TextFrontend {
    private let letters: CharacterFrontend
    /// Scalars of a clause at most: each is a piece of the vocabulary at most.
    private let scalarsMax: Int

    /// Marks that say that something is sung, and those of Chinese and Japanese as they are
    /// written: the network was taught with them.
    private static let kept = Set("♪♫♬♩，！？：；（）～、。「」『』【】《》〜・".unicodeScalars)

    /// - piecesMax: of the vocabulary, that the network takes at once.
    init(_ tables: VoiceTables, piecesMax: Int) {
        letters = CharacterFrontend(
            tables, cleaner: TextCleaner(tables, readsEveryScript: true, keeps: Self.kept)
        ) { _ in true }
        scalarsMax = piecesMax
    }

    var cleaner: TextCleaner { letters.cleaner }
    var rules: HashedTable { letters.rules }
    func knows(_ sign: Unicode.Scalar) -> Bool { true }
    func signs(ipa: String) -> String { "" }
    func unknownSigns(ipa: String) -> [Unicode.Scalar] { [] }
    func respelt(_ spelling: Scalars) throws(EngineError) -> ScriptSpan {
        try letters.respelt(spelling)
    }

    /// Scripts without blanks are parted into characters, each with the marks behind it.
    func words(_ sentence: Scalars, spans: [ScriptSpan]) throws(EngineError) -> [ReadWord] {
        try letters.words(sentence, spans: spans).flatMap(Self.parted)
    }

    private static func parted(_ word: ReadWord) -> [ReadWord] {
        guard word.text.contains(where: \.isUnspaced) else { return [word] }
        var parts: [String] = []
        var isOpen = false
        for character in word.text {
            let isLetter = character.unicodeScalars.first?.isLetter ?? false
            if parts.isEmpty || isLetter && (character.isUnspaced || !isOpen) {
                parts.append(String(character))
            } else {
                parts[parts.count - 1].append(character)
            }
            isOpen = !character.isUnspaced && isLetter
        }
        return parts.enumerated().map { index, part in
            ReadWord(
                text: part, phonemes: part,
                hasSpace: index + 1 == parts.count && word.hasSpace, emphasis: word.emphasis)
        }
    }

    func clauses(_ words: [ReadWord], end: BreakKind, isFirst: Bool) -> [Clause] {
        SpokenLengthSplitter(scalarsMax: scalarsMax).clauses(words, end: end)
    }
}
