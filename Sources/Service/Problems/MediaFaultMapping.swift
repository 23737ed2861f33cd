import EngineAPI

extension Problem {
    /// Forms that are read, as messages list them.
    static let audioForms =
        "wav, mp3, m4a, aac, mp4, mov, 3gp, amr, ogg, opus, flac, webm, mkv, aiff, caf, au, w64, ac3"

    /// Why nothing can be heard of a file of audio.
    static func of(_ fault: AudioFault) -> Problem {
        switch fault {
        case .noTrack:
            Problem(
                .unreadableAudio, "The file has no audio track.",
                limit: "a file with a track of audio")
        case .noSamples:
            Problem(
                .unreadableAudio, "The audio holds no samples: it was stopped before it began.",
                limit: "at least one sample")
        case .codecUnknown(let name):
            Problem(
                .unreadableAudio, "The audio's codec, \(name), cannot be decoded here.",
                limit: audioForms, got: name)
        case .trackMissing(let count):
            Problem(
                .fieldsConflict, "The file has fewer tracks of audio.", field: "track",
                limit: "1…\(count)")
        case .channelMissing(let count):
            Problem(
                .fieldsConflict, "The audio has fewer channels.", field: "channel",
                limit: "1…\(count)")
        }
    }

    /// Forms of videos that are read.
    private static let videoForms =
        "H.264 of 8 bits, HEVC, VP8 or Motion JPEG in mp4, mov, webm or mkv; gif"

    /// Why nothing can be seen of a video.
    static func of(_ fault: VideoFault) -> Problem {
        switch fault {
        case .damaged:
            Problem(
                .unreadableVideo, "These bytes cannot be read as a video.", limit: videoForms)
        case .noTrack:
            Problem(
                .unreadableVideo, "The file has no track of images.", limit: videoForms)
        case .noFrames:
            Problem(
                .unreadableVideo, "The video holds no images.", limit: "at least one image")
        case .codecUnknown(let name):
            Problem(
                .unreadableVideo, "The video's codec, \(name), cannot be decoded here.",
                limit: videoForms, got: name)
        }
    }
}
