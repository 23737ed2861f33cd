/// Which of a file's sounds is heard, where it holds several.
package struct AudioChoice: Sendable, Equatable {
    /// More tracks or channels than these can't be named.
    package static let tracksMax = 16
    package static let channelsMax = 64

    /// Counted from 1 among the tracks of audio; nil is the first in which there is any sound.
    package var track: Int?
    /// Counted from 1; nil is all of them together.
    package var channel: Int?

    package init(track: Int? = nil, channel: Int? = nil) {
        self.track = track
        self.channel = channel
    }
}

/// Why nothing can be heard of a file whose form is known.
package enum AudioFault: Sendable, Equatable {
    /// It holds pictures or data, and no audio.
    case noTrack
    /// Its audio has no samples.
    case noSamples
    /// Its audio is coded as nothing here decodes; the codec's name.
    case codecUnknown(name: String)
    /// It has only so many tracks of audio.
    case trackMissing(count: Int)
    /// Its audio has only so many channels.
    case channelMissing(count: Int)
}
