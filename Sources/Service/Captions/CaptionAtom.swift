import EngineAPI

/// What a caption is never broken within: a word, a part of one that is longer than a line, or a
/// character of a script that writes no blanks.
struct CaptionAtom: Equatable {
    var text: String
    /// Seconds from the start of the clip.
    var start: Double
    var end: Double
    /// Whether a blank stands before it.
    var hasBlankBefore: Bool
    /// Who says it; nil where nobody tells.
    var speaker: String?
    /// Whether another speaker begins with it.
    var isTurn = false
    /// How bad it is to break behind it: 0 at the end of a sentence.
    var breakCost = 0.0
    /// Seconds of silence behind it.
    var pauseSeconds = 0.0

    /// No word is longer; one whose time is has silence in it.
    private static let secondsMax = 3.0

    /// Characters with the blank before it.
    var width: Int { text.count + (hasBlankBefore ? 1 : 0) }

    /// A transcript's atoms, in the order and with times that never run backwards.
    /// - Parameters:
    ///   - namesSpeakers: a turn begins with its speaker's name, as text.
    ///   - lineLength: characters of a line, by whether it holds Chinese, Japanese or Korean.
    static func atoms(
        of segments: [TranscriptSegment], namesSpeakers: Bool = true, lineLength: (Bool) -> Int
    ) -> [CaptionAtom] {
        var atoms: [CaptionAtom] = []
        var speaker: String?
        for segment in segments {
            var words = words(of: segment)
            let isTurn = segment.speaker != speaker
            if isTurn, namesSpeakers, let name = segment.speaker, let first = words.first {
                words[0] = TimedText(
                    text: name + ": " + first.text, startSeconds: first.startSeconds,
                    endSeconds: first.endSeconds)
            }
            speaker = segment.speaker
            let count = atoms.count
            for word in words { append(word, to: &atoms, lineLength) }
            if isTurn, atoms.count > count { atoms[count].isTurn = true }
            for index in count..<atoms.count { atoms[index].speaker = speaker }
        }
        rate(&atoms)
        return atoms
    }

    /// A segment without words has them by their letters.
    private static func words(of segment: TranscriptSegment) -> [TimedText] {
        guard segment.words.isEmpty else { return segment.words }
        let texts = segment.text.split { $0.isWhitespace }.map(String.init)
        let whole = TimedText(
            text: segment.text, startSeconds: segment.startSeconds, endSeconds: segment.endSeconds)
        return parts(of: whole, texts)
    }

    private static func append(
        _ word: TimedText, to atoms: inout [CaptionAtom], _ lineLength: (Bool) -> Int
    ) {
        let text = word.text.split { $0.isWhitespace }.joined(separator: " ")
        guard !text.isEmpty else { return }
        var before = atoms.last?.end ?? 0
        var isFirst = true
        let pieces = pieces(of: text, lineLength)
        // Times of a client's own model may be anything.
        let start = word.startSeconds.isFinite ? max(word.startSeconds, before) : before
        let end = word.endSeconds.isFinite ? max(word.endSeconds, start) : start
        let timed = TimedText(text: text, startSeconds: start, endSeconds: end)
        for part in parts(of: timed, pieces) {
            let followsWide = atoms.last?.text.last?.isUnspaced ?? false
            let isWide = part.text.first?.isUnspaced ?? false
            atoms.append(
                CaptionAtom(
                    text: part.text, start: max(part.startSeconds, before),
                    end: min(
                        max(part.endSeconds, before),
                        max(part.startSeconds, before) + secondsMax),
                    hasBlankBefore: isFirst && !atoms.isEmpty && !(followsWide && isWide)))
            before = atoms[atoms.count - 1].end
            isFirst = false
        }
    }

    /// A word cut where lines may be broken within it.
    private static func pieces(of word: String, _ lineLength: (Bool) -> Int) -> [String] {
        var pieces: [String] = []
        for character in word {
            let isBegun =
                pieces.last.map { piece in
                    let last = piece.last ?? " "
                    // What closes stays with what is before it, what opens with what follows.
                    if isClosing(character) || isOpening(last) { return true }
                    return !character.isUnspaced && !last.isUnspaced
                        && !(isClosing(last) && piece.contains(where: \.isUnspaced))
                } ?? false
            if isBegun {
                pieces[pieces.count - 1].append(character)
            } else {
                pieces.append(String(character))
            }
        }
        let length = lineLength(word.contains(where: isWide))
        return pieces.flatMap { piece -> [String] in
            guard piece.count > length else { return [piece] }
            let characters = Array(piece)
            // Equal parts: a tail of one letter is no line.
            let count = (characters.count + length - 1) / length
            return (0..<count).map { part in
                String(
                    characters[
                        characters.count * part / count..<characters.count * (part + 1) / count])
            }
        }
    }

    /// Each part gets its share of the time, by its letters.
    private static func parts(of whole: TimedText, _ texts: [String]) -> [TimedText] {
        let weights = texts.map { text in
            Double(text.reduce(0) { $0 + ($1.isLetter || $1.isNumber ? 1 : 0) }) + 0.01
        }
        let scale = (whole.endSeconds - whole.startSeconds) / weights.reduce(0, +)
        var at = whole.startSeconds
        return zip(texts, weights).map { text, weight in
            let start = at
            at += weight * scale
            return TimedText(text: text, startSeconds: start, endSeconds: at)
        }
    }

    // MARK: where to break

    /// Says of each atom how good a place it is to break behind it.
    private static func rate(_ atoms: inout [CaptionAtom]) {
        for index in atoms.indices {
            let next = index + 1 < atoms.count ? atoms[index + 1] : nil
            let atom = atoms[index]
            let pause = next.map { max(0, $0.start - atom.end) + silence(in: $0) } ?? 0
            atoms[index].pauseSeconds = pause
            atoms[index].breakCost = breakCost(atom, before: next, pause: pause)
        }
    }

    /// What of a word's time it is hardly said in: aligned times let a word begin where the one
    /// before it ends, over a pause.
    private static func silence(in atom: CaptionAtom) -> Double {
        max(0, atom.end - atom.start - 0.5 - 0.08 * Double(atom.text.count))
    }

    private static func breakCost(
        _ atom: CaptionAtom, before next: CaptionAtom?, pause: Double
    ) -> Double {
        guard let next, !next.isTurn else { return 0 }
        if SentenceEnd.isAfter(atom.text, before: next.text) { return 0 }
        if pause >= 0.6 { return 0.2 }
        let last = atom.text.last ?? " "
        if ",;:—–،、，；：".contains(last) { return 0.4 }
        let base = pause >= 0.25 ? 0.8 : 1.5
        guard next.hasBlankBefore else { return base + 0.5 }
        if leaning.contains(atom.text.lowercased()) { return base + 1.2 }
        return leading.contains(next.text.lowercased()) ? base - 0.5 : base
    }

    /// Words that belong to what follows.
    private static let leaning: Set<String> = [
        "a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "with", "from", "and", "or",
        "but", "my", "your", "his", "her", "its", "our", "their", "this", "that", "is", "are",
        "was", "were", "not", "i", "we", "he", "she", "they", "you", "it", "dr.", "mr.", "mrs.",
        "ms.", "st.", "der", "die", "das", "ein", "eine", "und", "le", "la", "les", "un", "une",
        "de", "du", "et", "el", "los", "las", "y", "il", "lo", "gli", "e", "o", "os", "as",
    ]

    /// Words that begin a clause.
    private static let leading: Set<String> = [
        "and", "but", "or", "because", "that", "which", "who", "when", "where", "while", "if",
        "so", "then", "than", "as", "with", "for", "to", "in", "of", "und", "aber", "dass", "weil",
        "wenn", "et", "mais", "que", "qui", "y", "pero",
    ]

    // MARK: scripts

    /// Letters that are counted as wide: Chinese, Japanese and Korean.
    static func isWide(_ character: Character) -> Bool {
        character.isUnspaced
            || (character.unicodeScalars.first.map {
                switch $0.value {
                case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: true
                default: false
                }
            } ?? false)
    }

    /// Signs that no line begins with (JIS X 4051).
    private static func isClosing(_ character: Character) -> Bool {
        "、。，．・：；？！゛゜ーゝゞ々ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎ）〕］｝〉》」』】”’｡｣､,.;:?!)]}%"
            .contains(character)
    }

    private static func isOpening(_ character: Character) -> Bool {
        "（〔［｛〈《「『【“‘｢([{".contains(character)
    }
}
