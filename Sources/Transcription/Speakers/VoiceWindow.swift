import EngineAPI

/// A stretch of speech with how its voice sounds.
struct VoiceWindow: Sendable {
    var range: SampleRange
    /// A vector of length 1, about the same for each window of one voice.
    var voice: [Float]
    /// The same along the directions in which voices differ.
    var traits: [Float]

    /// 1.6 s: longer ones tell voices apart better, shorter ones when another begins.
    static let samples = 160 * MelBands.hop
    /// From the beginning of one to that of the next, about: hardly anybody's whole turn lies
    /// between two.
    static let hop = 200 * MelBands.hop
    /// Nothing is told from less than .3 s.
    static let samplesMin = 32 * MelBands.hop
    /// Windows of a length are read together: it is one of these steps.
    static let stepSamples = 16 * MelBands.hop

    /// Whether it is long enough to tell how many speak; shorter ones only go to who is nearest.
    var isFull: Bool { range.count * 4 >= Self.samples * 3 }

    /// Windows over a stretch of speech from its beginning to its end, evenly: they share a little,
    /// or leave up to .9 s out between them. Short speech is one window, in its middle.
    static func ranges(in region: SampleRange) -> [SampleRange] {
        guard region.count >= samplesMin else { return [] }
        let room = region.count - samples
        guard room > 0 else {
            let count = region.count / stepSamples * stepSamples
            let start = region.lowerBound + (region.count - count) / 2
            return [start..<start + count]
        }
        let steps = (room + hop * 3 / 4) / hop
        guard steps > 0 else {
            let start = region.lowerBound + room / 2
            return [start..<start + samples]
        }
        return (0...steps).map { step in
            // Whole frames from the first: their bands are read once.
            let start = region.lowerBound + room * step / steps / MelBands.hop * MelBands.hop
            return start..<start + samples
        }
    }
}
