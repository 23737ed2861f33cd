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

    static func segments(
        _ piece: DecodedChunk, piece range: SampleRange, regions: [SampleRange]
    ) -> [TranscriptSegment] {
        let words = piece.text.split { $0 == " " || $0 == "\n" }.map(String.init)
        guard !words.isEmpty, !SoundNotes.isAll(piece.text) else { return [] }
        let all =
            piece.wordTimes.count == words.count
            ? zip(words, piece.wordTimes).map { word, time in
                TimedText(
                    text: word, startSeconds: seconds(time.lowerBound, after: range.lowerBound),
                    endSeconds: seconds(time.upperBound, after: range.lowerBound))
            } : times(of: words, in: range, regions: regions)
        let timed = zip(all, SoundNotes.marks(words)).filter { !$0.1 }.map(\.0)
        var segments: [TranscriptSegment] = []
        var current: [TimedText] = []
        func close(upTo end: Int) {
            let words = Array(current[..<end])
            current.removeFirst(end)
            guard let first = words.first, let last = words.last else { return }
            segments.append(
                TranscriptSegment(
                    text: words.map(\.text).joined(separator: " "),
                    startSeconds: first.startSeconds, endSeconds: last.endSeconds,
                    meanLogProbability: Double(piece.meanLogProbability),
                    noSpeechProbability: Double(piece.noSpeechProbability),
                    tokens: [], words: words))
        }
        for word in timed {
            let length = current.reduce(0) { $0 + $1.text.count + 1 } + word.text.count
            let isLong = current.first.map {
                length > charactersMax || word.endSeconds - $0.startSeconds > secondsMax
            }
            if isLong == true { close(upTo: clauseEnd(in: current)) }
            current.append(word)
            if endsSentence(word.text) { close(upTo: current.count) }
        }
        close(upTo: current.count)
        // The decoder's tokens belong to the piece: the first segment carries them.
        if !segments.isEmpty { segments[0].tokens = piece.tokens }
        return segments
    }

    /// Where a caption that is full is best cut: after the last comma, unless that leaves less than
    /// a third in front of it.
    private static func clauseEnd(in words: [TimedText]) -> Int {
        let comma = words.lastIndex { $0.text.last.map { ",;:—".contains($0) } ?? false }
        guard let comma, (comma + 1) * 3 >= words.count else { return words.count }
        return comma + 1
    }

    private static func endsSentence(_ word: String) -> Bool {
        guard let last = word.last(where: { !"\"'”’)]".contains($0) }) else { return false }
        return ".?!…。！？".contains(last)
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
