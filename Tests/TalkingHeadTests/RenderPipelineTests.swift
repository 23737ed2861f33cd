import EngineAPI
import Execution
import Glibc
import Inference
import Media
import Testing

@testable import TalkingHead

/// The whole engine on a real portrait, with the converted models; they fail where those are
/// missing.
@Suite(.serialized) struct RenderPipelineTests {
    private func engine() -> MeshEngine {
        MeshEngine(
            models: modelFolder, runtime: { () throws(EngineError) in try Models.runtime.get() },
            workers: 2)
    }

    private func video(
        _ portrait: Image, _ voice: AudioClip, visemes: [TimedViseme]? = nil,
        work: WorkContext = .ample, _ change: (inout AnimationOptions) -> Void = { _ in }
    ) async throws -> (pieces: [[UInt8]], report: AnimationReport) {
        var options = AnimationOptions()
        options.framing = .crop
        options.sidePixels = 256
        change(&options)
        let pieces = Mutex<[[UInt8]]>([])
        let report = try await engine().animate(
            AnimationRequest(
                portrait: portrait, voice: .clip(voice), visemes: visemes, options: options),
            work: work
        ) { (bytes) async throws(EngineError) in pieces.withLock { $0.append(bytes) } }
        return (pieces.withLock { $0 }, report)
    }

    /// Where the four letters of an MP4 box first stand.
    private func place(of box: String, in bytes: [UInt8]) -> Int? {
        let letters = Array(box.utf8)
        return bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == letters }
    }

    @Test("a whole video is one MP4 with its index in front, as long as its audio")
    func makesVideo() async throws {
        let voice = babble(seconds: 1.5, rateHz: 24_000)
        let (pieces, report) = try await video(try await Astronaut.image(), voice)
        #expect(pieces.count == 1)
        let bytes = try #require(pieces.first)
        #expect(Array(bytes[4..<8]) == Array("ftyp".utf8))
        let (index, media) = (place(of: "moov", in: bytes), place(of: "mdat", in: bytes))
        #expect(try #require(index) < (try #require(media)))
        #expect(report.frames == 38)
        #expect(report.width == 256 && report.height == 256)
        #expect(report.facesSeen == 1)
        #expect(report.stages.map(\.name) == ["find", "mouth", "render", "encode"])
        #expect(report.stages.allSatisfy { $0.milliseconds > 0 })
    }

    @Test("a streamed video leaves in pieces that begin with ftyp and hold fragments")
    func streams() async throws {
        let portrait = try await Astronaut.image()
        let (pieces, _) = try await video(portrait, babble(seconds: 2)) { $0.isStreamed = true }
        #expect(pieces.count > 3)
        let bytes = pieces.flatMap(\.self)
        #expect(Array(bytes[4..<8]) == Array("ftyp".utf8))
        #expect(place(of: "moof", in: bytes) != nil)
    }

    @Test("the same order gives the same video, another seed another one")
    func seedDecides() async throws {
        let (portrait, voice) = (try await Astronaut.image(), babble(seconds: 1))
        let first = try await video(portrait, voice) { $0.seed = 5 }.pieces
        #expect(try await video(portrait, voice) { $0.seed = 5 }.pieces == first)
        #expect(try await video(portrait, voice) { $0.seed = 6 }.pieces != first)
    }

    @Test("a video before a colour is another video, and always the same one")
    func replacesBackground() async throws {
        let (portrait, voice) = (try await Astronaut.image(), babble(seconds: 0.5))
        let green = AnimationOptions.Colour(red: 0, green: 160, blue: 40)
        let plain = try await video(portrait, voice).pieces
        let first = try await video(portrait, voice) { $0.background = green }
        #expect(first.pieces != plain)
        #expect(try await video(portrait, voice) { $0.background = green }.pieces == first.pieces)
        #expect(first.report.width == 256)
    }

    @Test(
        "a file's sound goes into the video at its own rate, as long as it is",
        arguments: [false, true])
    func readsFiles(isStreamed: Bool) async throws {
        let codec = FFmpegCodec(lanes: 1)
        let encoder = try codec.encoder(.wav, sampleRateHz: 44_100)
        let bytes =
            try await encoder.add(babble(seconds: 2.02, rateHz: 44_100).samples)
            + (try await encoder.finish())
        let voice = try await codec.audioTrack(bytes, secondsMax: 10, work: .ample)
        #expect(voice.sampleRateHz == 44_100)
        var options = AnimationOptions()
        (options.sidePixels, options.isStreamed) = (128, isStreamed)
        let pieces = Mutex<[UInt8]>([])
        let request = AnimationRequest(
            portrait: try await Astronaut.image(), voice: voice, visemes: nil, options: options)
        let report = try await engine().animate(request, work: .ample) {
            (bytes) async throws(EngineError) in pieces.withLock { $0 += bytes }
        }
        #expect(report.frames == 51)
        let video = pieces.withLock { $0 }
        let audio = try await codec.decodeAudio(
            video, sampleRateHz: 44_100, secondsMax: 10, work: .ample)
        #expect(abs(audio.seconds - 2.02) < 0.08)
        #expect(
            try await codec.audioTrack(video, secondsMax: 10, work: .ample).sampleRateHz == 44_100)
        // Too long is found out while it is heard, before the first frame.
        let long = try await codec.audioTrack(bytes, secondsMax: 1.5, work: .ample)
        let refused = AnimationRequest(
            portrait: request.portrait, voice: long, visemes: nil, options: options)
        await #expect(throws: EngineError.audioTooLong(secondsMax: 1.5)) {
            try await engine().animate(refused, work: .ample) { _ in Issue.record("a piece left") }
        }
    }

    @Test("odd sides, odd rates, odd frames a second and a single sample make videos")
    func toleratesOddOrders() async throws {
        let portrait = try await Astronaut.image()
        let tall = portrait.resized(
            CropRect(left: 60, top: 0, width: 333, height: 501), width: 333, height: 501)
        let (_, full) = try await video(tall, babble(seconds: 0.3, rateHz: 11_111)) {
            ($0.framing, $0.sidePixels, $0.framesPerSecond) = (.full, 301, 17)
        }
        #expect(full.width % 2 == 0 && full.height == 300)
        #expect(full.frames == 6)
        let (_, square) = try await video(tall, AudioClip(samples: [0], sampleRateHz: 48_000)) {
            $0.framing = .resize
        }
        #expect(square.frames == 1)
        #expect(square.width == 256 && square.height == 256)
    }

    @Test("an image without a face, a stop and a lost client end the work with their reason")
    func failsPlainly() async throws {
        let voice = babble(seconds: 1)
        await #expect(throws: EngineError.noFace(.nothingFound)) {
            try await video(Nobody.image, voice)
        }
        let portrait = try await Astronaut.image()
        let stopped = WorkContext.ample
        stopped.cancellation.raise()
        await #expect(throws: EngineError.cancelled) {
            try await video(portrait, voice, work: stopped)
        }
        await #expect(throws: EngineError.deadlinePassed) {
            try await video(portrait, voice, work: WorkContext(within: .zero))
        }
        let request = AnimationRequest(
            portrait: portrait, voice: .clip(voice), visemes: nil, options: AnimationOptions())
        await #expect(throws: EngineError.backendFailed(code: 7)) {
            _ = try await engine().animate(request, work: .ample) {
                (_) async throws(EngineError) in throw EngineError.backendFailed(code: 7)
            }
        }
    }

    @Test("a video that is stopped midway ends with its reason and delivers nothing more")
    func stopsMidway() async throws {
        let work = WorkContext.ample
        let pieces = Mutex(0)
        var options = AnimationOptions()
        options.isStreamed = true
        let request = AnimationRequest(
            portrait: try await Astronaut.image(), voice: .clip(babble(seconds: 30)),
            visemes: nil,
            options: options)
        await #expect(throws: EngineError.cancelled) {
            _ = try await engine().animate(request, work: work) { (_) async throws(EngineError) in
                let count = pieces.withLock {
                    $0 += 1
                    return $0
                }
                if count == 3 { work.cancellation.raise() }
            }
        }
        #expect(pieces.withLock { $0 } == 3)
    }

    @Test("two videos made at once by one engine are the videos made one by one")
    func makesTwoAtOnce() async throws {
        let engine = engine()
        let portrait = try await Astronaut.image()
        @Sendable func make(_ seed: UInt64) async throws -> [UInt8] {
            var options = AnimationOptions()
            (options.seed, options.sidePixels) = (seed, 128)
            let bytes = Mutex<[UInt8]>([])
            let request = AnimationRequest(
                portrait: portrait, voice: .clip(babble(seconds: 1)), visemes: nil, options: options
            )
            _ = try await engine.animate(request, work: .ample) {
                (piece) async throws(EngineError) in bytes.withLock { $0 += piece }
            }
            return bytes.withLock { $0 }
        }
        async let first = make(1)
        async let second = make(2)
        let together = try await [first, second]
        #expect(together == [try await make(1), try await make(2)])
    }

    @Test("missing models are named")
    func namesMissingModels() async throws {
        let engine = MeshEngine(
            models: ModelDirectory(path: "/nowhere"),
            runtime: { () throws(EngineError) in try Models.runtime.get() }, workers: 1)
        await #expect(throws: EngineError.modelMissing(path: "/nowhere/face/face_detection.onnx")) {
            try await engine.prepare()
        }
    }
    @Test("only a video from audio that isn't streamed asks for the model that reads whole clips")
    func readsByOrder() async throws {
        let template = Array("/tmp/avatar-models-XXXXXX".utf8CString)
        let folder = try #require(
            template.withUnsafeBufferPointer { letters -> String? in
                guard let copy = strdup(letters.baseAddress!) else { return nil }
                defer { free(copy) }
                return mkdtemp(copy).map { String(cString: $0) }
            })
        let names = MeshEngine.files.filter { !$0.hasSuffix("visemes_whole.onnx") }
        #expect(mkdir(folder + "/face", 0o700) == 0 && names.count == 4)
        for name in names { symlink(try modelFolder.file(name), folder + "/" + name) }
        defer {
            for name in names { unlink(folder + "/" + name) }
            rmdir(folder + "/face")
            rmdir(folder)
        }
        let engine = MeshEngine(
            models: ModelDirectory(path: folder),
            runtime: { () throws(EngineError) in try Models.runtime.get() }, workers: 1)
        let portrait = try await Astronaut.image()
        func make(isStreamed: Bool, visemes: [TimedViseme]?) async throws(EngineError) {
            var options = AnimationOptions()
            (options.isStreamed, options.sidePixels) = (isStreamed, 128)
            _ = try await engine.animate(
                AnimationRequest(
                    portrait: portrait, voice: .clip(babble(seconds: 0.5)), visemes: visemes,
                    options: options), work: .ample
            ) { (_) async throws(EngineError) in }
        }
        try await make(isStreamed: true, visemes: nil)
        let spoken = TimedViseme(viseme: .aa, startSeconds: 0.1, endSeconds: 0.4)
        try await make(isStreamed: false, visemes: [spoken])
        let missing = EngineError.modelMissing(path: folder + "/face/visemes_whole.onnx")
        await #expect(throws: missing) { try await make(isStreamed: false, visemes: nil) }
        await #expect(throws: missing) { try await engine.prepare() }
    }
}
