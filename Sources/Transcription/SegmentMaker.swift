import EngineAPI

/// Turns a piece's text into segments with times.
///
/// Where the words were aligned with the audio they have those times; where not, a word's time is
/// its share of the piece's spoken time by its length in letters, which is good enough for nobody
/// but whoever only reads the text.
enum SegmentMaker {
    /// Two caption lines of 42 characters (BBC and Netflix guidelines).
    static let charactersMax = 84
    static let secondsMax = 7.0

    /// A word with its time and the tokens that it is made of.
    private struct Word {
        var timed: TimedText
        var tokens: Range<Int>
        /// Whether it follows the one before without a blank.
        var isAttached = false
    }

    static func segments(
        _ piece: DecodedChunk, piece range: SampleRange, regions: [SampleRange]
    ) -> [TranscriptSegment] {
        let words = piece.words
        guard !words.isEmpty, !SoundNotes.isAll(piece.text) else { return [] }
        let timed =
            piece.wordTimes.count == words.count
            ? zip(words, piece.wordTimes).map { word, time in
                TimedText(
                    text: word, startSeconds: seconds(time.lowerBound, after: range.lowerBound),
                    endSeconds: seconds(time.upperBound, after: range.lowerBound))
            } : times(of: words, in: range, regions: regions)
        let tokens = piece.wordTokens
        let marks = SoundNotes.marks(words)
        let spoken = timed.indices.filter { !marks[$0] }.flatMap { index in
            characters(
                of: Word(
                    timed: timed[index], tokens: tokens.isEmpty ? 0..<0 : tokens[index]))
        }
        var segments = sentences(spoken).flatMap(parts).map { segment(of: $0, piece) }
        // Tokens that nobody can tell apart belong to the piece: the first segment carries them.
        if tokens.isEmpty, !segments.isEmpty { segments[0].tokens = piece.tokens }
        return segments
    }

    private static func segment(of words: [Word], _ piece: DecodedChunk) -> TranscriptSegment {
        let tokens = words.flatMap(\.tokens)
        let text = words.reduce(into: "") { text, word in
            text += (text.isEmpty || word.isAttached ? "" : " ") + word.timed.text
        }
        var segment = TranscriptSegment(
            text: text, startSeconds: words.first?.timed.startSeconds ?? 0,
            endSeconds: words.last?.timed.endSeconds ?? 0,
            meanLogProbability: Double(piece.meanLogProbability),
            noSpeechProbability: Double(piece.noSpeechProbability),
            tokens: tokens.map { piece.tokens[$0] }, words: words.map(\.timed))
        segment.readings = tokens.map {
            TokenReading(
                bytes: piece.tokenBytes[$0], logProbability: Double(piece.logProbabilities[$0]))
        }
        return segment
    }

    /// A word of a script without blanks is as many words as it has characters; each has its share
    /// of the time, and the first has the tokens.
    private static func characters(of word: Word) -> [Word] {
        let text = word.timed.text
        guard text.count > 1, text.contains(where: \.isUnspaced) else { return [word] }
        var parts: [String] = []
        for character in text {
            let isBegun = parts.last?.last.map { last in
                !character.isLetter && !character.isNumber
                    || !character.isUnspaced && !last.isUnspaced
            }
            if isBegun == true {
                parts[parts.count - 1].append(character)
            } else {
                parts.append(String(character))
            }
        }
        let weights = parts.map { part in
            Double(part.count { $0.isLetter || $0.isNumber }) + 0.01
        }
        let scale = (word.timed.endSeconds - word.timed.startSeconds) / weights.reduce(0, +)
        var at = word.timed.startSeconds
        return zip(parts, weights).enumerated().map { index, part in
            let start = at
            at += part.1 * scale
            return Word(
                timed: TimedText(text: part.0, startSeconds: start, endSeconds: at),
                tokens: index == 0 ? word.tokens : 0..<0, isAttached: index > 0)
        }
    }

    private static func sentences(_ words: [Word]) -> [[Word]] {
        var sentences: [[Word]] = []
        var current: [Word] = []
        for (index, word) in words.enumerated() {
            current.append(word)
            let next = index + 1 < words.count ? words[index + 1].timed.text : nil
            if next == nil || SentenceEnd.isAfter(word.timed.text, before: next) {
                sentences.append(current)
                current = []
            }
        }
        return sentences
    }

    /// A sentence in parts that are no longer than a caption: about equal ones, cut at commas and
    /// pauses where they are near the middle.
    private static func parts(_ words: [Word]) -> [[Word]] {
        let characters = words.reduce(-1) { $0 + $1.timed.text.count + ($1.isAttached ? 0 : 1) }
        guard words.count > 1, let first = words.first, let last = words.last,
            characters > charactersMax
                || last.timed.endSeconds - first.timed.startSeconds > secondsMax
        else { return [words] }
        // No word stands alone where others could stand with it.
        let margin = words.count > 3 ? 2 : 1
        let best = (margin...words.count - margin).min { one, other in
            cutCost(words, at: one) < cutCost(words, at: other)
        }
        let cut = best ?? words.count / 2
        return parts(Array(words[..<cut])) + parts(Array(words[cut...]))
    }

    private static func cutCost(_ words: [Word], at cut: Int) -> Double {
        let (before, after) = (words[cut - 1].timed, words[cut].timed)
        let place = abs(Double(cut) / Double(words.count) - 0.5)
        let comma = before.text.last.map { ",;:—、，；：".contains($0) } ?? false
        let pause = max(0, min(1, after.startSeconds - before.endSeconds))
        return place - (comma ? 0.25 : 0) - 0.5 * pause
    }

    /// - position: 20 ms each, from the piece's first sample on.
    private static func seconds(_ position: Int, after sample: Int) -> Double {
        Double(position * 320 + sample) / 16_000
    }

    private static func times(
        of words: [String], in range: SampleRange, regions: [SampleRange]
    ) -> [TimedText] {
        let spoken = regions.filter { $0.overlaps(range) }.map { $0.clamped(to: range) }
        let total = spoken.reduce(0) { $0 + $1.count }
        let weights = words.map { Double($0.filter { $0.isLetter || $0.isNumber }.count + 2) }
        let scale = Double(total) / weights.reduce(0, +)
        /// A place in the spoken time as a place in the clip.
        func seconds(at offset: Double) -> Double {
            var rest = offset
            for region in spoken {
                if rest <= Double(region.count) {
                    return (Double(region.lowerBound) + rest) / 16_000
                }
                rest -= Double(region.count)
            }
            return Double(spoken.last?.upperBound ?? range.upperBound) / 16_000
        }
        var before = 0.0
        return zip(words, weights).map { word, weight in
            let start = seconds(at: before * scale)
            before += weight
            return TimedText(
                text: word, startSeconds: start, endSeconds: seconds(at: before * scale))
        }
    }
}
