import CFFmpeg
import EngineAPI
import Testing

@testable import Media

/// Videos of each format, from frames and samples to bytes.
@Suite struct VideoEncoderTests {
    private let codec = FFmpegCodec(threads: 1)

    private func ample() -> WorkContext { WorkContext(within: .seconds(300)) }

    @Test(
        "a video has its images and its audio, whole or streamed",
        arguments: [VideoFormat.mp4, .webm], [false, true])
    func video(format: VideoFormat, isStreamed: Bool) async throws {
        var settings = VideoSettings()
        (settings.width, settings.height) = (64, 48)
        (settings.format, settings.isStreamed) = (format, isStreamed)
        let video = try openVideo(settings)
        let frame = [UInt8](repeating: 90, count: 64 * 48 * 3)
        let audio = (0..<48_000).map { Float($0 % 55) / 110 - 0.25 }
        var bytes: [UInt8] = []
        for index in 0..<50 {
            try frame.withUnsafeBufferPointer { try video.add(rgb: $0) }
            try video.add(samples: Array(audio[index * 960..<(index + 1) * 960]))
            if isStreamed { bytes += video.takeBytes() }
        }
        if isStreamed { #expect(bytes.count > 1_000, "fragments leave before the end") }
        bytes += try video.finish()
        // EBML's magic, or the first box's name.
        #expect(
            format == .webm
                ? bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3])
                : bytes[4..<8].elementsEqual("ftyp".utf8))
        let clip = try await codec.decodeAudio(
            bytes, sampleRateHz: 24_000, secondsMax: 10, work: ample())
        #expect(abs(clip.seconds - 2) < 0.1)
    }

    @Test("an image may be far wider than high", arguments: [100, 102, 106])
    func flat(height: Int) throws {
        var settings = VideoSettings()
        (settings.width, settings.height) = (512, height)
        let video = try openVideo(settings)
        let frame = [UInt8](repeating: 90, count: 512 * height * 3)
        for _ in 0..<3 { try frame.withUnsafeBufferPointer { try video.add(rgb: $0) } }
        #expect(try video.finish()[4..<8].elementsEqual("ftyp".utf8))
    }

    @Test("a WebM shows the images that it was given")
    func webmImage() throws {
        var settings = VideoSettings()
        (settings.width, settings.height, settings.format) = (64, 48, .webm)
        let video = try openVideo(settings)
        let frame = (0..<64 * 48).flatMap { pixel -> [UInt8] in [UInt8(pixel % 64 * 3), 90, 60] }
        try frame.withUnsafeBufferPointer { try video.add(rgb: $0) }
        let bytes = try video.finish()
        var source = try DemuxerHandle(
            MemoryIO(bytes: bytes, writable: false), kind: AVMEDIA_TYPE_VIDEO, pixelsMax: 1 << 20,
            work: ample(),
            failure: .unreadableImage)
        let decoded = source.nextFrame()
        let shown = try #require(decoded)
        #expect(shown.pointee.width == 64 && shown.pointee.height == 48)
        // Luma of BT.709 in its narrow range, 16…235.
        for x in [8, 32, 56] {
            let light = 0.2126 * Double(x * 3) + 0.7152 * 90 + 0.0722 * 60
            let luma = shown.pointee.data.0![24 * Int(shown.pointee.linesize.0) + x]
            #expect(abs(Double(luma) - (16 + light * 219 / 255)) < 4)
        }
    }

    @Test("a GIF shows the images that it was given, and says that it is synthetic")
    func gif() async throws {
        var settings = VideoSettings()
        (settings.width, settings.height) = (64, 48)
        (settings.format, settings.framesPerSecond) = (.gif, 20)
        let video = try openVideo(settings)
        for index in 0..<25 {
            let frame = (0..<64 * 48).flatMap { pixel -> [UInt8] in
                let (x, y) = (pixel % 64, pixel / 64)
                return [UInt8(x * 4), UInt8(y * 5), UInt8(index)]
            }
            try frame.withUnsafeBufferPointer { try video.add(rgb: $0) }
            try video.add(samples: [0.5])
        }
        let bytes = try video.finish()
        #expect(bytes.starts(with: Array("GIF89a".utf8)) && bytes.last == 0x3B)
        #expect(String(decoding: bytes.suffix(60), as: UTF8.self).contains("Synthetic"))
        let image = try await codec.decodeImage(bytes, sideMax: 4_096, work: ample())
        #expect(image.width == 64 && image.height == 48)
        for (x, y) in [(5, 5), (30, 20), (60, 40)] {
            let at = (y * 64 + x) * 3
            #expect(abs(Int(image.rgb[at]) - x * 4) < 24)
            #expect(abs(Int(image.rgb[at + 1]) - y * 5) < 24)
        }
    }

    @Test("a palette holds few colours as they are, and many by their neighbours")
    func palette() {
        let few: [UInt8] = [250, 10, 10, 10, 250, 10, 10, 10, 250]
        var palette = ColourPalette([few], step: 1)
        #expect(Set(palette.colours) == [0xFA0A0A, 0x0AFA0A, 0x0A0AFA])
        #expect(palette.colours[Int(palette.index(230, 40, 40))] == 0xFA0A0A)
        let many = (0..<4_096).flatMap { index -> [UInt8] in
            [UInt8(index >> 4), UInt8((index & 15) * 17), 128]
        }
        var full = ColourPalette([many], step: 1)
        #expect(full.colours.count == ColourPalette.countMax)
        let near = full.colours[Int(full.index(100, 200, 128))]
        #expect(abs(Int(near >> 16) - 100) < 20 && abs(Int(near >> 8 & 255) - 200) < 20)
        #expect(ColourPalette([[]], step: 1).colours.count == 1, "nothing seen is one colour")
    }
}
