/// The silence around a piece that is read with it.
///
/// A piece that begins with its first sound and ends with its last one is read worse than one as
/// Whisper knew them in training: its words come twice, and its first ones wrong.
enum Surroundings {
    /// Beyond what a region is padded by: 200 ms.
    static let samples = 3_200
    /// A clip's own beginning and end are left as they are where they are no longer: 1 s.
    private static let edgeSamples = 16_000

    /// What is read of a piece, whole positions of 20 ms more on each side.
    /// - before, next: where the piece before it ends, and the next one begins.
    /// - isFirst, isLast: whether it is the clip's first or last one, with all that lies before it
    ///   or behind it.
    static func of(
        _ piece: SampleRange, between before: Int, and next: Int, isFirst: Bool, isLast: Bool
    ) -> SampleRange {
        let (lead, tail) = (piece.lowerBound - before, next - piece.upperBound)
        let leadMax = isFirst && lead <= edgeSamples ? edgeSamples : samples
        let tailMax = isLast && tail <= edgeSamples ? edgeSamples : samples
        return piece.lowerBound - positions(min(lead, leadMax))..<piece.upperBound
            + positions(min(tail, tailMax))
    }

    /// Whole positions, none where pieces overlap.
    private static func positions(_ samples: Int) -> Int { max(0, samples) / 320 * 320 }
}
