/// Text that arrives in pieces, as a language model writes it, in parts that can be read by
/// themselves: sentences, paragraphs, items of lists; of a long first sentence its first clause, so
/// that sound comes early. Where a part ends depends on the text before that place and on a fixed
/// look ahead only, never on how the text was cut into pieces.
struct TextFeed: Sendable {
    /// A stretch without an end is parted at a space.
    private static let partMax = 1_200
    /// Scalars and words before a clause mark that is worth an early part.
    private static let clauseMin = 24
    private static let clauseWordsMin = 4

    private let rules: HashedTable
    private var text: Scalars = []
    /// Up to here no part ends.
    private var looked = 0
    private var isFirst = true
    /// No more text comes, or what is there is to be read as it is.
    private var isFlushed = false

    /// - rules: the voice's, for short forms.
    init(rules: HashedTable) { self.rules = rules }

    /// Scalars that are in no part yet.
    var count: Int { text.count }

    mutating func add(_ piece: String) {
        text += piece.scalars
        isFlushed = false
    }

    /// What is there is a part, however it ends.
    mutating func flush() { isFlushed = true }

    /// The next part; nil where more text is needed, and at the end.
    mutating func next() -> String? {
        while looked < text.count {
            if let end = end(at: looked) { return take(end) }
            guard isFlushed || hasLookahead(looked) else { return nil }
            looked += 1
            if looked >= Self.partMax {
                return take((text[..<looked].lastIndex(where: \.isSpace) ?? looked - 1) + 1)
            }
        }
        guard isFlushed, text.contains(where: { !$0.isSpace }) else { return nil }
        return take(text.count)
    }

    private mutating func take(_ end: Int) -> String {
        let part = text.text(0..<end)
        text.removeFirst(end)
        (looked, isFirst) = (0, false)
        return part
    }

    /// Whether enough is known of what follows a place to say that no part ends there.
    private func hasLookahead(_ at: Int) -> Bool {
        guard Self.mayEnd(text[at]) else { return true }
        // The next word with the space behind it; further on nothing counts.
        var place = at + 1
        while place < text.count, !text[place].isSpace { place += 1 }
        while place < text.count, text[place].isSpace { place += 1 }
        while place < text.count, !text[place].isSpace { place += 1 }
        return place < text.count
    }

    private static func mayEnd(_ scalar: Unicode.Scalar) -> Bool {
        ".!?…,;:—\n".unicodeScalars.contains(scalar)
    }

    /// Where the part ends whose last mark stands at a place, before what follows it.
    private func end(at: Int) -> Int? {
        guard Self.mayEnd(text[at]) else { return nil }
        var next = at + 1
        while next < text.count, !text[next].isSpace { next += 1 }
        if text[at] == "\n" { next = at }
        let space = next
        while next < text.count, text[next].isSpace { next += 1 }
        guard next > space, next < text.count || isFlushed else { return nil }
        guard next < text.count else { return nil }
        if text[at] == "\n" { return isLineEnd(at, before: next) ? next : nil }
        // More than closing quotes and brackets behind the mark: "3.14", "a.m.".
        guard text[at + 1..<space].allSatisfy({ "\"”’)]'»".unicodeScalars.contains($0) }) else {
            return nil
        }
        if ".!?…".unicodeScalars.contains(text[at]) {
            return isSentenceEnd(at, before: next) ? next : nil
        }
        return isClauseEnd(at, before: next) ? next : nil
    }

    /// A blank line, or a line before an item of a list.
    private func isLineEnd(_ at: Int, before next: Int) -> Bool {
        guard text[..<at].contains(where: { !$0.isSpace }) else { return false }
        if text[at..<next].count(where: { $0 == "\n" }) > 1 { return true }
        if "-*•–#".unicodeScalars.contains(text[next]) { return true }
        var digits = next
        while digits < text.count, text[digits].isDigit { digits += 1 }
        guard digits > next, digits < text.count else { return false }
        return ".)".unicodeScalars.contains(text[digits])
    }

    private func isSentenceEnd(_ at: Int, before next: Int) -> Bool {
        var end = next + 1
        if text[at] == ".", !isPlainWord(before: at) {
            // A short form, an initial, a number: what the next word is decides.
            while end < text.count, !text[end].isSpace { end += 1 }
            guard end < text.count || isFlushed else { return false }
        }
        var splitter = SentenceSplitter(Array(text[..<end]), rules: rules)
        while let sentence = splitter.next() {
            let reached = Int(bounded: (splitter.place * Double(end)).rounded())
            if reached > at { return sentence.end >= .sentence && reached <= next }
        }
        return false
    }

    /// Three small letters or more, without a mark in them.
    private func isPlainWord(before at: Int) -> Bool {
        var first = at
        while first > 0, text[first - 1].isLower { first -= 1 }
        return at - first >= 3 && (first == 0 || text[first - 1].isSpace)
    }

    /// Of the first sentence only: later ones are ready long before they are due.
    private func isClauseEnd(_ at: Int, before next: Int) -> Bool {
        guard isFirst, at >= Self.clauseMin, text[next].isLetter, text[at - 1].isLetter else {
            return false
        }
        return text[..<at].split(whereSeparator: \.isSpace).count >= Self.clauseWordsMin
    }
}
