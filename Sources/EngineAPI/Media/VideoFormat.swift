/// Containers that `/animate` answers in.
package enum VideoFormat: String, Sendable, CaseIterable {
    /// H.264 and AAC.
    case mp4
    /// VP8 and Opus.
    case webm
    /// Images alone, over and over.
    case gif

    /// RFC 6838 media type of the whole response.
    package var mediaType: String {
        switch self {
        case .mp4: "video/mp4"
        case .webm: "video/webm"
        case .gif: "image/gif"
        }
    }

    /// Frames a second that are worth their bytes: GIF counts in hundredths of a second, and its
    /// frames are large.
    package var framesPerSecondMax: Int { self == .gif ? 20 : 60 }

    /// Seconds of video, where the format sets a bound: a minute of GIF is some tens of megabytes.
    package var secondsMax: Double { self == .gif ? 60 : .infinity }
}
