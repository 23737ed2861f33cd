import EngineAPI
import FoundationEssentials

/// What a session has heard and not read yet.
struct Hearing: Sendable {
    var detector: (any SpeechDetecting)?
    /// Tells how a turn's end sounds; nil where nobody asked yet, or nothing here can tell.
    var endOfTurn: (any EndOfTurnDetecting)?
    var hasSoughtEndOfTurn = false
    var converter: (any AudioRateConverting)?
    /// What the converter was made for.
    var wire: AudioWire?
    /// Half a sample that came at the end of an append.
    var halfSample: UInt8?
    var turns = TurnDetector(TurnDetector.Settings())
    /// Sound at 16 000 Hz, by its place since the session began.
    var window = SampleWindow()
    /// Probabilities of the frames of the open turn, from `turn.start` on, for its best pause.
    var probabilities: [Float] = []
    var turn: OpenTurn?
    /// Of the turn before, ISO 639-1: partial text is read in it.
    var language: String?
    /// Readings of turns that are over, the last of them.
    var lastReading: Task<Void, Never>?
    /// Seconds of sound whose reading has not ended.
    var secondsUnread = 0.0
    var waiters: [CheckedContinuation<Void, Never>] = []

    /// Seconds that may wait to be read before the client's messages wait too.
    static let secondsUnreadMax = 60.0
    /// Kept before anybody speaks: the longest padding.
    static let paddingSamplesMax = 5 * 16_000

    /// The end of the last frame that the detector has looked at.
    var samplesSeen: Int { turns.framesSeen * TurnDetector.frameSamples }

    /// Bytes of sound that is kept.
    var bytes: Int { (window.count + probabilities.count) * MemoryLayout<Float>.stride }

    mutating func stop() {
        turn?.cancel()
        turn = nil
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
        window = SampleWindow()
        detector = nil
        endOfTurn = nil
    }

    /// Milliseconds of a place.
    static func milliseconds(_ sample: Int) -> JSONValue {
        .number((Double(sample) / 16).rounded())
    }
}

/// A turn that goes on: its sound is read piece by piece while it does.
struct OpenTurn: Sendable {
    let itemID: String
    /// Its first sample, padding included.
    var start: Int
    /// Where the piece begins that nobody has read for good.
    var pieceStart: Int
    /// The pieces before it, each read once, the last of them; it knows those before.
    var pieces: Task<TurnReading, Never>?
    /// The work of all its readings.
    let cancellation = Cancellation()
    var partial = PartialTranscript()
    /// The partial reading that runs.
    var partialWork: Cancellation?
    /// Where the sound of the last partial reading ended.
    var partialEnd: Int
    /// A reading of all that was said until a silence, which may turn out to be the end.
    var ahead: (end: Int, reading: Task<TurnReading, Never>, cancellation: Cancellation)?
    /// When the sound came in which speech ended.
    var quietAt: ContinuousClock.Instant?

    init(itemID: String, start: Int) {
        (self.itemID, self.start) = (itemID, start)
        (pieceStart, partialEnd) = (start, start)
    }

    /// Partial text gives way to what is waited for.
    func cancelPartial() { partialWork?.raise() }

    /// Its readings are not wanted any more.
    func cancel() {
        cancellation.raise()
        cancelPartial()
        ahead?.cancellation.raise()
    }
}

/// The text of a turn, as far as it was read.
struct TurnReading: Sendable {
    var text = ""
    /// ISO 639-1; nil where nobody has said anything yet.
    var language: String?
    var failure: EngineError?
}
