import EngineAPI

/// The pieces of one clip and what they gave, put in order.
struct TranscriptAssembler {
    /// Told or detected; nil until then.
    var language: String?
    /// Pieces that are not decoded yet, by their place in the clip.
    private(set) var pieces: [Int: SpokenPiece] = [:]
    /// All that is known up to the first gap.
    private(set) var segments: [TranscriptSegment] = []
    private(set) var doneCount = 0
    private var count = 0
    /// What came before its turn.
    private var early: [Int: [TranscriptSegment]] = [:]
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
        if language == nil, !text.language.isEmpty { language = text.language }
        doneCount += 1
        early[place] = SegmentMaker.segments(text, piece: piece.range, regions: piece.regions)
        var ready: [TranscriptSegment] = []
        while let next = early.removeValue(forKey: turn) {
            ready += next
            turn += 1
        }
        segments += ready
        return ready
    }
}
