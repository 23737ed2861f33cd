/// A stretch of phonemes that the network speaks at once, and whose words it says.
struct Clause: Sendable, Equatable {
    struct Word: Sendable, Equatable {
        let text: String
        /// Where its phonemes stand in `phonemes`; empty for a silent word.
        let range: Range<Int>
        var emphasis: Emphasis?
        /// How the pitch goes from the last accent up to it to its end.
        var tune: Tune?
    }

    var text: String
    var phonemes: Scalars
    var words: [Word]
    var end: BreakKind
    /// Factor to the rate of the whole speech.
    var rate = 1.0
    /// Change of loudness, decibels.
    var decibels = 0.0
    var melody = Melody()
    /// Who speaks it; nil is the speech's own voice.
    var voice: String?
    /// Silence before its first sound, and after its last where it was asked for, in seconds.
    var leadSeconds = 0.0
    var pauseSeconds: Double?
}

/// Cuts the words of a sentence into clauses of a length that is comfortable for the network:
/// after clause marks, else before conjunctions, else between words.
struct ClauseSplitter: Sendable {
    /// Phonemes of the first clause, so that sound comes early, and of the others. The network
    /// was trained on sentences up to about 400.
    static let firstPhonemesMax = 70
    static let phonemesMax = 220
    /// A clause shorter than this is not worth its pauses.
    static let phonemesMin = 12

    static let joints: Set<String> = [
        "and", "but", "or", "nor", "so", "yet", "because", "although", "while", "when", "where",
        "which", "who", "that", "if", "then", "than", "until", "since", "after", "before",
    ]

    /// A place between words where a cut is possible.
    private struct Place {
        /// Index of the space in the phonemes.
        let at: Int
        let isMark: Bool
        let isJoint: Bool
    }

    /// - max: phonemes of the first clause of these words at most.
    static func clauses(_ words: [ReadWord], end: BreakKind, firstMax: Int) -> [Clause] {
        let line = PhonemeLine(words)
        var clauses: [Clause] = []
        var start = 0
        while start < line.phonemes.count {
            let limit = clauses.isEmpty ? firstMax : phonemesMax
            let cut = line.phonemes.count - start <= limit ? nil : place(line, start, limit)
            let stop = cut?.at ?? line.phonemes.count
            let kind: BreakKind = cut.map { $0.isMark ? .clause : .none } ?? end
            if let clause = line.clause(start..<stop, end: kind) { clauses.append(clause) }
            start = stop
            while start < line.phonemes.count, line.phonemes[start] == " " { start += 1 }
        }
        return clauses
    }

    /// Where to cut a stretch that is longer than the limit; nil speaks it whole.
    private static func place(_ line: PhonemeLine, _ start: Int, _ limit: Int) -> Place? {
        var (mark, joint, space): (Place?, Place?, Place?)
        let last = line.phonemes.count - phonemesMin
        for at in start + phonemesMin..<max(start + phonemesMin, last) {
            if at - start >= phonemesMax {
                return mark ?? joint ?? space ?? Place(at: at, isMark: false, isJoint: false)
            }
            // A first clause is cut early only where a pause is natural.
            if at - start > limit, mark != nil { return mark }
            guard line.phonemes[at] == " " else { continue }
            let isMark = ",;:—.!?…".unicodeScalars.contains(line.phonemes[at - 1])
            let place = Place(at: at, isMark: isMark, isJoint: line.isJoint(after: at))
            if isMark { mark = place }
            if place.isJoint { joint = place }
            space = place
        }
        if line.phonemes.count - start <= phonemesMax { return mark }
        return mark ?? joint ?? space ?? Place(at: last, isMark: false, isJoint: false)
    }
}

/// A sentence's phonemes in one line, each with the word it belongs to.
private struct PhonemeLine {
    private(set) var phonemes: Scalars = []
    private var owners: [Int] = []
    private let words: [ReadWord]

    init(_ words: [ReadWord]) {
        self.words = words
        for (index, word) in words.enumerated() {
            for phoneme in word.phonemes.unicodeScalars { add(phoneme, index) }
            if word.hasSpace { add(" ", index) }
        }
        while phonemes.last == " " {
            phonemes.removeLast()
            owners.removeLast()
        }
    }

    private mutating func add(_ phoneme: Unicode.Scalar, _ owner: Int) {
        if phoneme == " ", phonemes.last ?? " " == " " { return }
        phonemes.append(phoneme)
        owners.append(owner)
    }

    /// Whether the word after a space is a conjunction.
    func isJoint(after space: Int) -> Bool {
        guard space + 1 < owners.count, owners[space + 1] != owners[space] else { return false }
        return ClauseSplitter.joints.contains(words[owners[space + 1]].text)
    }

    /// nil for a stretch of punctuation only.
    func clause(_ range: Range<Int>, end: BreakKind) -> Clause? {
        let slice = Array(phonemes[range])
        guard slice.contains(where: { $0.isLetter && !"ˈˌː".unicodeScalars.contains($0) }) else {
            return nil
        }
        var clause = Clause(text: "", phonemes: slice, words: [], end: end)
        for owner in owners[range.lowerBound]...owners[range.upperBound - 1] {
            let own = range.filter { owners[$0] == owner && phonemes[$0] != " " }
            guard let first = own.first, let last = own.last else {
                if range.lowerBound == 0 || owner > owners[range.lowerBound] {
                    append(words[owner], to: &clause)
                }
                continue
            }
            append(words[owner], to: &clause)
            let isSound = own.contains { phonemes[$0].isLetter }
            if isSound {
                let shifted = first - range.lowerBound..<last + 1 - range.lowerBound
                clause.words.append(
                    Clause.Word(
                        text: words[owner].text, range: shifted, emphasis: words[owner].emphasis,
                        tune: words[owner].tune))
            }
        }
        clause.text = String(clause.text.scalars.trimmed())
        return clause
    }

    private func append(_ word: ReadWord, to clause: inout Clause) {
        clause.text += word.text + (word.hasSpace ? " " : "")
    }
}
