import EngineAPI
import Foundation
import Media
import Testing

import struct Synchronization.Atomic

private let program =
    ProcessInfo.processInfo.environment["AVATAR_PROGRAM"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../.build/debug/avatar-backend").standardizedFileURL.path
private let isBuilt = FileManager.default.isExecutableFile(atPath: program)

/// Files that are read in another process, by the program that was built beside the tests.
@Suite(.serialized, .enabled(if: isBuilt))
final class DecodeProcessSystemTests {
    private final class Events: Sendable {
        let all = Mutex<[DecoderEvent]>([])
    }

    private let events = Events()
    private let codec: IsolatedCodec
    private let inProcess = FFmpegCodec(threads: 1)

    init() {
        let events = events
        codec = IsolatedCodec(idleMax: 2, program: program) { event in
            events.all.withLock { $0.append(event) }
        }
    }

    private func ample() -> WorkContext { WorkContext(within: .seconds(300)) }

    private func tone(_ seconds: Double) -> [Double] {
        (0..<Int(bounded: seconds * 16_000)).map { 0.3 * sin(Double($0) * 0.08) }
    }

    /// Decoders that this process started.
    private func children() -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.filter { child in
            let status = try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8)
            let line = try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)
            return status?.contains("PPid:\t\(getpid())\n") == true
                && line?.contains(DecodeChild.command) == true
        }
    }

    private func readAll(_ reader: any AudioSource, step: Int) async throws -> [Float] {
        var samples: [Float] = []
        while true {
            let more = try await reader.read(step)
            samples += more
            if more.count < step { return samples }
        }
    }

    @Test(
        "audio is the same in another process", arguments: [AudioFormat.wav, .mp3, .opus, .flac])
    func sameAudio(format: AudioFormat) async throws {
        let encoder = try inProcess.encoder(format, sampleRateHz: 24_000)
        let bytes =
            try await encoder.add(tone(60).map { Float($0) }) + (try await encoder.finish())
        let here = try await inProcess.reader(bytes, secondsMax: 100, work: ample())
        let there = try await codec.reader(bytes, secondsMax: 100, work: ample())
        #expect(try await readAll(here, step: 7_777) == readAll(there, step: 7_777))
        let voice = try await codec.audioTrack(bytes, secondsMax: 100, work: ample())
        let same = try await inProcess.audioTrack(bytes, secondsMax: 100, work: ample())
        #expect(voice.sampleRateHz == same.sampleRateHz)
        #expect(
            try await readAll(voice.source, step: 7_777) == readAll(same.source, step: 11_111))
    }

    /// A video whose frames get lighter.
    private func video(_ format: VideoFormat, frames: Int) async throws -> [UInt8] {
        var settings = VideoSettings()
        (settings.width, settings.height, settings.format) = (96, 64, format)
        let encoder = try inProcess.videoEncoder(settings, work: ample())
        let frame = VideoFrame(width: 96, height: 64)
        for index in 0..<frames {
            frame.rgb = [UInt8](repeating: UInt8(index * 8 % 256), count: 96 * 64 * 3)
            _ = try await encoder.add(frame)
        }
        let bytes = try await encoder.finish()
        _ = await encoder.close()
        return bytes
    }

    private func images(
        _ bytes: [UInt8], _ codec: any MediaCoding, _ limits: VideoLimits = VideoLimits(),
        work: WorkContext
    ) async throws -> [TimedImage] {
        let source = try await codec.videoSource(bytes, limits: limits, work: work)
        var images: [TimedImage] = []
        while let image = try await source.next() { images.append(image) }
        return images
    }

    @Test("a video is the same in another process, and so is what is told of it")
    func sameVideo() async throws {
        for format in VideoFormat.allCases {
            let bytes = try await video(format, frames: 30)
            let there = try await images(bytes, codec, work: ample())
            #expect(try await images(bytes, inProcess, work: ample()) == there)
            #expect(there.count >= 24)
            var short = VideoLimits()
            short.secondsMax = 0.5
            let work = ample()
            #expect(try await images(bytes, codec, short, work: work).count <= 13)
            #expect(work.notes.all == [.referenceCut])
            var small = VideoLimits()
            small.sideMax = 90
            await #expect(
                throws: EngineError.videoTooLarge(width: 96, height: 64, sideMax: 90)
            ) { try await self.images(bytes, self.codec, small, work: self.ample()) }
        }
        await #expect(throws: EngineError.videoUnread(.damaged)) {
            try await self.images(Array("noise".utf8), self.codec, work: self.ample())
        }
        let tone = WaveFile.floats(tone(1))
        await #expect(throws: EngineError.videoUnread(.noTrack)) {
            try await self.images(tone, self.codec, work: self.ample())
        }
        var other = MatroskaFile()
        other.tracks = [MatroskaFile.Track(codec: "V_VP9", isAudio: false)]
        other.blocks = [MatroskaFile.Block(milliseconds: 0, samples: [1, 2, 3])]
        await #expect(throws: EngineError.videoUnread(.codecUnknown(name: "VP9"))) {
            try await self.images(other.bytes, self.codec, work: self.ample())
        }
        // Memory is given back once the video is gone.
        let budget = MemoryBudget(bytesMax: 256 << 20)
        do {
            let work = WorkContext(within: .seconds(300), memory: MemoryAccount(budget))
            let source = try await codec.videoSource(
                try await video(.webm, frames: 5), limits: VideoLimits(), work: work)
            #expect(try await source.next() != nil && budget.bytesHeld < 64 << 20)
        }
        #expect(budget.bytesHeld == 0)
    }

    @Test("what is told of audio, and why it is refused, comes over")
    func reported() async throws {
        var samples = tone(1)
        samples[100] = .nan
        let work = ample()
        _ = try await codec.reader(WaveFile.floats(samples), secondsMax: 10, work: work)
        #expect(work.notes.all == [.samplesNotFinite])
        let long = try await codec.reader(
            WaveFile.integers(tone(3).map { Int(bounded: $0 * 32_767) }), secondsMax: 2,
            work: ample())
        await #expect(throws: EngineError.audioTooLong(secondsMax: 2)) {
            try await self.readAll(long, step: 16_000)
        }
        await #expect(throws: EngineError.unreadableAudio) {
            try await self.codec.reader(Array("noise".utf8), secondsMax: 2, work: self.ample())
        }
        await #expect(throws: EngineError.unreadableImage) {
            try await self.codec.decodeImage(
                Array("GIF89a\u{1}\0\u{1}\0rubbish".utf8), sideMax: 4_096, work: self.ample())
        }
    }

    @Test("a decoder that dies costs its own request only")
    func death() async throws {
        let bytes = WaveFile.floats(tone(100))
        let dying = try await codec.reader(bytes, secondsMax: 200, work: ample())
        let before = children()
        let living = try await codec.reader(bytes, secondsMax: 200, work: ample())
        #expect(before.count >= 1)
        for child in before { kill(child, SIGKILL) }
        await #expect(throws: EngineError.unreadableAudio) {
            try await self.readAll(dying, step: 16_000)
        }
        #expect(try await readAll(living, step: 160_000).count == 1_600_000)
        #expect(events.all.withLock { $0 }.contains(.ended))
        // Also one that waited for its next file is replaced unseen.
        try await Task.sleep(for: .milliseconds(100))
        for child in children() { kill(child, SIGKILL) }
        for _ in 0..<3 {
            let next = try await codec.reader(bytes, secondsMax: 200, work: ample())
            #expect(try await next.read(16_000).count == 16_000)
        }
    }

    @Test("a decoder that hangs ends with its request")
    func hanging() async throws {
        let bytes = WaveFile.floats(tone(10))
        let work = ample()
        let reader = try await codec.reader(bytes, secondsMax: 200, work: work)
        for child in children() { kill(child, SIGSTOP) }
        let began = ContinuousClock.now
        Task {
            try await Task.sleep(for: .milliseconds(200))
            work.cancellation.raise()
        }
        await #expect(throws: EngineError.cancelled) { try await reader.read(16_000) }
        #expect(ContinuousClock.now - began < .seconds(3))
        let short = WorkContext(within: .milliseconds(300))
        let other = try await codec.reader(bytes, secondsMax: 200, work: short)
        for child in children() { kill(child, SIGSTOP) }
        await #expect(throws: EngineError.deadlinePassed) { try await other.read(16_000) }
        let next = try await codec.reader(bytes, secondsMax: 200, work: ample())
        #expect(try await next.read(16_000).count == 16_000)
    }

    @Test("a decoder has one descriptor, no environment, and few system calls")
    func confinement() async throws {
        let reader = try await codec.reader(
            WaveFile.floats(tone(1)), secondsMax: 10, work: ample())
        let child = try #require(children().first)
        let status = try String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8)
        if events.all.withLock({ $0.isEmpty }) { #expect(status.contains("Seccomp:\t2\n")) }
        #expect(status.contains("Threads:\t1\n"))
        let limits = try String(contentsOfFile: "/proc/\(child)/limits", encoding: .utf8)
        #expect(limits.contains("Max open files            1 "))
        #expect(limits.contains("Max file size             0 "))
        // What only the superuser may look at of a process that can't be dumped.
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd") {
            #expect(files == ["0"])
        }
        if let environment = FileManager.default.contents(atPath: "/proc/\(child)/environ") {
            #expect(environment.isEmpty)
        }
        #expect(try await reader.read(100).count == 100)
    }

    @Test("crowds of files leave few decoders behind")
    func crowd() async throws {
        let bytes = WaveFile.floats(tone(2))
        let codec = codec
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<24 {
                group.addTask {
                    let reader = try await codec.reader(
                        bytes, secondsMax: 10, work: WorkContext(within: .seconds(300)))
                    return try await reader.read(40_000).count
                }
            }
            for try await count in group { #expect(count == 32_000) }
        }
        for _ in 0..<200 where children().count > 2 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(children().count <= 2)
    }

    @Test("where no process can be started media are read all the same")
    func fallback() async throws {
        let reported = Events()
        let codec = IsolatedCodec(idleMax: 1, program: "/nowhere") { event in
            reported.all.withLock { $0.append(event) }
        }
        for _ in 0..<2 {
            let clip = try await codec.decodeAudio(
                WaveFile.floats(tone(1)), sampleRateHz: 16_000, secondsMax: 10, work: ample())
            #expect(clip.samples.count == 16_000)
        }
        #expect(reported.all.withLock { $0 } == [.notIsolated])
    }
}
