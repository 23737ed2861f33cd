import EngineAPI

/// What server and decoder say to each other, and the numbers that go with it. A message is its
/// kind, four numbers and the length of what follows, 48 bytes in the machine's own order: both
/// ends are the same program.
struct DecodeMessage: Equatable {
    enum Kind: Int64 {
        // The decoder's.
        /// It is ready; 1 where its system calls are filtered.
        case hello = 1
        /// It needs bytes of the file: offset, count.
        case need
        /// The audio can be read: its own rate; notes.
        case opened
        /// Samples follow as Float; notes.
        case samples
        /// Packed RGB follows: width, height; of a video, when it is seen (bits), and notes.
        case image
        /// It can't: which failure, and its numbers.
        case failed
        /// 1 and the report on a file's credentials, or 0 and why there is none.
        case credentials
        /// The video has no more images; notes.
        case videoEnd
        // The server's.
        /// Audio: rate, seconds at most (bits), bytes of the file, track and channel; its
        /// beginning follows.
        case openAudio
        /// The next samples: how many.
        case read
        /// An image follows: side at most.
        case decodeImage
        /// Bytes that were needed follow.
        case bytes
        /// The audio is not needed any more.
        case close
        /// Certificates that are trusted (so many bytes) and a file follow.
        case readCredentials
        /// A video: pixels a side, seconds (bits) and images a second at most, bytes of the file;
        /// its beginning follows.
        case openVideo
        /// The next image of the video.
        case nextImage
    }

    static let headBytes = 48
    /// The length of a file that still arrives.
    static let unknownLength = -1
    /// How much of a file is handed over at once.
    static let windowBytes = 256 << 10

    var kind: Kind
    var numbers = SIMD4<Int64>()
    var payloadBytes = 0

    init(_ kind: Kind, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0) {
        self.kind = kind
        numbers = SIMD4(Int64(first), Int64(second), Int64(third), 0)
    }

    /// Asks for audio.
    /// - byteCount: of the file; `unknownLength` where it still arrives.
    init(opening choice: AudioChoice, sampleRateHz: Int, secondsMax: Double, byteCount: Int) {
        self.init(.openAudio, sampleRateHz, 0, byteCount)
        numbers.y = Int64(bitPattern: secondsMax.bitPattern)
        numbers.w = Int64((choice.track ?? 0) << 8 | (choice.channel ?? 0))
    }

    /// Asks for a video.
    init(opening limits: VideoLimits, byteCount: Int) {
        self.init(.openVideo, limits.sideMax, 0, limits.framesPerSecondMax)
        numbers.y = Int64(bitPattern: limits.secondsMax.bitPattern)
        numbers.w = Int64(byteCount)
    }

    /// What of the video is asked for.
    var videoLimits: VideoLimits {
        var limits = VideoLimits()
        (limits.sideMax, limits.framesPerSecondMax) = (Int(numbers.x), Int(numbers.z))
        limits.secondsMax = Double(bitPattern: UInt64(bitPattern: numbers.y))
        return limits
    }

    /// Which of the file's sounds is asked for.
    var choice: AudioChoice {
        let (track, channel) = (Int(numbers.w >> 8 & 0xFF), Int(numbers.w & 0xFF))
        return AudioChoice(
            track: track > 0 ? track : nil, channel: channel > 0 ? channel : nil)
    }

    /// nil for what is no message.
    init?(_ words: [Int64]) {
        guard words.count == 6, let kind = Kind(rawValue: words[0]),
            (0...Int64(Int32.max)).contains(words[5])
        else { return nil }
        self.kind = kind
        numbers = SIMD4(words[1], words[2], words[3], words[4])
        payloadBytes = Int(words[5])
    }

    var words: [Int64] {
        [kind.rawValue, numbers.x, numbers.y, numbers.z, numbers.w, Int64(payloadBytes)]
    }
}

extension DecodeMessage {
    /// A failure as a message; what can't happen in a decoder is damage.
    init(_ error: EngineError) {
        switch error {
        case .audioTooLong: self.init(.failed, 1)
        case .memoryShort: self.init(.failed, 2)
        case .audioUnheard(let fault): self.init(fault)
        case .videoUnread(let fault): self.init(fault)
        case .videoTooLarge(let width, let height, let side):
            self.init(.failed, 11, width, height)
            numbers.w = Int64(side)
        default: self.init(.failed, 0)
        }
    }

    /// - damage: what the bytes are not.
    func error(damage: EngineError, secondsMax: Double = 0) -> EngineError {
        switch numbers.x {
        case 1: .audioTooLong(secondsMax: secondsMax)
        case 3: .audioUnheard(.noTrack)
        case 4: .audioUnheard(.noSamples)
        case 5: .audioUnheard(.trackMissing(count: Int(numbers.y)))
        case 6: .audioUnheard(.channelMissing(count: Int(numbers.y)))
        case 7: .audioUnheard(.codecUnknown(name: name))
        case 8: .videoUnread(.noTrack)
        case 9: .videoUnread(.noFrames)
        case 10: .videoUnread(.codecUnknown(name: name))
        case 11:
            .videoTooLarge(
                width: Int(numbers.y), height: Int(numbers.z), sideMax: Int(numbers.w))
        default: damage
        }
    }

    private init(_ fault: AudioFault) {
        switch fault {
        case .noTrack: self.init(.failed, 3)
        case .noSamples: self.init(.failed, 4)
        case .trackMissing(let count): self.init(.failed, 5, count)
        case .channelMissing(let count): self.init(.failed, 6, count)
        case .codecUnknown(let name):
            self.init(.failed, 7)
            put(name)
        }
    }

    private init(_ fault: VideoFault) {
        switch fault {
        case .damaged: self.init(.failed, 0)
        case .noTrack: self.init(.failed, 8)
        case .noFrames: self.init(.failed, 9)
        case .codecUnknown(let name):
            self.init(.failed, 10)
            put(name)
        }
    }

    /// A codec's short name in the numbers that are left.
    private mutating func put(_ name: String) {
        for (index, byte) in name.utf8.prefix(24).enumerated() {
            numbers[1 + index / 8] |= Int64(byte & 0x7F) << Int64(index % 8 * 8)
        }
    }

    /// What may be a name: a process that reads hostile files says it.
    private var name: String {
        let bytes = (0..<24).map { UInt8(numbers[1 + $0 / 8] >> Int64($0 % 8 * 8) & 0x7F) }
        return String(decoding: bytes.filter { $0 > 0x20 && $0 != 0x7F }, as: UTF8.self)
    }
}

extension MediaNotes {
    /// One bit a note.
    var mask: Int { all.reduce(0) { $0 | 1 << Int($1.rawValue) } }

    func add(mask: Int64) {
        for note in MediaNote.allCases where mask & 1 << Int64(note.rawValue) != 0 { add(note) }
    }
}
