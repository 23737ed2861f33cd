import EngineAPI

/// A stretch of a clip in samples at 16 000 Hz.
typealias SampleRange = Range<Int>

/// Where somebody speaks, from the detector's probabilities.
struct SpeechRegions {
    /// Speech shorter than this is a click: 3 frames, 96 ms.
    static let framesMin = 3
    /// Kept on both sides, so that no soft consonant is lost: 200 ms.
    static let paddingSamples = 3_200

    /// Padded and merged, in order.
    let ranges: [SampleRange]

    init(
        probabilities: [Float], sampleCount: Int, detection: SpeechDetection = SpeechDetection()
    ) {
        let padding = detection.paddingMilliseconds * 16
        let pauseFramesMax = detection.pauseFrames
        var ranges: [SampleRange] = []
        var start: Int?
        var quiet = 0
        func close(at end: Int) {
            guard let first = start, end - first >= Self.framesMin else { return }
            let lower = max(0, first * VoiceActivityDetector.frameSamples - padding)
            let upper = min(
                sampleCount, end * VoiceActivityDetector.frameSamples + Self.paddingSamples)
            if let last = ranges.last, last.upperBound >= lower {
                ranges[ranges.count - 1] = last.lowerBound..<upper
            } else {
                ranges.append(lower..<upper)
            }
        }
        for (frame, probability) in probabilities.enumerated() {
            if probability >= detection.threshold {
                if start == nil { start = frame }
                quiet = 0
            } else if start != nil, probability < detection.endsBelow {
                quiet += 1
                if quiet > pauseFramesMax {
                    close(at: frame - quiet + 1)
                    (start, quiet) = (nil, 0)
                }
            }
        }
        close(at: probabilities.count - quiet)
        self.ranges = ranges
    }
}

extension SpeechDetection {
    /// Whether nobody told how much is heard around speech.
    var hasUsualPadding: Bool { paddingMilliseconds == SpeechDetection().paddingMilliseconds }

    /// Speech ends where it is less likely.
    var endsBelow: Float { max(0, threshold - 0.15) }

    /// A pause of no more frames does not end a region.
    var pauseFrames: Int { silenceMilliseconds / 32 }
}
