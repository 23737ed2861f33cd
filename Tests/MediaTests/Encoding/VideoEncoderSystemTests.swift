import EngineAPI
import Testing

@testable import Media

/// Videos long enough for images and audio to get far apart.
@Suite struct VideoEncoderSystemTests {
    private let codec = FFmpegCodec(threads: 1)

    private func ample() -> WorkContext { WorkContext(within: .seconds(300)) }

    @Test(
        "audio that comes before all images, at any rate, is heard as long as it is",
        arguments: [(VideoFormat.mp4, 44_100), (.mp4, 31_337), (.webm, 22_050), (.mp4, 96_000)])
    func audioFirst(format: VideoFormat, rateHz: Int) async throws {
        var settings = VideoSettings()
        (settings.width, settings.height) = (64, 48)
        (settings.format, settings.sampleRateHz) = (format, rateHz)
        let account = MemoryAccount(.unlimited())
        let work = WorkContext(within: .seconds(300), memory: account)
        let encoder = try codec.videoEncoder(settings, work: work)
        let audio = (0..<rateHz * 15).map { Float($0 % 55) / 110 - 0.25 }
        for start in stride(from: 0, to: audio.count, by: 10_000) {
            try await encoder.add(Array(audio[start..<min(start + 10_000, audio.count)]))
        }
        // Longer than FFmpeg lets one stream wait for another by itself.
        #expect(account.bytesHeld > 50_000)
        let frame = VideoFrame(width: 64, height: 48)
        for _ in 0..<375 { #expect(try await encoder.add(frame).isEmpty) }
        let bytes = try await encoder.finish()
        #expect(await encoder.close() > .zero)
        #expect(account.bytesHeld >= bytes.count * 9 / 10)
        let heard = try await codec.decodeAudio(
            bytes, sampleRateHz: 16_000, secondsMax: 20, work: ample())
        #expect(abs(heard.seconds - 15) < 0.1)
        if format == .mp4 {
            let text = String(decoding: bytes, as: Unicode.ASCII.self)
            let index = try #require(text.firstRange(of: "moov"))
            let media = try #require(text.firstRange(of: "mdat"))
            #expect(index.lowerBound < media.lowerBound, "the index is in front")
        }
        // WebM has random numbers of its own.
        let other = try await interleaved(audio, settings)
        #expect(format == .webm ? bytes.count == other.count : bytes == other)
    }

    /// The same video with each frame's audio beside it.
    private func interleaved(_ audio: [Float], _ settings: VideoSettings) async throws -> [UInt8] {
        let encoder = try codec.videoEncoder(settings, work: ample())
        let frame = VideoFrame(width: 64, height: 48)
        var given = 0
        for index in 0..<375 {
            let end = (index + 1) * settings.sampleRateHz / 25
            try await encoder.add(Array(audio[given..<end]))
            _ = try await encoder.add(frame)
            given = end
        }
        let bytes = try await encoder.finish()
        _ = await encoder.close()
        return bytes
    }
}
