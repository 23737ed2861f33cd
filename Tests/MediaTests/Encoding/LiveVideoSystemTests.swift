import EngineAPI
import Foundation
import Testing

@testable import Media

/// Video that is watched while it is made, read box by box.
@Suite struct LiveVideoSystemTests {
    private let codec = FFmpegCodec(threads: 1)

    private typealias Box = (name: String, body: ArraySlice<UInt8>)

    private func ample() -> WorkContext { WorkContext(within: .seconds(300)) }

    /// The boxes of some bytes: name and content.
    private func boxes(_ bytes: ArraySlice<UInt8>) throws -> [Box] {
        var (found, rest) = ([Box](), bytes)
        while !rest.isEmpty {
            let size = big(rest.prefix(4))
            try #require(size >= 8 && size <= rest.count, "\(size) of \(rest.count)")
            let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
            found.append((name, rest.prefix(size).dropFirst(8)))
            rest = rest.dropFirst(size)
        }
        return found
    }

    private func big(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    private func box(_ path: String, in bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        var body = bytes
        for name in path.split(separator: "/") {
            body = try #require(try boxes(body).first { $0.name == name }?.body, "\(name)")
        }
        return body
    }

    /// What a fragment says of its one frame.
    private struct Sample {
        var time: Int
        var duration: Int
        var size: Int
        var isKeyframe: Bool
    }

    /// ISO 14496-12 §8.8.7, 8.8.8, 8.8.12.
    private func sample(_ fragment: [UInt8]) throws -> Sample {
        let top = try boxes(fragment[...])
        #expect(top.map(\.name) == ["moof", "mdat"])
        let header = try box("traf/tfhd", in: top[0].body)
        let headerFlags = big(header.prefix(4)) & 0xFF_FFFF
        #expect(headerFlags & 0x02_0000 != 0, "offsets are from moof")
        var fields = header.dropFirst(8)
        func next(_ flag: Int, of flags: Int) -> Int? {
            guard flags & flag != 0 else { return nil }
            defer { fields = fields.dropFirst(4) }
            return big(fields.prefix(4))
        }
        _ = next(2, of: headerFlags)
        let duration = next(8, of: headerFlags)
        let size = next(16, of: headerFlags)
        let sampleFlags = next(32, of: headerFlags)
        let decodeTime = try box("traf/tfdt", in: top[0].body)
        let time = big(decodeTime.dropFirst(4))
        let run = try box("traf/trun", in: top[0].body)
        let runFlags = big(run.prefix(4)) & 0xFF_FFFF
        #expect(big(run.dropFirst(4).prefix(4)) == 1, "one frame")
        fields = run.dropFirst(8)
        let offset = next(1, of: runFlags)
        #expect(offset == fragment.count - top[1].body.count)
        let first = next(4, of: runFlags)
        let runDuration = next(0x100, of: runFlags)
        let runSize = next(0x200, of: runFlags)
        let runSampleFlags = next(0x400, of: runFlags)
        let flags = try #require(first ?? runSampleFlags ?? sampleFlags)
        return Sample(
            time: time, duration: try #require(runDuration ?? duration),
            size: try #require(runSize ?? size), isKeyframe: flags & 0x1_0000 == 0)
    }

    private func picture(_ index: Int, width: Int = 128, height: Int = 96) -> VideoFrame {
        let frame = VideoFrame(width: width, height: height)
        for pixel in 0..<width * height {
            frame.rgb[pixel * 3] = UInt8((pixel + index * 3) % 256)
            frame.rgb[pixel * 3 + 1] = UInt8(pixel / width * 2 % 256)
            frame.rgb[pixel * 3 + 2] = UInt8(abs(index % 100 - 50))
        }
        return frame
    }

    @Test("each frame is a fragment at its own time, with keyframes where they are asked for")
    func fragments() async throws {
        var settings = LiveVideoSettings()
        (settings.width, settings.height) = (128, 96)
        let encoder = try codec.liveVideoEncoder(settings, work: ample())
        let head = try await encoder.start()
        #expect(head == (try await encoder.start()), "the head is the same each time")
        #expect(head.codec.hasPrefix("avc1.42C0") && head.codec.count == 11, "\(head.codec)")
        #expect(try boxes(head.bytes[...]).map(\.name) == ["ftyp", "moov"])
        let movie = try box("moov", in: head.bytes[...])
        #expect(try boxes(movie).filter { $0.name == "trak" }.count == 1)
        #expect(try !boxes(box("trak", in: movie)).contains { $0.name == "edts" })
        let clock = try box("trak/mdia/mdhd", in: movie)
        #expect(big(clock.dropFirst(clock.first == 1 ? 20 : 12).prefix(4)) == 90_000)
        let text = String(decoding: head.bytes, as: Unicode.ASCII.self)
        #expect(text.contains(synthesisNote))
        var (bytes, sizes) = (head.bytes, [Int]())
        // Frames at odd distances, a hole, and a wrong guess of how long one lasts.
        var times = (0..<60).map { $0 * 40 } + [2_407, 2_440, 2_501, 7_000, 7_040, 7_090]
        times += (0..<120).map { 7_200 + $0 * 40 }
        for (index, time) in times.enumerated() {
            let asked = index == 20 || index == 21
            let fragment = try await encoder.add(
                picture(index), atMilliseconds: time, durationMilliseconds: 40 + index % 3,
                isKeyframe: asked)
            let sample = try sample(fragment.bytes)
            #expect(sample.time == time * 90)
            #expect(sample.duration == (40 + index % 3) * 90)
            #expect(sample.isKeyframe == fragment.isKeyframe)
            let body = try #require(try boxes(fragment.bytes[...]).last?.body)
            #expect(sample.size == body.count)
            // Four seconds after 840, and again: at 7 000 and 11 000.
            let isKey = [0, 20, 21].contains(index) || time == 7_000 || time == 11_000
            #expect(fragment.isKeyframe == isKey, "\(index): \(time)")
            bytes += fragment.bytes
            sizes.append(fragment.bytes.count)
        }
        await encoder.close()
        try decode(bytes, times: times)
    }

    /// The frames that come out are those that went in. The product's FFmpeg reads no H.264; the
    /// set-up of the tests brings one that does.
    private func decode(_ bytes: [UInt8], times: [Int]) throws {
        let program = URL(fileURLWithPath: "/usr/bin/ffmpeg")
        guard FileManager.default.isExecutableFile(atPath: program.path) else { return }
        let folder = FileManager.default.temporaryDirectory
        let video = folder.appendingPathComponent("live-\(UUID().uuidString).mp4")
        defer { try? FileManager.default.removeItem(at: video) }
        try Data(bytes).write(to: video)
        let (process, output) = (Process(), Pipe())
        process.executableURL = program
        process.arguments = [
            "-v", "error", "-i", video.path, "-fps_mode", "passthrough", "-copyts", "-f",
            "rawvideo",
            "-pix_fmt", "gray", "-",
        ]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let shown = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        try #require(shown.count == times.count * 128 * 96)
        for index in times.indices {
            let place = 40 * 128 + 60
            let rgb = picture(index).rgb[place * 3..<place * 3 + 3].map(Double.init)
            let light = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
            let luma = Double(shown[index * 128 * 96 + place])
            // Gray in either range.
            let (wide, narrow) = (abs(luma - light), abs(luma - (16 + light * 219 / 255)))
            #expect(min(wide, narrow) < 16, "\(index)")
        }
    }

    @Test("sizes, and an hour's times, are as they are told", arguments: [256, 384, 512, 768])
    func sizes(side: Int) async throws {
        var settings = LiveVideoSettings()
        (settings.width, settings.height, settings.framesPerSecond) = (side, side, 30)
        let encoder = try codec.liveVideoEncoder(settings, work: ample())
        let frame = picture(0, width: side, height: side)
        var spent: [Duration] = []
        for index in 0..<30 {
            let time = 3_600_000 * 2 + index * 33
            let started = ContinuousClock.now
            let fragment = try await encoder.add(
                frame, atMilliseconds: time, durationMilliseconds: 33, isKeyframe: false)
            spent.append(.now - started)
            #expect(try sample(fragment.bytes).time == time * 90)
        }
        print("a live frame encoded at \(side)²: \(spent.sorted()[15])")
        await encoder.close()
    }
}
