/// A stretch of a clip in samples at 16 000 Hz.
typealias SampleRange = Range<Int>

/// Where somebody speaks, from the detector's probabilities.
/// Thresholds as in Silero's own utility: speech begins at .5 and ends below .35.
struct SpeechRegions {
    static let beginsAt: Float = 0.5
    static let endsBelow: Float = 0.35
    /// Speech shorter than this is a click: 3 frames, 96 ms.
    static let framesMin = 3
    /// Kept on both sides, so that no soft consonant is lost: 200 ms.
    static let paddingSamples = 3_200
    /// A pause shorter than this does not end a region: 4 frames, 128 ms.
    static let pauseFramesMax = 4

    /// Padded and merged, in order.
    let ranges: [SampleRange]

    init(probabilities: [Float], sampleCount: Int) {
        var ranges: [SampleRange] = []
        var start: Int?
        var quiet = 0
        func close(at end: Int) {
            guard let first = start, end - first >= Self.framesMin else { return }
            let lower = max(0, first * VoiceActivityDetector.frameSamples - Self.paddingSamples)
            let upper = min(
                sampleCount, end * VoiceActivityDetector.frameSamples + Self.paddingSamples)
            if let last = ranges.last, last.upperBound >= lower {
                ranges[ranges.count - 1] = last.lowerBound..<upper
            } else {
                ranges.append(lower..<upper)
            }
        }
        for (frame, probability) in probabilities.enumerated() {
            if probability >= Self.beginsAt {
                if start == nil { start = frame }
                quiet = 0
            } else if start != nil, probability < Self.endsBelow {
                quiet += 1
                if quiet > Self.pauseFramesMax {
                    close(at: frame - quiet + 1)
                    (start, quiet) = (nil, 0)
                }
            }
        }
        close(at: probabilities.count - quiet)
        self.ranges = ranges
    }
}
