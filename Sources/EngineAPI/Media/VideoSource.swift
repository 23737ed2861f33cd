/// Images of a video, in order, read as they are asked for. Used by one task at a time.
package protocol VideoSource: Sendable {
    /// The next image; nil at the end, or where no more is read.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.videoUnread`, `.videoTooLarge`, `.memoryShort`.
    func next() async throws(EngineError) -> TimedImage?
}

/// An image of a video.
package struct TimedImage: Sendable, Equatable {
    /// Upright.
    package let image: Image
    /// From the video's first image.
    package let seconds: Double

    package init(image: Image, seconds: Double) {
        self.image = image
        self.seconds = seconds
    }
}

/// What of a video is read.
package struct VideoLimits: Sendable, Equatable {
    /// Pixels a side; a larger one is refused.
    package var sideMax = 1_280
    /// The rest is passed over, which a note tells.
    package var secondsMax = 10.0
    /// Of a faster video some images are passed over.
    package var framesPerSecondMax = 25

    package init() {}
}

/// Why nothing can be seen of a video.
package enum VideoFault: Sendable, Equatable {
    /// The bytes are no video that we can read.
    case damaged
    /// The file has no track of images.
    case noTrack
    /// The track has no image that can be decoded.
    case noFrames
    /// Images are in a codec that is not decoded here; its short name.
    case codecUnknown(name: String)
}
