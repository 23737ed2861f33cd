/// How a stretch of speech ends, which decides the pause after it.
enum BreakKind: Int, Sendable, Equatable, Comparable {
    /// Cut only because it was too long.
    case none
    /// A comma, a dash, a semicolon, a colon.
    case clause
    /// A line of a verse or an item of a list, where no sentence ends.
    case line
    case sentence
    case paragraph

    static func < (left: BreakKind, right: BreakKind) -> Bool { left.rawValue < right.rawValue }
}

/// One sentence of the text.
struct Sentence: Sendable, Equatable {
    let text: Scalars
    let end: BreakKind
}

/// Cuts clean text into sentences, one at a time, so that a long text is spoken from its start.
struct SentenceSplitter: Sendable {
    /// Longer stretches without an end are cut at commas, conjunctions or spaces.
    static let scalarsMax = 600

    private let text: Scalars
    private let rules: HashedTable
    private var here = 0

    init(_ text: Scalars, rules: HashedTable) {
        self.text = text
        self.rules = rules
    }

    /// Whether anything but white space is left.
    var hasMore: Bool { text[here...].contains { !$0.isSpace } }

    /// How much of the text is cut, 0…1.
    var place: Double { text.isEmpty ? 1 : Double(here) / Double(text.count) }

    /// The next sentence without white space around it; nil at the end.
    mutating func next() -> Sentence? {
        while here < text.count, text[here].isSpace { here += 1 }
        guard here < text.count else { return nil }
        let start = here
        var at = start
        while at < text.count, at - start < SentenceSplitter.scalarsMax {
            if text[at] == "\n" { return take(start, at, .paragraph) }
            if text[at] == LineBreaks.soft { return take(start, at, .line) }
            if let end = sentenceEnd(at, from: start) { return take(start, end, .sentence) }
            at += 1
        }
        if at == text.count { return take(start, at, .paragraph) }
        let end = forcedEnd(start)
        return take(start, end, text[end - 1] == "," ? .clause : .none)
    }

    private mutating func take(_ start: Int, _ end: Int, _ kind: BreakKind) -> Sentence {
        here = end
        // A line's end after a sentence's end is a paragraph's.
        var ahead = end
        while ahead < text.count, text[ahead] == " " { ahead += 1 }
        let isLast = ahead == text.count || text[ahead] == "\n"
        let isEnded = kind == .sentence && isLast
        return Sentence(text: Array(text[start..<end]).trimmed(), end: isEnded ? .paragraph : kind)
    }

    private static let enders = Set(".!?…".unicodeScalars)
    private static let closers = Set(
        "\"”’)]'\u{E000}\u{E001}\u{E002}\u{E003}\u{E004}".unicodeScalars)

    /// Where the sentence ends whose last mark stands at `at`: after closing quotes and before
    /// white space; nil when that mark ends nothing.
    private func sentenceEnd(_ at: Int, from start: Int) -> Int? {
        guard SentenceSplitter.enders.contains(text[at]) else { return nil }
        var end = at + 1
        while let scalar = text.at(end), SentenceSplitter.closers.contains(scalar) { end += 1 }
        guard let space = text.at(end), space.isSpace else { return nil }
        var next = end
        while let scalar = text.at(next), scalar.isSpace { next += 1 }
        guard let following = text.at(next), !following.isLower else { return nil }
        guard text[at] == "." else { return end }
        var first = at
        while first > start, !text[first - 1].isSpace { first -= 1 }
        let opening: Set<Unicode.Scalar> = ["(", "\"", "“", "'", "‘"]
        while first < at, opening.contains(text[first]) { first += 1 }
        // "Dec. 24–Jan. 2": the word behind the dash.
        if let dash = text[first..<at].lastIndex(where: { "–—/(".unicodeScalars.contains($0) }) {
            first = dash + 1
        }
        return isAbbreviation(first..<at, before: next) ? nil : end
    }

    /// "Dr.", an initial, "No. 5", or "U.S." before a name.
    private func isAbbreviation(_ word: Range<Int>, before next: Int) -> Bool {
        if word.isEmpty { return false }
        let spelt = text.text(word)
        if isLabel(word, before: next) { return true }
        if rules.contains("t" + spelt) { return true }
        if word.count == 1, text[word.lowerBound].isUpper { return true }
        if text[next].isDigit, SentenceSplitter.numbered.contains(spelt) { return true }
        if ["vs", "v", "cf", "incl", "excl", "viz"].contains(spelt) { return true }
        if let need = SemioticClassifier.need(of: spelt) { return goesOn(need, at: next) }
        if ["a.m", "p.m", "A.M", "P.M"].contains(spelt) { return isDay(at: next) }
        // "H.R. 3746", "410 U.S. 113".
        if text[next].isDigit, spelt.count > 2, spelt.contains("."), text[word.lowerBound].isUpper {
            return true
        }
        guard text[word].contains("."), text[next].isLetter else { return false }
        let parts = text[word].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.count == 1 && $0.allSatisfy(\.isUpper) }) else { return false }
        var end = next
        while let scalar = text.at(end), scalar.isLetter { end += 1 }
        return !SentenceSplitter.starters.contains(text.text(next..<end))
    }

    /// Whether what follows a short form is what it needs: "Wm. Shakespeare", "cl. (b)".
    private func goesOn(_ need: SemioticClassifier.Need, at next: Int) -> Bool {
        var end = next
        while let scalar = text.at(end), scalar.isWordPart { end += 1 }
        let word = text.text(next..<end)
        switch need {
        case .name: return text[next].isUpper && !SentenceSplitter.starters.contains(word)
        case .number:
            return text[next].isDigit || text[next] == "(" || text[next] == "#"
                || text[next].isUpper && (Normalizer.roman(word) != nil || word.count == 1)
        case .nothing: return text[next].isDigit || text[next] == "("
        case .direction: return word.count < 4 && SemioticClassifier.isBearing(word)
        }
    }

    /// "1. Bread", "a. Milk", "iv. Eggs": the number of an item stays with it.
    private func isLabel(_ word: Range<Int>, before next: Int) -> Bool {
        var before = word.lowerBound
        while let scalar = text.at(before - 1), scalar == " " { before -= 1 }
        let isFirst = before == 0 || text[before - 1] == "\n" || text[before - 1] == LineBreaks.soft
        guard isFirst, text[next].isLetter else { return false }
        let label = text[word]
        if label.allSatisfy(\.isDigit) { return word.count <= 3 }
        return word.count == 1
            || (word.count <= 4 && label.allSatisfy { "ivx".unicodeScalars.contains($0) })
    }

    /// "5 p.m. Monday" goes on.
    private func isDay(at next: Int) -> Bool {
        var end = next
        while let scalar = text.at(end), scalar.isLetter { end += 1 }
        let word = text.text(next..<end)
        return word.hasSuffix("day")
            || ["EST", "PST", "GMT", "UTC", "CET", "ET", "PT", "CT"].contains(word)
    }

    private static let numbered: Set<String> = [
        "figs", "Figs", "Eqs", "arts", "Arts", "Secs", "secs", "est", "Est", "c", "ca", "Ch",
        "chap",
        "Apt", "Ste", "Ext", "ext", "Hwy", "Rte", "Op", "op", "Cor", "Gen", "Matt", "Rev", "Ps",
        "cl", "reg", "Reg", "para", "Pt", "pt", "Ex",
        "No", "Nos", "no", "nos", "Fig", "fig", "Vol", "vol", "pp", "p", "Ch", "ch", "Sec", "sec",
        "approx", "Art", "Eq", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept",
        "Oct",
        "Nov", "Dec",
    ]
    /// Words that begin a sentence rather than go on with a name after initials.
    private static let starters: Set<String> = [
        "The", "A", "An", "He", "She", "It", "We", "They", "You", "I", "But", "And", "So", "In",
        "This", "That", "These", "Those", "There", "Then", "When", "If", "As", "At", "On", "For",
        "My", "His", "Her", "Our", "Their", "Its", "What", "Who", "Why", "How", "Where", "No",
        "Yes", "Not", "After", "Before", "Now", "Here", "While", "Since",
    ]

    /// Where a stretch that is too long is cut: the last comma, else the last conjunction, else
    /// the last space in its second half, else anywhere.
    private func forcedEnd(_ start: Int) -> Int {
        let limit = min(start + SentenceSplitter.scalarsMax, text.count)
        let half = start + SentenceSplitter.scalarsMax / 2
        var (comma, joint, space) = (0, 0, 0)
        for at in half..<limit where text[at].isSpace {
            space = at
            if ",;:—".unicodeScalars.contains(text[at - 1]) { comma = at }
            var end = at + 1
            while let scalar = text.at(end), scalar.isLetter, end < at + 8 { end += 1 }
            if ClauseSplitter.joints.contains(text.text(at + 1..<max(at + 1, end))) { joint = at }
        }
        return comma > 0 ? comma : joint > 0 ? joint : space > 0 ? space : limit
    }
}
