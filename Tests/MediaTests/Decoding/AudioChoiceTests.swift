import EngineAPI
import Media
import Testing

/// Which sounds of a file are heard, and when.
@Suite struct AudioChoiceTests {
    private let codec = FFmpegCodec(threads: 1)

    private func ample(_ notes: MediaNotes = MediaNotes()) -> WorkContext {
        WorkContext(deadline: .now + .seconds(300), notes: notes)
    }

    /// 100 ms of square wave in each of some blocks.
    private static func blocks(
        _ milliseconds: [Int], track: Int = 1, level: Int16 = 8_000, signs: [Int16] = [1]
    ) -> [MatroskaFile.Block] {
        milliseconds.map { start in
            MatroskaFile.Block(
                track: track, milliseconds: start,
                samples: (0..<1_600).flatMap { index in
                    signs.map { $0 * (index % 40 < 20 ? level : -level) }
                })
        }
    }

    private func read(
        _ file: MatroskaFile, _ choice: AudioChoice = AudioChoice(), secondsMax: Double = 100,
        notes: MediaNotes = MediaNotes()
    ) async throws -> [Float] {
        let reader = try await codec.reader(
            file.bytes, choice: choice, secondsMax: secondsMax, work: ample(notes))
        var samples: [Float] = []
        while true {
            let part = try await reader.read(4_000)
            samples += part
            if part.count < 4_000 { return samples }
        }
    }

    /// Whether there is sound in each tenth of a second.
    private func tenths(_ samples: [Float]) -> [Bool] {
        stride(from: 0, to: samples.count - 800, by: 1_600).map { start in
            samples[start..<min(start + 1_600, samples.count)].contains { $0.magnitude > 0.05 }
        }
    }

    @Test("what was not sent is silence")
    func gaps() async throws {
        let file = MatroskaFile(blocks: Self.blocks([0, 100, 700, 800]))
        let samples = try await read(file)
        #expect(abs(samples.count - 14_400) <= 32)
        #expect(
            tenths(samples) == [true, true, false, false, false, false, false, true, true])
    }

    @Test("a track that begins late begins late, with a picture before it or not")
    func late() async throws {
        let alone = MatroskaFile(blocks: Self.blocks([500, 600]))
        #expect(tenths(try await read(alone)) == [Bool](repeating: false, count: 5) + [true, true])
        let film = MatroskaFile(
            tracks: [MatroskaFile.Track(codec: "V_VP8", isAudio: false), MatroskaFile.Track()],
            blocks: [MatroskaFile.Block(track: 1, milliseconds: 0, samples: [0, 0])]
                + Self.blocks([300], track: 2))
        #expect(tenths(try await read(film)) == [false, false, false, true])
    }

    @Test("a time that can't be takes neither memory nor time, and is told")
    func impossible() async throws {
        let notes = MediaNotes()
        let file = MatroskaFile(blocks: Self.blocks([0, 1 << 40, (1 << 40) + 100]))
        let samples = try await read(file, notes: notes)
        #expect(abs(samples.count - 4_800) <= 32)
        #expect(notes.all == [.timesPassedOver])
    }

    @Test("a recording cut from an hour's begins at its start")
    func cutOut() async throws {
        let file = MatroskaFile(blocks: Self.blocks([3_600_000, 3_600_100]))
        #expect(abs(try await read(file).count - 3_200) <= 32)
    }

    @Test("channels in opposite phase do not cancel, and each can be had alone")
    func channels() async throws {
        let file = MatroskaFile(
            tracks: [MatroskaFile.Track(channelCount: 2)],
            blocks: Self.blocks([0, 100, 200, 300], signs: [1, -1]))
        let both = try await read(file)
        #expect(tenths(both) == [true, true, true, true])
        let first = try await read(file, AudioChoice(channel: 1))
        let second = try await read(file, AudioChoice(channel: 2))
        #expect(zip(first, second).allSatisfy { abs($0 + $1) < 1e-4 })
        await #expect(throws: EngineError.audioUnheard(.channelMissing(count: 2))) {
            try await read(file, AudioChoice(channel: 3))
        }
    }

    @Test("what is in one of six channels is heard", arguments: 0..<6)
    func surround(channel: Int) async throws {
        let signs = (0..<6).map { Int16($0 == channel ? 1 : 0) }
        let file = MatroskaFile(
            tracks: [MatroskaFile.Track(channelCount: 6)],
            blocks: Self.blocks([0, 100], signs: signs))
        let peak = try await read(file).map(\.magnitude).max() ?? 0
        #expect(peak > 0.2)
    }

    @Test("the first track with sound is heard, or the one that was asked for")
    func tracks() async throws {
        let file = MatroskaFile(
            tracks: [MatroskaFile.Track(), MatroskaFile.Track(), MatroskaFile.Track()],
            blocks: Self.blocks([0], track: 1, level: 0) + Self.blocks([0], track: 2)
                + Self.blocks([0], track: 3, level: 16_000)
                + Self.blocks([100], track: 1, level: 0) + Self.blocks([100], track: 2)
                + Self.blocks([100], track: 3, level: 16_000))
        func peak(_ track: Int?) async throws -> Float {
            try await read(file, AudioChoice(track: track)).map(\.magnitude).max() ?? 0
        }
        #expect(abs(try await peak(nil) - 0.26) < 0.06)
        #expect(try await peak(1) == 0)
        #expect(try await peak(3) > 0.4)
        await #expect(throws: EngineError.audioUnheard(.trackMissing(count: 3))) {
            try await read(file, AudioChoice(track: 4))
        }
    }

    @Test("why nothing can be heard is told")
    func faults() async throws {
        let film = MatroskaFile(
            tracks: [MatroskaFile.Track(codec: "V_VP8", isAudio: false)],
            blocks: [MatroskaFile.Block(milliseconds: 0, samples: [0, 0])])
        await #expect(throws: EngineError.audioUnheard(.noTrack)) { try await read(film) }
        let musepack = MatroskaFile(
            tracks: [MatroskaFile.Track(codec: "A_WAVPACK4")], blocks: Self.blocks([0]))
        await #expect(throws: EngineError.audioUnheard(.codecUnknown(name: "WAVPACK"))) {
            try await read(musepack)
        }
        await #expect(throws: EngineError.audioUnheard(.noSamples)) {
            try await codec.reader(
                WaveFile.integers([]), secondsMax: 10, work: ample())
        }
        let windows: [UInt8] =
            [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11] + [UInt8](repeating: 0, count: 64)
        await #expect(
            throws: EngineError.audioUnheard(.codecUnknown(name: "Windows Media Audio (ASF)"))
        ) {
            try await codec.reader(windows, secondsMax: 10, work: ample())
        }
    }
}
