/// Video that is watched while it is made: fragmented MP4 with one H.264 track of constrained
/// baseline, timescale 90 000, no edit list, no audio. Used by one task at a time.
package protocol LiveVideoEncoding: Sendable {
    /// The first bytes: `ftyp` and `moov`.
    /// - Throws: `.encoderFailed`, `.libraryMissing`.
    func start() async throws(EngineError) -> LiveVideoHead

    /// Encodes a frame into one fragment, `moof` and `mdat`, whose `tfdt` is its time.
    /// - milliseconds: on the stream's clock, more than that of the frame before.
    /// - duration: until the next frame, milliseconds.
    /// - isKeyframe: asks for one; the first one is one anyway.
    /// - Throws: `.encoderFailed`, `.memoryShort`.
    func add(
        _ frame: VideoFrame, atMilliseconds milliseconds: Int, durationMilliseconds duration: Int,
        isKeyframe: Bool
    ) async throws(EngineError) -> LiveVideoFragment

    /// Ends its thread.
    func close() async
}

/// How a live video begins.
package struct LiveVideoHead: Sendable, Equatable {
    package let bytes: [UInt8]
    /// As MediaSource and WebCodecs want it (RFC 6381), such as "avc1.42C01E".
    package let codec: String

    package init(bytes: [UInt8], codec: String) {
        self.bytes = bytes
        self.codec = codec
    }
}

/// One frame of a live video.
package struct LiveVideoFragment: Sendable, Equatable {
    package let bytes: [UInt8]
    package let isKeyframe: Bool

    package init(bytes: [UInt8], isKeyframe: Bool) {
        self.bytes = bytes
        self.isKeyframe = isKeyframe
    }
}

/// How a live video is encoded.
package struct LiveVideoSettings: Sendable, Equatable {
    /// Pixels, even.
    package var width = 512
    package var height = 512
    /// At most; frames may be further apart.
    package var framesPerSecond = 25

    package init() {}
}
