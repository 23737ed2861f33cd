/// Reads and writes audio and images, off the caller's thread. Nothing is read or written by
/// name: every byte comes from and goes to memory.
package protocol MediaCoding: Sendable {
    /// Any supported container and codec → mono at `sampleRateHz`.
    /// - Throws: `.unreadableAudio`, `.audioTooLong`, `.cancelled`, `.deadlinePassed`.
    func decodeAudio(
        _ bytes: [UInt8], sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioClip

    /// The same, decoded as it is read, at 16 000 Hz. What is no audio is found out here.
    /// - Throws: as `decodeAudio`, and `.audioUnheard`; the reader too, where the audio is damaged
    ///   or too long further on.
    func reader(
        _ bytes: [UInt8], choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource

    /// The same, of a file that is still arriving: samples come while it does. A file whose index
    /// stands behind its media is read when it is whole.
    func reader(
        _ file: IncomingFile, choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource

    /// The same at the audio's own rate: the voice of a video.
    /// - Throws: as `reader`.
    func audioTrack(
        _ bytes: [UInt8], secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioTrack

    /// png, jpeg, webp, bmp, heic, gif's first frame → upright RGB; alpha is laid over white.
    /// - Throws: `.unreadableImage`, `.imageTooLarge`.
    func decodeImage(_ bytes: [UInt8], sideMax: Int, work: WorkContext) async throws(EngineError)
        -> Image

    /// A short video's images, decoded as they are asked for. What is no video is found out here.
    /// - Throws: `.videoUnread`, `.videoTooLarge`, `.memoryShort`, `.cancelled`, `.deadlinePassed`.
    func videoSource(
        _ bytes: [UInt8], limits: VideoLimits, work: WorkContext
    ) async throws(EngineError) -> any VideoSource

    /// A new encoder of one stream of audio.
    func encoder(_ format: AudioFormat, sampleRateHz: Int) throws(EngineError)
        -> any AudioEncoding

    /// A new encoder of one video, which whoever made it closes.
    func videoEncoder(_ settings: VideoSettings, work: WorkContext) throws(EngineError)
        -> any VideoEncoding

    /// A new encoder of a video that is watched while it is made; whoever made it closes it.
    /// - Throws: `.threadMissing`.
    func liveVideoEncoder(_ settings: LiveVideoSettings, work: WorkContext) throws(EngineError)
        -> any LiveVideoEncoding

    /// A new converter of samples.
    /// - Throws: `.encoderFailed`.
    func rateConverter(fromHz: Int, toHz: Int) throws(EngineError) -> any AudioRateConverting
}

extension MediaCoding {
    /// All channels of the first track that has sound.
    package func reader(
        _ bytes: [UInt8], secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        try await reader(bytes, choice: AudioChoice(), secondsMax: secondsMax, work: work)
    }

    /// All channels of the first track that has sound.
    package func reader(
        _ file: IncomingFile, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        try await reader(file, choice: AudioChoice(), secondsMax: secondsMax, work: work)
    }
}

/// One stream of audio being encoded; used by one task at a time, in order.
package protocol AudioEncoding: AnyObject, Sendable {
    /// Adds mono samples, −1…1; returns the bytes that are ready.
    func add(_ samples: [Float]) async throws(EngineError) -> [UInt8]
    /// Ends the stream; returns the last bytes.
    func finish() async throws(EngineError) -> [UInt8]
    /// What the stream's head should say, now that it has ended: its lengths. For whoever still
    /// has the first bytes; a stream that has left can't be mended.
    func amendments() async -> [StreamAmendment]
    /// What the head should say of a stream that will have so many samples: for whoever knows how
    /// long it becomes before it ends.
    func amendments(samples: Int) async -> [StreamAmendment]
}

extension AudioEncoding {
    package func amendments() async -> [StreamAmendment] { [] }
    package func amendments(samples: Int) async -> [StreamAmendment] { [] }
}

/// Bytes that take the place of others in a stream, once they are known.
package struct StreamAmendment: Sendable, Equatable {
    /// From the stream's first byte.
    package let offset: Int
    package let bytes: [UInt8]

    package init(offset: Int, bytes: [UInt8]) {
        self.offset = offset
        self.bytes = bytes
    }

    /// Puts the bytes into their place, where the stream has it.
    package func apply(to stream: inout [UInt8]) {
        guard offset >= 0, offset + bytes.count <= stream.count else { return }
        stream.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}

/// Formats that `/speak` answers in.
package enum AudioFormat: String, Sendable, CaseIterable {
    case wav, mp3, opus, aac, flac, pcm

    /// RFC 6838 media type of the whole response.
    package var mediaType: String {
        switch self {
        case .wav: "audio/wav"
        case .mp3: "audio/mpeg"
        case .opus: "audio/ogg"
        case .aac: "audio/aac"
        case .flac: "audio/flac"
        case .pcm: "audio/pcm"
        }
    }
}
