/// A piece of text with what the reader knows of it.
struct Token: Sendable, Equatable {
    var text: String
    /// Penn Treebank part of speech.
    var tag: String
    /// White space follows.
    var hasSpace = false
    /// The reading, once it is known; empty is silent.
    var phonemes: String?
    /// Begins a word; a later part of a word is read in another way.
    var isHead = true
    /// Read as this word instead.
    var alias: String?
    /// Sign of the currency that the number counts.
    var currency: Unicode.Scalar?
    /// How it stands out from its neighbours.
    var emphasis: Emphasis?
    /// A space comes before it in the reading.
    var hasGap = false

    init(_ text: String, tag: String, hasSpace: Bool = false, phonemes: String? = nil) {
        self.text = text
        self.tag = tag
        self.hasSpace = hasSpace
        self.phonemes = phonemes
    }

    /// Several parts as one word: their text, the tag of the heaviest (capitals count twice).
    init(merging parts: ArraySlice<Token>) {
        let heaviest = parts.max { Token.heft($0.text) < Token.heft($1.text) }
        // max keeps the last of equals; the rule wants the first.
        let first = parts.first { Token.heft($0.text) == Token.heft(heaviest?.text ?? "") }
        text = ""
        for (index, part) in zip(parts.indices, parts) {
            text += part.text + (part.hasSpace && index + 1 < parts.endIndex ? " " : "")
        }
        tag = first?.tag ?? ""
        hasSpace = parts.last?.hasSpace ?? false
        isHead = parts.first?.isHead ?? true
        hasGap = parts.first?.hasGap ?? false
        emphasis = parts.first?.emphasis
        currency = parts.compactMap(\.currency).max()
    }

    private static func heft(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + (String($1) == String($1).lowercased() ? 1 : 2) }
    }
}
