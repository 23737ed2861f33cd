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
        /// Packed RGB follows: width, height.
        case image
        /// It can't: which failure, and its numbers.
        case failed
        /// 1 and the report on a file's credentials, or 0 and why there is none.
        case credentials
        // The server's.
        /// Audio: rate, seconds at most (bits), bytes of the file; its beginning follows.
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
        default: self.init(.failed, 0)
        }
    }

    /// - damage: what the bytes are not.
    func error(damage: EngineError, secondsMax: Double = 0) -> EngineError {
        numbers.x == 1 ? .audioTooLong(secondsMax: secondsMax) : damage
    }
}

extension MediaNotes {
    /// One bit a note.
    var mask: Int { all.reduce(0) { $0 | 1 << Int($1.rawValue) } }

    func add(mask: Int64) {
        for note in MediaNote.allCases where mask & 1 << Int64(note.rawValue) != 0 { add(note) }
    }
}
