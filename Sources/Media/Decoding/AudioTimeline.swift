/// Where the frames of a file belong in time, by their own stamps.
///
/// A file may leave out what nobody said: packets that were lost or never sent, a track that begins
/// after the picture. What is missing becomes silence, so that times are those of the file. Stamps
/// are rounded and jitter, and damaged ones say anything, so that they are believed within bounds:
/// - less than 30 ms between two frames is rounding; it is made up for once it has grown to 250 ms;
/// - a clock that goes back by more than a second, or on by more than is left of what a file may
///   last, begins anew where the sound before it ended.
struct AudioTimeline: Sendable {
    private static let jumpMin = 0.03
    private static let driftMax = 0.25
    private static let stepBackMax = 1.0
    /// A file whose first stamp is later than this was cut from a longer one, whose clock it keeps:
    /// 10 minutes.
    static let lateStartMax = 600.0

    private let secondsMax: Double
    /// What is added to stamps.
    private var offset: Double
    /// Where what was placed so far ends.
    private var end = 0.0
    /// Where the last frame ends by its own stamp.
    private var stampedEnd: Double?
    /// Whether a stamp was not believed.
    private(set) var passedOver = false

    /// - start: the file's first stamp, of any track; 0 where it has none.
    init(start: Double, secondsMax: Double) {
        self.secondsMax = secondsMax
        offset = start.magnitude > Self.lateStartMax ? -start : 0
    }

    /// Seconds of silence before a frame.
    /// - stamp: when it begins; nil where the file does not say.
    mutating func silence(before stamp: Double?, lasting seconds: Double) -> Double {
        var silence = 0.0
        if let stamp, stamp.isFinite {
            silence = gap(before: stamp)
            stampedEnd = stamp + seconds
        } else {
            stampedEnd = stampedEnd.map { $0 + seconds }
        }
        end += silence + seconds
        return silence
    }

    private mutating func gap(before stamp: Double) -> Double {
        let missing = stamp + offset - end
        guard let stampedEnd else {
            // The first one. What begins before the file does was cut off by the decoder.
            if missing < 0 || end + missing > secondsMax {
                passedOver = missing > 0
                offset -= missing
                return 0
            }
            return missing > Self.jumpMin ? missing : 0
        }
        let jump = stamp - stampedEnd
        if jump < -Self.stepBackMax || jump > 0 && end + missing > secondsMax {
            passedOver = passedOver || jump > 0
            offset -= missing
            return 0
        }
        let isJump = jump > Self.jumpMin && missing > Self.jumpMin
        return isJump || missing > Self.driftMax ? missing : 0
    }
}
