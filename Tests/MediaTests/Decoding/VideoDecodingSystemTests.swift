import EngineAPI
import Testing

@testable import Media

/// Short videos as they come, whole and broken.
@Suite struct VideoDecodingSystemTests {
    private let codec = FFmpegCodec(threads: 1)

    private func ample() -> WorkContext { WorkContext(within: .seconds(300)) }

    /// A video whose frames get lighter.
    private func made(
        _ format: VideoFormat, frames: Int, fps: Int = 25, width: Int = 96, height: Int = 64,
        isStreamed: Bool = false
    ) async throws -> [UInt8] {
        var settings = VideoSettings()
        (settings.width, settings.height) = (width, height)
        (settings.format, settings.framesPerSecond) = (format, fps)
        settings.isStreamed = isStreamed
        let encoder = try codec.videoEncoder(settings, work: ample())
        let frame = VideoFrame(width: width, height: height)
        var bytes: [UInt8] = []
        for index in 0..<frames {
            let light = Self.light(index, frames)
            frame.rgb = [UInt8](repeating: light, count: width * height * 3)
            frame.index = index
            let samples = [Float](repeating: 0, count: settings.sampleRateHz / fps)
            try await encoder.add(samples)
            bytes += try await encoder.add(frame)
        }
        bytes += try await encoder.finish()
        _ = await encoder.close()
        return bytes
    }

    private static func light(_ index: Int, _ frames: Int) -> UInt8 {
        UInt8(bounded: 30 + 200 * Double(index) / Double(frames))
    }

    private func read(
        _ bytes: [UInt8], _ change: (inout VideoLimits) -> Void = { _ in },
        work: WorkContext? = nil
    ) async throws -> [TimedImage] {
        var limits = VideoLimits()
        change(&limits)
        let source = try await codec.videoSource(bytes, limits: limits, work: work ?? ample())
        var images: [TimedImage] = []
        while let image = try await source.next() { images.append(image) }
        return images
    }

    @Test(
        "our own videos are read, each image in its place",
        arguments: [
            (VideoFormat.mp4, 25, false), (.mp4, 25, true), (.mp4, 12, false), (.webm, 25, false),
            (.gif, 20, false),
        ])
    func reads(format: VideoFormat, fps: Int, isStreamed: Bool) async throws {
        let bytes = try await made(format, frames: 20, fps: fps, isStreamed: isStreamed)
        let work = ample()
        let images = try await read(bytes, work: work)
        #expect(images.count == 20 && work.notes.all.isEmpty)
        for (index, timed) in images.enumerated() {
            #expect(timed.image.width == 96 && timed.image.height == 64)
            // A fragmented file's first image is seen a packet of audio earlier.
            let early = isStreamed && index > 0 ? 0.043 : 0
            #expect(abs(timed.seconds - early - Double(index) / Double(fps)) < 0.002)
            let middle = Int(timed.image.rgb[(32 * 96 + 48) * 3])
            // GIF's colours are those of the first images.
            let isNear = abs(middle - Int(Self.light(index, 20))) < 12
            #expect(isNear || format == .gif && index > 5, "image \(index)")
        }
    }

    @Test("of a faster video 25 images a second are read, in their places")
    func fasterOnes() async throws {
        for fps in [30, 50, 60] {
            let images = try await read(try await made(.mp4, frames: fps, fps: fps))
            #expect((23...25).contains(images.count), "\(fps): \(images.count)")
            for (a, b) in zip(images, images.dropFirst()) {
                #expect(b.seconds - a.seconds > 0.016)
                #expect(abs(a.seconds * Double(fps) - (a.seconds * Double(fps)).rounded()) < 0.01)
            }
        }
    }

    @Test("a longer video is read as far as is allowed, and that is told")
    func longerOnes() async throws {
        let bytes = try await made(.mp4, frames: 60)
        let work = ample()
        let images = try await read(bytes, { $0.secondsMax = 1 }, work: work)
        #expect(images.count == 25 && work.notes.all == [.referenceCut])
        let whole = ample()
        #expect(try await read(bytes, { $0.secondsMax = 2.4 }, work: whole).count == 60)
        #expect(whole.notes.all.isEmpty)
    }

    @Test("a video that is too large, or claims to be, is refused before it is decoded")
    func tooLarge() async throws {
        let bytes = try await made(.mp4, frames: 2, width: 640, height: 320)
        await #expect(
            throws: EngineError.videoTooLarge(width: 640, height: 320, sideMax: 639)
        ) { try await read(bytes, { $0.sideMax = 639 }) }
        #expect(try await read(bytes, { $0.sideMax = 640 }).count == 2)
        // The sample entry's width and height, 24 bytes behind its name.
        let name = try #require(Self.place(of: "avc1", in: bytes, last: true))
        var claims = bytes
        for index in 28..<32 { claims[name + index] = 0xFF }
        await #expect(
            throws: EngineError.videoTooLarge(width: 65_535, height: 65_535, sideMax: 1_280)
        ) { try await read(claims) }
        for index in 28..<32 { claims[name + index] = 0 }
        // Who claims nothing is as large as its stream says.
        _ = try? await read(claims)
    }

    private static func place(of name: String, in bytes: [UInt8], last: Bool = false) -> Int? {
        let word = Array(name.utf8)
        let places = bytes.indices.dropLast(word.count).filter {
            bytes[$0] == word[0] && bytes[$0..<$0 + word.count].elementsEqual(word)
        }
        return last ? places.last : places.first
    }

    @Test("what is no video, or holds no image, is told apart")
    func refused() async throws {
        func fault(_ bytes: [UInt8]) async -> EngineError? {
            do {
                _ = try await read(bytes)
                return nil
            } catch {
                return error as? EngineError
            }
        }
        for noise in [[], [0], Array("no video".utf8), [UInt8](repeating: 0xFF, count: 5_000)] {
            #expect(await fault(noise) == .videoUnread(.damaged))
        }
        let tone = WaveFile.integers([Int](repeating: 3, count: 16_000))
        #expect(await fault(tone) == .videoUnread(.noTrack))
        var other = MatroskaFile()
        other.tracks = [MatroskaFile.Track(codec: "V_VP9", isAudio: false)]
        other.blocks = [MatroskaFile.Block(milliseconds: 0, samples: [1, 2, 3])]
        #expect(await fault(other.bytes) == .videoUnread(.codecUnknown(name: "VP9")))
        other.tracks = [MatroskaFile.Track(codec: "V_VP8", isAudio: false)]
        other.blocks = [MatroskaFile.Block(milliseconds: 0, samples: [1, 2, 3])]
        #expect(await fault(other.bytes) == .videoUnread(.damaged))
    }

    @Test(
        "a file that was cut off or changed gives images or an error, and no more than there were")
    func broken() async throws {
        for format in [VideoFormat.mp4, .webm, .gif] {
            let whole = try await made(format, frames: 10, fps: 20)
            for part in 1..<12 {
                let images = try? await read(Array(whole.prefix(whole.count * part / 12)))
                #expect((images?.count ?? 0) <= 10)
            }
            var generator = SeededGenerator(seed: 3)
            for _ in 0..<60 {
                var bytes = whole
                for _ in 0..<8 {
                    let place = Int.random(in: bytes.indices, using: &generator)
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                }
                // Some of it may become another number of images, or times.
                let images = try? await read(bytes)
                #expect((images?.count ?? 0) <= 251)
            }
        }
    }

    @Test("a reading ends with its work, and what it holds is given back")
    func ends() async throws {
        let bytes = try await made(.mp4, frames: 25)
        let stopped = ample()
        let source = try await codec.videoSource(bytes, limits: VideoLimits(), work: stopped)
        #expect(try await source.next() != nil)
        stopped.cancellation.raise()
        await #expect(throws: EngineError.cancelled) {
            while try await source.next() != nil {}
        }
        await #expect(throws: EngineError.deadlinePassed) {
            _ = try await read(bytes, work: WorkContext(within: .zero))
        }
        let budget = MemoryBudget(bytesMax: 256 << 20)
        do {
            let work = WorkContext(within: .seconds(300), memory: MemoryAccount(budget))
            let source = try await codec.videoSource(bytes, limits: VideoLimits(), work: work)
            #expect(budget.bytesHeld == VideoDecoder.memoryBytes(width: 96, height: 64))
            _ = try await source.next()
        }
        #expect(budget.bytesHeld == 0)
        let short = MemoryBudget(bytesMax: 1 << 20)
        await #expect(throws: EngineError.self) {
            _ = try await read(
                bytes, work: WorkContext(within: .seconds(300), memory: MemoryAccount(short)))
        }
    }
}
