/// Decides how the pitch goes at the ends of a sentence's phrases, by the kind of the sentence:
/// its verb's place, its question words, its alternatives, its lists and its tag.
struct SentenceTunes {
    /// A stretch between commas, dashes and brackets.
    struct Phrase: Equatable {
        /// Small letters, without marks.
        var words: [String] = []
        /// Indexes of the same words in the sentence.
        var places: [Int] = []
    }

    /// - isOpen: the sentence ends without an end: an item or a line that others follow.
    static func settle(_ words: inout [ReadWord], isOpen: Bool = false) {
        var phrases = [Phrase()]
        for (index, word) in words.enumerated() {
            let marks = word.phonemes.unicodeScalars.filter(PhonemeAlphabet.isMark)
            let text = plain(word.text)
            if !text.isEmpty, word.phonemes.unicodeScalars.contains(where: \.isLetter) {
                phrases[phrases.count - 1].words.append(text)
                phrases[phrases.count - 1].places.append(index)
            }
            if let mark = marks.last(where: { enders.contains($0) }) {
                let isQuestion = marks.contains("?")
                give(tunes(phrases, isQuestion ? "?" : mark), to: &words)
                phrases = [Phrase()]
            } else if marks.contains(where: { breaks.contains($0) }) {
                if !(phrases.last?.words.isEmpty ?? true) { phrases.append(Phrase()) }
            }
        }
        give(tunes(phrases, isOpen ? "," : "."), to: &words)
    }

    private static let enders = Set(".!?…".unicodeScalars)
    private static let breaks = Set(",;:—()".unicodeScalars)

    private static func plain(_ text: String) -> String {
        String(
            text.lowercased().unicodeScalars.map { $0.isApostrophe ? "'" : $0 }
                .filter { $0.isWordPart || $0 == "'" || $0 == "-" })
    }

    private static func give(_ tunes: [Int: Tune], to words: inout [ReadWord]) {
        for (place, tune) in tunes { words[place].tune = tune }
    }

    /// - mark: what ends the sentence; "," where more follows.
    /// - Returns: tunes by the places of the words that they end at.
    static func tunes(_ all: [Phrase], _ mark: Unicode.Scalar) -> [Int: Tune] {
        let phrases = all.filter { !$0.words.isEmpty }
        guard let last = phrases.last?.places.last else { return [:] }
        switch mark {
        case "?":
            var tunes: [Int: Tune] = [:]
            let kind = QuestionKind(phrases)
            if case .alternative(let choices) = kind {
                for place in choices { tunes[place] = .rise }
            }
            tunes[last] = kind.rises ? .rise : .fall
            return tunes
        case ",":
            return [last: .continuation]
        case ".":
            var tunes = items(phrases)
            tunes[last] = .fall
            return tunes
        default:
            // A call and an unfinished sentence keep the tune that the network gives them.
            return items(phrases)
        }
    }

    /// Words of one item of a list at most; longer stretches between commas are clauses.
    private static let itemWordsMax = 5

    /// The ends of a list's items but for the last: "bread, milk, and eggs".
    private static func items(_ phrases: [Phrase]) -> [Int: Tune] {
        var tunes: [Int: Tune] = [:]
        for end in phrases.indices.dropFirst() {
            let joint = phrases[end].words.firstIndex { $0 == "and" || $0 == "or" || $0 == "nor" }
            guard let joint, joint < itemWordsMax else { continue }
            // The first item ends what came before the list, however long.
            var start = end
            while start > 1, phrases[start - 1].words.count <= itemWordsMax { start -= 1 }
            // "Yesterday, Tom and Ann left" has two of a kind, but no list.
            let isSeries =
                end > start
                || (joint > 0 && phrases[end].words.count - joint <= 3
                    && phrases[start - 1].words.count > 1)
            guard isSeries, !opens(phrases[start - 1]) else { continue }
            for item in start - 1..<end {
                if let place = phrases[item].places.last { tunes[place] = .continuation }
            }
            if joint > 0 {
                tunes[phrases[end].places[joint - 1]] = .continuation
            }
        }
        return tunes
    }

    /// "When he came, Tom and Ann left" is no list.
    private static func opens(_ phrase: Phrase) -> Bool {
        guard let first = phrase.words.first, phrase.words.count > 1 else { return false }
        return subordinators.contains(first)
    }

    private static let subordinators: Set<String> = [
        "when", "whenever", "while", "if", "unless", "because", "although", "though", "as", "since",
        "after", "before", "until", "once", "whereas", "wherever",
    ]
}

/// What a question asks for.
enum QuestionKind: Equatable {
    /// Yes or no, or to hear a word again.
    case polar
    /// Who, what, where.
    case open
    /// One of several; the places of the words that end all choices but the last.
    case alternative([Int])
    /// To be told that one is right: "It's cold, isn't it?"
    case confirmation

    /// Whether the end goes up.
    var rises: Bool { self == .polar }

    /// - phrases: of one sentence, none without words.
    init(_ phrases: [SentenceTunes.Phrase]) {
        let asking = QuestionKind.asking(phrases)
        let phrase = phrases[asking]
        let body = Array(phrase.words.dropFirst(QuestionWords.lead(phrase.words)))
        if asking > 0 || !QuestionWords.asks(body), phrases.count > 1,
            let tag = QuestionKind.tag(phrases[phrases.count - 1].words)
        {
            self = tag
            return
        }
        let isOpen = QuestionWords.isOpen(body)
        // "Which one, tea or coffee?"
        let choices = QuestionKind.choices(
            isOpen ? phrases[(asking + 1)...] : phrases[asking...])
        if !choices.isEmpty {
            self = .alternative(choices)
        } else {
            self = isOpen ? .open : .polar
        }
    }

    /// The phrase that asks: the last that begins as a question does, else the first.
    private static func asking(_ phrases: [SentenceTunes.Phrase]) -> Int {
        let asking = phrases.indices.last { index in
            let words = phrases[index].words
            let body = Array(words.dropFirst(QuestionWords.lead(words)))
            return QuestionWords.asks(body)
        }
        return asking ?? 0
    }

    /// "isn't it", "right": nil for what is no tag.
    private static func tag(_ words: [String]) -> QuestionKind? {
        guard let first = words.first, words.count <= 4 else { return nil }
        if words.count <= 2, QuestionWords.tagWords.contains(first) { return .polar }
        guard let verb = QuestionWords.auxiliary(first), words.count > 1,
            QuestionWords.pronouns.contains(words[1])
        else { return nil }
        let isNegated = verb.isNegative || words.dropFirst(2).first == "not"
        guard words.count == 2 || (words.count == 3 && words[2] == "not") else { return nil }
        // Who asks "isn't it?" expects a yes; "is it?" is a question still.
        return isNegated ? .confirmation : .polar
    }

    /// The words that end all choices but the last; none where "or" joins no choices.
    private static func choices(_ phrases: ArraySlice<SentenceTunes.Phrase>) -> [Int] {
        guard let end = phrases.indices.last(where: { phrases[$0].words.contains("or") }),
            let joint = phrases[end].words.lastIndex(of: "or"),
            end == phrases.endIndex - 1, joint + 1 < phrases[end].words.count
        else { return [] }
        let words = phrases[end].words
        let after = words[joint + 1]
        let before = joint > 0 ? words[joint - 1] : phrases[..<end].last?.words.last
        guard let before, !QuestionWords.vague.contains(after) else { return [] }
        // "Two or three", "anyone or anything", "whether it is so or not", "more or less".
        if QuestionWords.isNumber(before) && QuestionWords.isNumber(after) { return [] }
        let whole = phrases.flatMap(\.words)
        if whole.contains(where: { QuestionWords.leavesOpen.contains($0) }) { return [] }
        if before == "more" || before == "sooner" || before == "once" { return [] }
        var places: [Int] = []
        for index in phrases.indices.dropLast() where phrases[index + 1].words.count <= 5 {
            // Whole clauses before a list of choices are none of them.
            if let place = phrases[index].places.last { places.append(place) }
        }
        if joint > 0 { places.append(phrases[end].places[joint - 1]) }
        return places
    }
}
