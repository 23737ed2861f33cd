import EngineAPI

/// A stretch of speech with how its voice sounds.
struct VoiceWindow: Sendable {
    var range: SampleRange
    /// A vector of length 1, about the same for each window of one voice.
    var voice: [Float]
    /// The same along the directions in which voices differ.
    var traits: [Float]

    /// What the net was trained on: 1.6 s.
    static let samples = 160 * MelBands.hop
    /// From the beginning of one to that of the next.
    static let hop = 80 * MelBands.hop
    /// Nothing is told from less than .3 s.
    static let samplesMin = 32 * MelBands.hop
    /// Windows of a length are read together: it is one of these steps.
    static let stepSamples = 16 * MelBands.hop

    /// Whether it is long enough to tell how many speak; shorter ones only go to who is nearest.
    var isFull: Bool { range.count * 4 >= Self.samples * 3 }

    /// Windows over a stretch of speech, the last one moved so that it ends with it. Short speech
    /// is one window.
    static func ranges(in region: SampleRange) -> [SampleRange] {
        guard region.count >= samplesMin else { return [] }
        let last = region.upperBound - samples
        guard last > region.lowerBound else {
            let count = region.count / stepSamples * stepSamples
            let start = region.lowerBound + (region.count - count) / 2
            return [start..<start + count]
        }
        // Whole frames from the first: their bands are read once.
        let end = last - (last - region.lowerBound) % MelBands.hop
        var starts = Array(stride(from: region.lowerBound, through: last, by: hop))
        if let final = starts.last, end - final > hop / 2 {
            starts.append(end)
        } else {
            starts[starts.count - 1] = end
        }
        return starts.map { $0..<$0 + samples }
    }
}
