/// Matroska files (RFC 9559) with what a test puts into them: tracks of 16 bit PCM or of any
/// codec's name, in blocks with stamps of their own.
struct MatroskaFile {
    struct Track {
        var codec = "A_PCM/INT/LIT"
        var isAudio = true
        var channelCount = 1
    }

    struct Block {
        /// From 1.
        var track = 1
        var milliseconds: Int
        /// Channels alternate.
        var samples: [Int16]
    }

    static let rateHz = 16_000

    var tracks = [Track()]
    var blocks: [Block] = []

    var bytes: [UInt8] {
        let header = Self.element(
            [0x1A, 0x45, 0xDF, 0xA3],
            Self.element([0x42, 0x86], [1]) + Self.element([0x42, 0xF7], [1])
                + Self.element([0x42, 0xF2], [4]) + Self.element([0x42, 0xF3], [8])
                + Self.element([0x42, 0x82], Array("matroska".utf8))
                + Self.element([0x42, 0x87], [4]) + Self.element([0x42, 0x85], [2]))
        let info = Self.element(
            [0x15, 0x49, 0xA9, 0x66], Self.element([0x2A, 0xD7, 0xB1], Self.big(1_000_000, 4)))
        let entries = tracks.enumerated().flatMap { entry($1, number: $0 + 1) }
        let clusters = blocks.flatMap { block in
            Self.element(
                [0x1F, 0x43, 0xB6, 0x75],
                Self.element([0xE7], Self.big(block.milliseconds, 8))
                    + Self.element(
                        [0xA3],
                        [0x80 | UInt8(block.track), 0, 0, 0x80]
                            + block.samples.flatMap {
                                [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
                            }))
        }
        return header
            + Self.element(
                [0x18, 0x53, 0x80, 0x67],
                info + Self.element([0x16, 0x54, 0xAE, 0x6B], entries) + clusters)
    }

    private func entry(_ track: Track, number: Int) -> [UInt8] {
        let audio = Self.element(
            [0xE1],
            Self.element([0xB5], Self.big(Int(Double(Self.rateHz).bitPattern), 8))
                + Self.element([0x9F], [UInt8(track.channelCount)])
                + Self.element([0x62, 0x64], [16]))
        let video = Self.element(
            [0xE0], Self.element([0xB0], [16]) + Self.element([0xBA], [16]))
        return Self.element(
            [0xAE],
            Self.element([0xD7], [UInt8(number)]) + Self.element([0x73, 0xC5], [UInt8(number)])
                + Self.element([0x83], [track.isAudio ? 2 : 1])
                + Self.element([0x86], Array(track.codec.utf8)) + (track.isAudio ? audio : video))
    }

    private static func element(_ id: [UInt8], _ data: [UInt8]) -> [UInt8] {
        id + [0x01] + big(data.count, 7) + data
    }

    private static func big(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
