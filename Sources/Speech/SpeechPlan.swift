import EngineAPI

/// The clauses of one order, one after the other; a sentence is read when its turn comes.
struct SpeechPlan {
    private var cutter: SentenceCutter?
    private let front: FrontEnd
    private let alphabet: PhonemeAlphabet
    private var ready: [Clause] = []
    private var isFirst = true

    /// - Throws: `.scriptUnsupported`.
    init(_ order: SpeechOrder, front: FrontEnd, alphabet: PhonemeAlphabet) throws(EngineError) {
        self.front = front
        self.alphabet = alphabet
        if order.isPhonemes {
            ready = given(order.text)
        } else {
            cutter = SentenceCutter(
                try front.cleaner.cleaned(order.text), rules: front.tables.rules)
        }
    }

    /// Whether text is left, though perhaps none that can be spoken.
    var hasMore: Bool { !ready.isEmpty || (cutter?.hasMore ?? false) }

    /// - Throws: what the network of unknown words throws.
    mutating func next() throws(EngineError) -> Clause? {
        while ready.isEmpty, let sentence = cutter?.next() {
            let words = try front.words(sentence.text).map(spoken)
            let limit = isFirst ? ClauseCutter.firstPhonemesMax : ClauseCutter.phonemesMax
            ready = ClauseCutter.clauses(words, end: sentence.end, firstMax: limit)
        }
        if ready.isEmpty { return nil }
        isFirst = false
        return ready.removeFirst()
    }

    /// The word without symbols that the network does not know.
    private func spoken(_ word: ReadWord) -> ReadWord {
        let isPlain = word.phonemes.unicodeScalars.allSatisfy { alphabet.id($0) != nil }
        if isPlain { return word }
        let known = word.phonemes.unicodeScalars.filter { alphabet.id($0) != nil }
        return ReadWord(text: word.text, phonemes: String(known), hasSpace: word.hasSpace)
    }

    /// Phonemes that are given: each line is a paragraph, spaces part words.
    private func given(_ text: String) -> [Clause] {
        var clauses: [Clause] = []
        for line in text.scalars.split(whereSeparator: { $0 == "\n" || $0 == "\r" }) {
            let words = line.split(whereSeparator: \.isSpace).map {
                spoken(ReadWord(text: String($0), phonemes: String($0), hasSpace: true))
            }
            let limit =
                clauses.isEmpty ? ClauseCutter.firstPhonemesMax : ClauseCutter.phonemesMax
            clauses += ClauseCutter.clauses(words, end: .paragraph, firstMax: limit)
        }
        return clauses
    }
}
