import EngineAPI

/// The pieces of one clip and what they gave, put in order.
struct TranscriptAssembler {
    /// Told or detected; nil until then.
    var language: String?
    /// How likely it is, where it was detected.
    private(set) var languageProbability: Float?
    /// Pieces that are not decoded yet, by their place in the clip.
    private(set) var pieces: [Int: SpokenPiece] = [:]
    /// All that is known up to the first gap.
    private(set) var segments: [TranscriptSegment] = []
    private(set) var doneCount = 0
    private var count = 0
    /// What came before its turn.
    private var early: [Int: (piece: SpokenPiece, text: DecodedChunk)] = [:]
    private var turn = 0

    init(language: String?) { self.language = language }

    /// Adds pieces in order; returns their places.
    mutating func add(_ batch: [SpokenPiece]) -> [Int] {
        let places = Array(count..<count + batch.count)
        for (place, piece) in zip(places, batch) { pieces[place] = piece }
        count += batch.count
        return places
    }

    /// Samples of a piece that is not decoded yet.
    func length(_ place: Int) -> Int { pieces[place]?.range.count ?? 0 }

    /// Takes what a piece gave; returns the segments whose turn has come with it.
    mutating func take(_ text: DecodedChunk, at place: Int) -> [TranscriptSegment] {
        guard let piece = pieces.removeValue(forKey: place) else { return [] }
        if language == nil, !text.language.isEmpty {
            language = text.language
            languageProbability = text.languageProbability
        }
        doneCount += 1
        early[place] = (piece, text)
        var ready: [TranscriptSegment] = []
        while let (piece, text) = early[turn] {
            if let cut = piece.join {
                // The two pieces around a cut are told when both are there.
                guard early[turn + 1] != nil else { break }
                part(at: cut)
            }
            let whole = early.removeValue(forKey: turn)?.text ?? text
            ready += SegmentMaker.segments(whole, piece: piece.range, regions: piece.regions)
            turn += 1
        }
        segments += ready
        return ready
    }

    /// What still waits for a piece that does not come.
    mutating func finish() -> [TranscriptSegment] {
        var rest: [TranscriptSegment] = []
        for place in early.keys.sorted() {
            guard let (piece, text) = early[place] else { continue }
            rest += SegmentMaker.segments(text, piece: piece.range, regions: piece.regions)
        }
        early = [:]
        segments += rest
        return rest
    }

    /// Gives what both pieces around a cut have to one of them.
    private mutating func part(at cut: Int) {
        guard var one = early[turn], var next = early[turn + 1] else { return }
        let (words, others) = (joinWords(one), joinWords(next))
        let (kept, dropped) = PieceJoin.parts(words, others, at: cut)
        var texts = words.prefix(kept).map(\.text)
        if let last = texts.popLast() {
            let follower = others.dropFirst(dropped).first?.text
            texts.append(PieceJoin.unended(last, before: follower))
        }
        one.text.keep(texts, 0..<kept)
        next.text.keep(others.dropFirst(dropped).map(\.text), dropped..<others.count)
        early[turn] = one
        early[turn + 1] = next
    }

    /// A piece's words with their times, those of their letters where they were not aligned.
    private func joinWords(_ decoded: (piece: SpokenPiece, text: DecodedChunk)) -> [PieceJoin.Word]
    {
        let words = decoded.text.words
        let range = decoded.piece.range
        let times = decoded.text.wordTimes
        guard times.count == words.count else {
            let each = range.count / max(1, words.count)
            return words.enumerated().map { index, word in
                let start = range.lowerBound + index * each
                return PieceJoin.Word(text: word, range: start..<start + each)
            }
        }
        return zip(words, times).map { word, time in
            PieceJoin.Word(
                text: word,
                range: range.lowerBound + time.lowerBound * 320..<range.lowerBound + time.upperBound
                    * 320)
        }
    }
}
