import EngineAPI

/// Finds where a person's turn begins and ends, from the probability of speech in each frame of 512
/// samples at 16 000 Hz. A pure function of what it is told: the same sound gives the same turns,
/// however fast it came.
struct TurnDetector: Sendable {
    static let frameSamples = 512

    /// What it goes by.
    struct Settings: Equatable, Sendable {
        var threshold: Float = 0.5
        var paddingSamples = 300 * 16
        var silenceSamples = 500 * 16
    }

    enum Event: Equatable, Sendable {
        /// Somebody began to speak: padding included.
        case started(sample: Int)
        /// A silence that may be the end, told three times at most while it lasts: what was said
        /// can be read as if it were all; where it began.
        case paused(sample: Int, isLasting: Bool)
        /// Speech came back after `paused`.
        case resumed
        /// Silence has lasted: the turn is over; where the silence began.
        case stopped(sample: Int)
    }

    var settings: Settings
    /// Frames of speech that begin a turn: 96 ms.
    private static let framesToStart = 3
    /// While the other side is heard, so that a cough does not cut it short: 256 ms, or half of
    /// that where the frames leave no doubt.
    private static let framesToInterrupt = 8
    private static let sureProbability: Float = 0.85
    /// How far below the threshold speech ends.
    private static let hysteresis: Float = 0.15

    private(set) var isSpeaking = false
    private(set) var framesSeen = 0
    /// Evidence in a row that somebody speaks, in frames.
    private var evidence = 0
    private var runStart = 0
    /// Where the silence within a turn began.
    private var silentSince: Int?
    private var isPaused = false

    /// Silence after which what was said can be read: 128 ms, less where a turn ends soon after.
    static let pauseFrames = 4
    /// Silence that is likely to be the end: 192 ms; and where it was not, 608 ms.
    private static let lastingFrames = [6, 19]

    init(_ settings: Settings) { self.settings = settings }

    /// - isInterrupting: what begins now would cut the other side short.
    mutating func feed(_ probability: Float, isInterrupting: Bool) -> Event? {
        let frame = framesSeen
        framesSeen += 1
        // A probability that is none is no speech.
        let probability = probability.isFinite ? probability : 0
        guard isSpeaking else { return begin(frame, probability, isInterrupting) }
        if probability >= settings.threshold - Self.hysteresis {
            silentSince = nil
            defer { isPaused = false }
            return isPaused ? .resumed : nil
        }
        let since = silentSince ?? frame
        silentSince = since
        let silent = frame + 1 - since
        if silent * Self.frameSamples >= settings.silenceSamples {
            end()
            return .stopped(sample: since * Self.frameSamples)
        }
        let first = min(
            Self.pauseFrames, max(settings.silenceSamples / Self.frameSamples / 3, 1))
        let isLasting = Self.lastingFrames.contains(silent)
        if silent == first || isLasting {
            isPaused = true
            return .paused(sample: since * Self.frameSamples, isLasting: isLasting)
        }
        return nil
    }

    private mutating func begin(
        _ frame: Int, _ probability: Float, _ isInterrupting: Bool
    ) -> Event? {
        guard probability >= settings.threshold else {
            if probability < settings.threshold - Self.hysteresis { evidence = 0 }
            return nil
        }
        if evidence == 0 { runStart = frame }
        evidence += isInterrupting && probability >= Self.sureProbability ? 2 : 1
        guard evidence >= (isInterrupting ? Self.framesToInterrupt : Self.framesToStart) else {
            return nil
        }
        isSpeaking = true
        evidence = 0
        return .started(
            sample: max(0, runStart * Self.frameSamples - settings.paddingSamples))
    }

    /// The turn is over by hand, or forgotten.
    mutating func end() {
        isSpeaking = false
        isPaused = false
        silentSince = nil
        evidence = 0
    }

    /// The turn was cut, and goes on.
    mutating func goOn() { silentSince = nil }
}
