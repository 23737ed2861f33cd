/// A stretch of a clip in which one speaks.
struct SpeakerTurn: Sendable, Equatable {
    /// Samples at 16 000 Hz.
    var range: SampleRange
    /// Which of those who speak, from 0.
    var speaker: Int
}
