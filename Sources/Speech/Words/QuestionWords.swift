/// The closed classes of words that tell an English question's kind.
enum QuestionWords {
    /// Words that stand before a question without being part of it.
    private static let leads: Set<String> = [
        "and", "but", "so", "or", "well", "then", "now", "ok", "okay", "oh", "ah", "hey", "please",
        "yes", "no", "wait", "um", "uh", "hmm", "also", "still", "actually", "anyway", "again",
        "sorry", "look", "listen", "right", "because", "honestly", "seriously", "excuse", "me",
    ]

    /// How many words lead in; never all.
    static func lead(_ words: [String]) -> Int {
        let count = words.prefix { leads.contains($0) }.count
        return count == words.count ? 0 : count
    }

    private static let verbs: Set<String> = [
        "am", "is", "are", "was", "were", "do", "does", "did", "have", "has", "had", "can", "could",
        "will", "would", "shall", "should", "may", "might", "must", "dare", "need", "ought",
    ]

    struct Auxiliary: Equatable {
        let isNegative: Bool
    }

    /// A verb that stands before its subject in a question; nil for other words.
    static func auxiliary(_ word: String) -> Auxiliary? {
        if verbs.contains(word) { return Auxiliary(isNegative: false) }
        if word == "cannot" || word == "ain't" { return Auxiliary(isNegative: true) }
        guard word.hasSuffix("n't") else { return nil }
        let stem = String(word.dropLast(3))
        let isKnown = verbs.contains(stem) || ["ca", "wo", "sha"].contains(stem)
        return isKnown ? Auxiliary(isNegative: true) : nil
    }

    static let pronouns: Set<String> = [
        "i", "you", "he", "she", "it", "we", "they", "there", "this", "that", "these", "those",
        "one",
    ]

    static let tagWords: Set<String> = [
        "right", "okay", "ok", "yes", "yeah", "no", "huh", "eh", "correct", "hm", "hmm", "true",
        "agreed", "see", "alright",
    ]

    private static let asking: Set<String> = [
        "who", "whom", "whose", "what", "which", "where", "when", "why", "how", "whatever",
        "whoever", "wherever",
    ]
    /// Before a question word: "to whom", "in which".
    private static let prepositions: Set<String> = [
        "to", "in", "at", "on", "for", "from", "with", "by", "of", "about", "under", "into",
        "since", "until", "till", "during", "through", "against", "between", "near", "over",
        "within", "without", "toward", "towards", "upon", "behind", "beside", "beyond",
    ]
    /// Begins a noun: after "when" it makes a clause, not a question.
    private static let subjects: Set<String> =
        pronouns.union([
            "the", "a", "an", "my", "your", "his", "her", "its", "our", "their", "everyone",
            "someone", "everybody", "somebody", "people",
        ])
    /// Question words that also begin clauses of other sentences.
    private static let joining: Set<String> = [
        "when", "where", "while", "what", "who", "which", "how", "why", "whatever", "wherever",
        "whoever",
    ]

    /// "what", "what's", "who'd".
    private static func isAsking(_ word: String) -> Bool {
        if asking.contains(word) { return true }
        guard let mark = word.firstIndex(of: "'") else { return false }
        return asking.contains(String(word[..<mark]))
    }

    /// Whether words begin as a question does: with a verb before its subject, or a question word.
    static func asks(_ words: [String]) -> Bool {
        guard let first = words.first else { return false }
        if auxiliary(first) != nil { return words.count > 1 && !isTag(words) }
        return isOpen(words) && words.count > 1 && !joins(words)
    }

    private static func isTag(_ words: [String]) -> Bool {
        words.count < 4 && pronouns.contains(words[1])
            && (words.count == 2 || words[2] == "not")
    }

    /// "When you come", "what I mean": a clause, not yet a question.
    private static func joins(_ words: [String]) -> Bool {
        joining.contains(words[0]) && words.count > 1 && subjects.contains(words[1])
    }

    /// Whether a question word stands in front, after a preposition at the most.
    static func isOpen(_ words: [String]) -> Bool {
        guard let first = words.first else { return false }
        if isAsking(first) { return true }
        return prepositions.contains(first) && words.count > 2 && isAsking(words[1])
    }

    /// After "or" they name no choice: "or not", "or something".
    static let vague: Set<String> = [
        "not", "something", "anything", "so", "whatever", "what", "else", "less", "later", "more",
        "no", "two",
    ]
    /// With them a question asks whether there is any: "any brothers or sisters".
    static let leavesOpen: Set<String> = [
        "any", "anyone", "anybody", "anything", "anywhere", "ever", "either", "whether", "if",
        "without",
    ]

    private static let numbers: Set<String> = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "a", "hundred",
    ]

    static func isNumber(_ word: String) -> Bool {
        numbers.contains(word) || word.unicodeScalars.allSatisfy { $0.isDigit }
    }
}
