import EngineAPI

/// Somebody began or ceased to speak, at a sample of the clip.
enum SpeechActivity: Sendable, Equatable {
    case started(sample: Int)
    case stopped(sample: Int)
}

/// Finds the pause at which a stream of speech is cut while it goes on. Its rules look at the
/// detector's probabilities only, half a second at a time, so that the cuts do not depend on how
/// fast the audio came.
struct EarlyPause: Sendable {
    /// Frames of 32 ms that are looked at at a time: .5 s.
    static let stepFrames = 16
    /// A pause that speech is cut at once it is 1.5 s back: .26 s. By then it is clear that it was
    /// no stop consonant, and a better pause is rarely near.
    private static let pauseFramesMin = 8
    private static let lookaheadFrames = 47
    /// A pause that ends a piece as soon as it is so long: .7 s.
    private static let longPauseFrames = 22
    /// Speech before the first cut where the language is to be found out: 2 s, since it is hardly
    /// told from less.
    private static let unknownLanguageFramesMin = 62
    /// Speech before a later one: 6 s as in a file, since what is cut short is understood worse;
    /// 1 s before a long pause.
    private static let laterFramesMin = 187
    private static let framesMin = 31

    private let firstFramesMin: Int
    /// Nothing has been cut yet.
    var isFirst = true
    private var isSpeaking = false
    /// Frames in a row that speak for a change.
    private var run = 0
    /// Nobody has spoken for so long before they ceased to: .5 s.
    private static let stopFrames = 16

    private let detection: SpeechDetection

    init(languageIsKnown: Bool, detection: SpeechDetection = SpeechDetection()) {
        self.detection = detection
        firstFramesMin = languageIsKnown ? Self.framesMin : Self.unknownLanguageFramesMin
    }

    /// Where a piece that begins at a sample ends, in the middle of a pause; nil where it goes on.
    func end(of probabilities: [Float], from start: Int) -> Int? {
        let first = start / VoiceActivityDetector.frameSamples
        var quietFrom: Int?
        for frame in first...probabilities.count {
            let isQuiet =
                frame < probabilities.count && probabilities[frame] < detection.endsBelow
            if isQuiet, quietFrom == nil { quietFrom = frame }
            guard !isQuiet || frame + 1 == probabilities.count, let from = quietFrom else {
                continue
            }
            let end = isQuiet ? frame + 1 : frame
            if isGood(from - first, pause: end - from, behind: probabilities.count - from) {
                // Not far into a long pause: what comes next may begin softly.
                return (from + min(end - from, Self.longPauseFrames) / 2)
                    * VoiceActivityDetector.frameSamples
            }
            quietFrom = nil
        }
        return nil
    }

    /// - behind: frames since the pause began.
    private func isGood(_ spoken: Int, pause: Int, behind: Int) -> Bool {
        // What ends speech by the client's word ends a piece where it is longer than ours.
        if pause >= max(Self.longPauseFrames, detection.pauseFrames) {
            return spoken >= (isFirst ? firstFramesMin : Self.framesMin)
        }
        return pause >= max(Self.pauseFramesMin, detection.pauseFrames)
            && behind >= Self.lookaheadFrames
            && spoken >= (isFirst ? firstFramesMin : Self.laterFramesMin)
    }

    /// Follows who speaks through the next frames.
    mutating func watch(_ found: [Float], from first: Int, into activity: inout [SpeechActivity]) {
        for (offset, probability) in found.enumerated() {
            let isForChange =
                isSpeaking
                ? probability < detection.endsBelow : probability >= detection.threshold
            run = isForChange ? run + 1 : 0
            guard run >= (isSpeaking ? Self.stopFrames : SpeechRegions.framesMin) else { continue }
            let sample = (first + offset + 1 - run) * VoiceActivityDetector.frameSamples
            isSpeaking.toggle()
            activity.append(isSpeaking ? .started(sample: sample) : .stopped(sample: sample))
            run = 0
        }
    }
}
