/// What Bark goes on from: tokens of meaning and the codes of the same sound. A voice is one, and
/// what was said becomes part of it, so that the next sentence is said in the same voice.
struct BarkHistory: Sendable, Equatable {
    private(set) var semantic: [Int] = []
    /// A row for each codebook; the first are what the coarse transformer made.
    private(set) var codes: [[Int]]
    /// How many of the rows the coarse transformer makes.
    private let coarseCount: Int

    /// Nobody's.
    init(_ settings: BarkSettings) {
        codes = Array(repeating: [], count: settings.fine.codebooks)
        coarseCount = settings.coarse.codebooks
    }

    /// A voice's file; nil where it is none of this model.
    init?(_ bytes: [UInt8], _ settings: BarkSettings) {
        guard let archive = NumPyArchive(bytes) else { return nil }
        func rows(_ name: String, _ count: Int, below limit: Int) -> [[Int]]? {
            guard let array = archive.content(name).flatMap(NumPyArray.init),
                let values = array.int16s, let width = array.shape.last, width > 0,
                values.count == count * width,
                array.shape == (count == 1 ? [width] : [count, width]),
                values.allSatisfy({ (0..<limit).contains($0) })
            else { return nil }
            return (0..<count).map { Array(values[$0 * width..<($0 + 1) * width]) }
        }
        coarseCount = settings.coarse.codebooks
        guard
            let semantic = rows("semantic_prompt", 1, below: settings.semantic.vocabulary)?.first,
            let coarse = rows("coarse_prompt", coarseCount, below: settings.codebook_size),
            let fine = rows(
                "fine_prompt", settings.fine.codebooks, below: settings.codebook_size)
        else { return nil }
        self.semantic = semantic
        self.coarseOnly = coarse == Array(fine.prefix(coarseCount)) ? nil : coarse
        codes = fine
    }

    /// Where a voice's coarse codes are not those of all codes.
    private var coarseOnly: [[Int]]?

    /// The rows of the first codebooks.
    var coarse: [[Int]] { coarseOnly ?? Array(codes.prefix(coarseCount)) }

    /// Goes on with what was said; what is too old for any of the transformers is forgotten.
    mutating func append(_ tokens: [Int], _ said: [[Int]], _ settings: BarkSettings) {
        let tokensMax = max(settings.semantic.input_length, settings.historyTokensMax)
        semantic = Array((semantic + tokens).suffix(tokensMax + 1))
        let framesMax =
            max(
                settings.fine.history_max,
                Int(bounded: Double(tokensMax) * settings.coarse.rate / settings.semantic.rate))
            + 1
        func joined(_ old: [[Int]]) -> [[Int]] {
            zip(old, said).map { Array(($0 + $1).suffix(framesMax)) }
        }
        if let coarseOnly { self.coarseOnly = joined(coarseOnly) }
        codes = joined(codes)
    }
}
