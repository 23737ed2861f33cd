import EngineAPI
import Glibc
import Media
import Testing

private let codec = FFmpegCodec(threads: 2)

private func tone(seconds: Double, rateHz: Int) -> [Float] {
    (0..<Int(bounded: seconds * Double(rateHz))).map {
        0.5 * sinf(2 * .pi * 440 * Float($0) / Float(rateHz))
    }
}

private func ample() -> WorkContext { WorkContext(within: .seconds(300)) }

@Suite struct FFmpegCodecTests {
    @Test("sound survives each format that it is spoken in", arguments: AudioFormat.allCases)
    func formats(format: AudioFormat) async throws {
        guard format != .pcm else {
            let bytes = try await codec.encoder(.pcm, sampleRateHz: 24_000).add([0, 1, -1])
            #expect(bytes == [0, 0, 0xFF, 0x7F, 0x01, 0x80])
            return
        }
        let encoder = try codec.encoder(format, sampleRateHz: 24_000)
        var bytes: [UInt8] = []
        let samples = tone(seconds: 2, rateHz: 24_000)
        for start in stride(from: 0, to: samples.count, by: 7_000) {
            bytes += try await encoder.add(
                Array(samples[start..<min(samples.count, start + 7_000)]))
        }
        bytes += try await encoder.finish()
        let clip = try await codec.decodeAudio(
            bytes, sampleRateHz: 16_000, secondsMax: 10, work: ample())
        #expect(abs(clip.seconds - 2) < 0.12, "\(clip.seconds) s")
        let middle = clip.samples[12_000..<20_000]
        let power = middle.reduce(0) { $0 + $1 * $1 } / Float(middle.count)
        #expect(abs(power - 0.125) < 0.02, "\(power)")
    }

    @Test("a stream that has ended tells the lengths that its head could not")
    func lengths() async throws {
        func little(_ bytes: ArraySlice<UInt8>) -> Int {
            bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        func made(_ format: AudioFormat) async throws -> [UInt8] {
            let encoder = try codec.encoder(format, sampleRateHz: 24_000)
            var bytes = try await encoder.add(tone(seconds: 1.5, rateHz: 24_000))
            bytes += try await encoder.add([0, 0.5, 1])
            bytes += try await encoder.finish()
            for amendment in await encoder.amendments() { amendment.apply(to: &bytes) }
            return bytes
        }
        let wave = try await made(.wav)
        let samples = 36_003 * 2
        #expect(little(wave[4..<8]) == wave.count - 8)
        let data = wave.count - samples
        #expect(wave[data - 8..<data - 4].elementsEqual("data".utf8))
        #expect(little(wave[data - 4..<data]) == samples)
        // RFC 9639 §8.2: 36 bits of samples behind 28 of rate, channels and depth; then the MD5.
        let flac = try await made(.flac)
        let total = flac[21..<26].reduce(0) { $0 << 8 | Int($1) } & 0xF_FFFF_FFFF
        #expect(total == 36_003)
        #expect(flac[26..<42].contains { $0 != 0 })
        for bytes in [wave, flac] {
            let clip = try await codec.decodeAudio(
                bytes, sampleRateHz: 24_000, secondsMax: 10, work: ample())
            #expect(clip.samples.count == 36_003)
        }
        // Formats that tell no length have nothing to mend.
        for format in [AudioFormat.pcm, .mp3, .opus, .aac] {
            let encoder = try codec.encoder(format, sampleRateHz: 24_000)
            _ = try await encoder.add([0, 1])
            _ = try await encoder.finish()
            let amendments = await encoder.amendments()
            #expect(amendments.isEmpty)
        }
    }

    @Test("a stream whose length is known before its end tells it at once")
    func lengthsAhead() async throws {
        let samples = tone(seconds: 1.5, rateHz: 24_000)
        for format in [AudioFormat.wav, .flac] {
            let encoder = try codec.encoder(format, sampleRateHz: 24_000)
            var bytes = try await encoder.add(Array(samples[..<12_000]))
            let known = await encoder.amendments(samples: samples.count)
            #expect(!known.isEmpty)
            for amendment in known { amendment.apply(to: &bytes) }
            bytes += try await encoder.add(Array(samples[12_000...]))
            bytes += try await encoder.finish()
            var mended = bytes
            for amendment in await encoder.amendments() { amendment.apply(to: &mended) }
            if format == .wav {
                #expect(bytes == mended)
            } else {
                // Sizes of its frames and the MD5 are known at the end only.
                #expect(bytes[20..<26] == mended[20..<26])
            }
            let clip = try await codec.decodeAudio(
                bytes, sampleRateHz: 24_000, secondsMax: 10, work: ample())
            #expect(clip.samples.count == samples.count)
        }
        let encoder = try codec.encoder(.mp3, sampleRateHz: 24_000)
        let none = await encoder.amendments(samples: 10)
        #expect(none.isEmpty)
    }

    @Test("sound that is read in parts is the same as read at once", arguments: [1, 999, 16_000])
    func reading(step: Int) async throws {
        let encoder = try codec.encoder(.flac, sampleRateHz: 24_000)
        let bytes =
            try await encoder.add(tone(seconds: step == 1 ? 0.05 : 2.5, rateHz: 24_000))
            + (try await encoder.finish())
        let whole = try await codec.decodeAudio(
            bytes, sampleRateHz: 16_000, secondsMax: 10, work: ample())
        let reader = try await codec.reader(bytes, secondsMax: 10, work: ample())
        var parts: [Float] = []
        while true {
            let part = try await reader.read(step)
            parts += part
            if part.count < step { break }
        }
        #expect(try await reader.read(step).isEmpty)
        #expect(parts == whole.samples)
    }

    @Test("sound that is too long is refused while it is read")
    func tooLongToRead() async throws {
        let encoder = try codec.encoder(.mp3, sampleRateHz: 24_000)
        let bytes =
            try await encoder.add(tone(seconds: 4, rateHz: 24_000)) + (try await encoder.finish())
        let reader = try await codec.reader(bytes, secondsMax: 2, work: ample())
        #expect(try await reader.read(16_000).count == 16_000)
        await #expect(throws: EngineError.audioTooLong(secondsMax: 2)) {
            try await reader.read(32_000)
        }
    }

    @Test(
        "every format that has a place for it says that the voice is synthetic, in its first bytes",
        arguments: [AudioFormat.wav, .mp3, .opus, .aac, .flac])
    func provenance(format: AudioFormat) async throws {
        let encoder = try codec.encoder(format, sampleRateHz: 24_000)
        let samples = tone(seconds: 1, rateHz: 24_000)
        var bytes = try await encoder.add(samples)
        bytes += try await encoder.finish()
        let start = String(decoding: bytes.prefix(1_024), as: UTF8.self)
        #expect(start.contains("Synthetic speech, made by Avatar Backend"))
    }

    @Test("sound that is too long is refused by its samples, not by what it claims")
    func tooLong() async throws {
        let encoder = try codec.encoder(.mp3, sampleRateHz: 24_000)
        var bytes = try await encoder.add(tone(seconds: 3, rateHz: 24_000))
        bytes += try await encoder.finish()
        await #expect(throws: EngineError.audioTooLong(secondsMax: 2)) {
            try await codec.decodeAudio(
                bytes, sampleRateHz: 16_000, secondsMax: 2, work: ample())
        }
    }

    @Test("a WAV that claims 1 Hz is refused")
    func slowRate() async {
        var wave = Array("RIFF".utf8) + [0xFF, 0xFF, 0, 0] + Array("WAVEfmt ".utf8)
        wave += [16, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 16, 0]
        wave += Array("data".utf8) + [0, 0x80, 0, 0] + [UInt8](repeating: 1, count: 0x8000)
        await #expect(throws: EngineError.unreadableAudio) {
            try await codec.decodeAudio(
                wave, sampleRateHz: 16_000, secondsMax: 7_200, work: ample())
        }
    }

    @Test(
        "playlists, texts and noise are no audio",
        arguments: [
            "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "ffconcat version 1.0\nfile /etc/passwd\n",
            "hello", "", "RIFF\u{1}\u{1}\u{1}\u{1}WAVE",
        ])
    func hostile(text: String) async {
        await #expect(throws: EngineError.unreadableAudio) {
            try await codec.decodeAudio(
                Array(text.utf8), sampleRateHz: 16_000, secondsMax: 10, work: ample())
        }
    }

    /// A 24-bit BMP, bottom row first.
    private func bitmap(width: Int, height: Int, claimedWidth: Int? = nil) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let row = (width * 3 + 3) / 4 * 4
        var bytes = Array("BM".utf8) + little(54 + row * height, 4) + little(0, 4) + little(54, 4)
        bytes += little(40, 4) + little(claimedWidth ?? width, 4) + little(height, 4)
        bytes += little(1, 2) + little(24, 2) + little(0, 24)
        for y in (0..<height).reversed() {
            for x in 0..<width { bytes += [UInt8(y), UInt8(x), 200] }
            bytes += [UInt8](repeating: 0, count: row - width * 3)
        }
        return bytes
    }

    @Test("an image is read pixel by pixel, top row first")
    func image() async throws {
        let image = try await codec.decodeImage(
            bitmap(width: 5, height: 3), sideMax: 4_096, work: ample())
        #expect(image.width == 5 && image.height == 3)
        #expect(Array(image.rgb[0..<3]) == [200, 0, 0])
        #expect(Array(image.rgb[(2 * 5 + 4) * 3..<(2 * 5 + 5) * 3]) == [200, 4, 2])
    }

    @Test("an image that claims to be huge is refused before it is decoded")
    func hugeImage() async {
        await #expect(
            throws: EngineError.imageTooLarge(width: 60_000, height: 3, sideMax: 4_096)
        ) {
            try await codec.decodeImage(
                bitmap(width: 5, height: 3, claimedWidth: 60_000), sideMax: 4_096, work: ample())
        }
        await #expect(throws: EngineError.unreadableImage) {
            try await codec.decodeImage(
                Array("<svg/>".utf8), sideMax: 4_096, work: ample())
        }
    }

    @Test("cancelled work decodes nothing")
    func cancelled() async {
        let work = ample()
        work.cancellation.raise()
        await #expect(throws: EngineError.self) {
            try await codec.decodeImage(
                bitmap(width: 5, height: 3), sideMax: 4_096, work: work)
        }
    }
}
