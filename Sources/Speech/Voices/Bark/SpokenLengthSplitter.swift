import EngineAPI

/// Cuts the words of a sentence into clauses that are said in some seconds: at the ends of
/// sentences that no blank follows, and where it gets too long at marks, else between words.
struct SpokenLengthSplitter {
    /// Seconds of a clause at most, as letters tell them. Bark stops after 15 s, and speakers
    /// differ by a third.
    static let secondsMax = 11.0
    /// What a slow reader takes for a letter.
    private static let letterSeconds = 0.07
    /// A syllable of Korean, a sign of Chinese or Japanese.
    private static let syllableSeconds = 0.2

    let scalarsMax: Int

    private static let enders = Set("。！？．".unicodeScalars)
    private static let marks = Set(",;:—.!?…。！？、，；：।".unicodeScalars)

    func clauses(_ words: [ReadWord], end: BreakKind) -> [Clause] {
        var clauses: [Clause] = []
        var rest = words.flatMap(shortened)[...]
        while !rest.isEmpty {
            let count = cut(rest)
            let part = rest.prefix(count)
            rest = rest.dropFirst(count)
            let last = part.last?.text.unicodeScalars.last
            let kind: BreakKind =
                rest.isEmpty
                ? end
                : last.map { Self.enders.contains($0) } ?? false
                    ? .sentence
                    : last.map { Self.marks.contains($0) } ?? false ? .clause : .none
            if let clause = Self.clause(part, end: kind) { clauses.append(clause) }
        }
        return clauses
    }

    /// How many words the next clause has.
    private func cut(_ words: ArraySlice<ReadWord>) -> Int {
        var (seconds, scalars) = (0.0, 0)
        var mark: Int?
        for (count, word) in words.enumerated() {
            seconds += Self.seconds(word.text)
            scalars += word.text.unicodeScalars.count + 1
            if count > 0, seconds > Self.secondsMax || scalars > scalarsMax {
                return mark ?? count
            }
            guard let last = word.text.unicodeScalars.last else { continue }
            let isInner = !word.hasSpace && (last == "!" || last == "?")
            if Self.enders.contains(last) || isInner { return count + 1 }
            // The second half has room for a mark.
            if Self.marks.contains(last),
                seconds > Self.secondsMax / 3 || scalars > scalarsMax / 3
            {
                mark = count + 1
            }
        }
        return words.count
    }

    /// A word without end in pieces.
    private func shortened(_ word: ReadWord) -> [ReadWord] {
        let text = word.text.scalars
        let most = max(1, min(scalarsMax, Int(bounded: Self.secondsMax / Self.letterSeconds)) / 2)
        guard text.count > most else { return [word] }
        return stride(from: 0, to: text.count, by: most).map { at in
            let part = text.text(at..<min(at + most, text.count))
            return ReadWord(
                text: part, phonemes: part, hasSpace: at + most >= text.count && word.hasSpace,
                emphasis: word.emphasis)
        }
    }

    private static func seconds(_ text: String) -> Double {
        text.unicodeScalars.reduce(letterSeconds) { sum, scalar in
            let isSyllable =
                Character(scalar).isUnspaced || (0xAC00...0xD7A3).contains(scalar.value)
            return sum + (isSyllable ? syllableSeconds : letterSeconds)
        }
    }

    /// nil for marks alone.
    private static func clause(_ words: ArraySlice<ReadWord>, end: BreakKind) -> Clause? {
        var clause = Clause(text: "", phonemes: [], words: [], end: end)
        for word in words {
            let start = clause.phonemes.count
            clause.phonemes += word.text.scalars
            clause.text += word.text
            if word.text.unicodeScalars.contains(where: { $0.isWordPart }) {
                clause.words.append(
                    Clause.Word(
                        text: word.text, range: start..<clause.phonemes.count,
                        emphasis: word.emphasis))
            }
            if word.hasSpace {
                clause.phonemes.append(" ")
                clause.text += " "
            }
        }
        while clause.phonemes.last == " " { clause.phonemes.removeLast() }
        clause.text = String(clause.text.scalars.trimmed())
        return clause.words.isEmpty ? nil : clause
    }
}
