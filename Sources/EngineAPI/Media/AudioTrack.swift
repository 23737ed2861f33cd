/// The voice of a video, read twice from its start: for the mouth, then for the video's own track.
package enum AudioTrack: Sendable {
    /// In memory, any rate.
    case clip(AudioClip)
    /// Bytes of a file that are decoded as they are read, so that a long one is never in memory
    /// whole. `open` gives a new reader, mono at the rate that it is asked for.
    case file(
        sampleRateHz: Int, open: @Sendable (Int) async throws(EngineError) -> any AudioSource)

    /// The audio's own rate.
    package var sampleRateHz: Int {
        switch self {
        case .clip(let clip): clip.sampleRateHz
        case .file(let rate, _): rate
        }
    }
}
