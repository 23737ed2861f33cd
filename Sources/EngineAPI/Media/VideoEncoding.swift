/// How a video is encoded.
package struct VideoSettings: Sendable {
    package var format = VideoFormat.mp4
    /// Pixels, even.
    package var width = 512
    package var height = 512
    package var framesPerSecond = 25
    /// Fragments leave as they are made; otherwise the index is put in front of a whole file.
    package var isStreamed = false
    /// The rate of the samples that are added. The track has the nearest rate that its codec knows.
    package var sampleRateHz = 24_000

    package init() {}

    /// Of the images: 900 kb/s at 512²; an image four times as large needs not quite three times
    /// the bits.
    package var bitsPerSecond: Int {
        let root = (Double(width * height) / Double(512 * 512)).squareRoot()
        return max(Int(bounded: 900_000 * root * root.squareRoot()), 250_000)
    }
}

/// One video being encoded, on a thread of its own; used by one task at a time. Images and audio
/// are added each in order; of a streamed video the audio of a frame comes no later than the frame
/// that follows it. What it keeps is charged to its work's memory.
package protocol VideoEncoding: Sendable {
    /// Adds the next frame, of the settings' size; returns the bytes that are ready: of a whole
    /// video, none.
    /// - Throws: `.encoderFailed`, `.libraryMissing`, `.memoryShort`.
    func add(_ frame: VideoFrame) async throws(EngineError) -> [UInt8]

    /// Adds the next samples of the audio, mono, −1…1.
    /// - Throws: as `add`.
    func add(_ samples: [Float]) async throws(EngineError)

    /// Ends the video; returns the rest of a streamed one, or all of a whole one.
    /// - Throws: as `add`.
    func finish() async throws(EngineError) -> [UInt8]

    /// Ends its thread, whether or not the video is finished; returns the time that encoding took.
    func close() async -> Duration
}
