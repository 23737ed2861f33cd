import EngineAPI
import Execution
import Glibc
import Inference
import Testing

@testable import TalkingHead

/// The whole engine on a real portrait, with the converted models; they fail where those are
/// missing.
@Suite(.serialized) struct MeshEngineModelTests {
    private func engine(workers: Int = 2) -> MeshEngine {
        MeshEngine(
            models: modelFolder, runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter, workers: workers)
    }

    private func small(_ change: (inout AnimationOptions) -> Void = { _ in }) -> AnimationOptions {
        var options = AnimationOptions()
        options.framing = .crop
        options.sidePixels = 256
        change(&options)
        return options
    }

    private func made(
        _ portrait: Image, _ voice: AudioClip, visemes: [TimedViseme]? = nil, cuts: [Int] = [],
        work: WorkContext = .ample, _ change: (inout AnimationOptions) -> Void = { _ in }
    ) async throws -> MadeVideo {
        try await MadeVideo(
            engine(), portrait, voice, visemes: visemes, cuts: cuts, small(change), work: work)
    }

    @Test("a video has as many frames as its voice lasts, each with its time")
    func makesFrames() async throws {
        let video = try await made(
            try await Astronaut.image(), babble(seconds: 1.5, rateHz: 24_000))
        #expect(video.frames.count == 38)
        #expect(video.times == (0..<38).map { Double($0) / 25 })
        #expect(video.canvas == AnimationCanvas(width: 256, height: 256, facesSeen: 1))
        #expect(video.stages.map(\.name) == ["find", "mouth", "render"])
        #expect(video.stages.allSatisfy { $0.milliseconds > 0 })
        #expect(Set(video.frames).count > 30, "hardly two are alike")
    }

    @Test("the first second of a voice gives the first frames, whatever follows")
    func beginsEarly() async throws {
        let portrait = try await Astronaut.image()
        let voice = babble(seconds: 5)
        let session = try await engine().open(
            portrait, small { $0.isStreamed = true }, work: .ample)
        try await session.add(VoicePiece(clip: voice.piece(0..<16_000)))
        var early: [Int] = []
        var used: VideoFrame?
        while let frame = try await session.next(reusing: used) {
            early.append(frame.rgb.hashValue)
            used = frame
        }
        // A fragment holds 200 ms, and ends with the frame after it.
        #expect(early.count >= 6)
        _ = await session.close()
        let whole = try await made(portrait, voice) { $0.isStreamed = true }
        #expect(Array(whole.frames.prefix(early.count)) == early)
    }

    @Test(
        "the same voice gives the same frames however it is cut",
        arguments: [(true, false), (false, false), (true, true), (false, true)])
    func cutsChangeNothing(isStreamed: Bool, hasVisemes: Bool) async throws {
        let portrait = try await Astronaut.image()
        let voice = babble(seconds: 9.013, rateHz: 22_050)
        let shapes: [Viseme] = [.aa, .PP, .sil, .E, .sil, .oh, .FF, .sil]
        let visemes = (0..<75).map { index in
            let start = 0.3 + Double(index) * 0.11
            // Some gaps close the mouth, and some leave out what others tell.
            return TimedViseme(
                viseme: shapes[index % 8], startSeconds: start,
                endSeconds: start + (index % 3 == 0 ? 0.07 : 0.11))
        }
        var generator = SeededGenerator(seed: isStreamed ? 1 : 2)
        func video(_ cuts: [Int]) async throws -> MadeVideo {
            try await made(portrait, voice, visemes: hasVisemes ? visemes : nil, cuts: cuts) {
                ($0.isStreamed, $0.sidePixels, $0.framesPerSecond) = (isStreamed, 128, 24)
            }
        }
        let whole = try await video([])
        #expect(whole.frames.count == 217)
        for count in [1, 7, 60] {
            let cuts = (0..<count).map { _ in
                Int.random(in: 0...voice.samples.count, using: &generator)
            }
            let cut = try await video(cuts.sorted())
            #expect(cut.frames == whole.frames && cut.times == whole.times, "\(count) cuts")
        }
    }

    @Test("the same order gives the same video, another seed another one")
    func seedDecides() async throws {
        let (portrait, voice) = (try await Astronaut.image(), babble(seconds: 1))
        let first = try await made(portrait, voice) { $0.seed = 5 }.frames
        #expect(try await made(portrait, voice) { $0.seed = 5 }.frames == first)
        #expect(try await made(portrait, voice) { $0.seed = 6 }.frames != first)
    }

    @Test("a video before a colour is another video, and always the same one")
    func replacesBackground() async throws {
        let (portrait, voice) = (try await Astronaut.image(), babble(seconds: 0.5))
        let green = AnimationOptions.Colour(red: 0, green: 160, blue: 40)
        let plain = try await made(portrait, voice).frames
        let first = try await made(portrait, voice) { $0.background = green }
        #expect(first.frames != plain)
        #expect(try await made(portrait, voice) { $0.background = green }.frames == first.frames)
        #expect(first.canvas.width == 256)
    }

    @Test("odd sides, odd rates, odd frames a second and a single sample make videos")
    func toleratesOddOrders() async throws {
        let portrait = try await Astronaut.image()
        let tall = portrait.resized(
            CropRect(left: 60, top: 0, width: 333, height: 501), width: 333, height: 501)
        let full = try await made(tall, babble(seconds: 0.3, rateHz: 11_111)) {
            ($0.framing, $0.sidePixels, $0.framesPerSecond) = (.full, 301, 17)
        }
        #expect(full.canvas.width % 2 == 0 && full.canvas.height == 300)
        #expect(full.frames.count == 6)
        let square = try await made(tall, AudioClip(samples: [0], sampleRateHz: 48_000)) {
            $0.framing = .resize
        }
        #expect(square.frames.count == 1)
        #expect(square.canvas.width == 256 && square.canvas.height == 256)
    }

    @Test("an image without a face and a stop end the work with their reason")
    func failsPlainly() async throws {
        let voice = babble(seconds: 1)
        await #expect(throws: EngineError.noFace(.nothingFound)) {
            try await made(Nobody.image, voice)
        }
        let portrait = try await Astronaut.image()
        let stopped = WorkContext.ample
        stopped.cancellation.raise()
        await #expect(throws: EngineError.cancelled) {
            try await made(portrait, voice, work: stopped)
        }
        await #expect(throws: EngineError.deadlinePassed) {
            try await made(portrait, voice, work: WorkContext(within: .zero))
        }
    }

    @Test("a video that is stopped midway ends with its reason")
    func stopsMidway() async throws {
        let work = WorkContext.ample
        let session = try await engine().open(try await Astronaut.image(), small(), work: work)
        try await session.add(VoicePiece(clip: babble(seconds: 9)))
        try await session.finish()
        for _ in 0..<3 { _ = try await session.next(reusing: nil) }
        work.cancellation.raise()
        await #expect(throws: EngineError.cancelled) { _ = try await session.next(reusing: nil) }
        _ = await session.close()
    }

    @Test("who waits for a client lends the place to another video")
    func lendsPlaces() async throws {
        let (engine, portrait) = (engine(workers: 1), try await Astronaut.image())
        var sessions: [any AnimationSession] = []
        for _ in 0..<3 {
            sessions.append(try await engine.open(portrait, small(), work: .ample))
        }
        await #expect(throws: EngineError.deadlinePassed) {
            _ = try await engine.open(
                portrait, small(), work: WorkContext(within: .milliseconds(50)))
        }
        await sessions[0].pause()
        sessions.append(try await engine.open(portrait, small(), work: .ample))
        // It waits for a place when it goes on.
        let first = sessions[0]
        let more = Task { try await first.add(VoicePiece(clip: babble(seconds: 0.1))) }
        _ = await sessions[1].close()
        try await more.value
        for session in sessions { _ = await session.close() }
    }

    @Test("two videos made at once by one engine are the videos made one by one")
    func makesTwoAtOnce() async throws {
        let engine = engine()
        let portrait = try await Astronaut.image()
        @Sendable func make(_ seed: UInt64) async throws -> [Int] {
            var options = AnimationOptions()
            (options.seed, options.sidePixels) = (seed, 128)
            return try await MadeVideo(engine, portrait, babble(seconds: 1), options).frames
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
            runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter, workers: 1)
        #expect(!engine.isPresent && self.engine().isPresent)
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
        #expect(mkdir(folder + "/face", 0o700) == 0 && names.count == 6)
        for name in names { symlink(try modelFolder.file(name), folder + "/" + name) }
        defer {
            for name in names { unlink(folder + "/" + name) }
            rmdir(folder + "/face")
            rmdir(folder)
        }
        let engine = MeshEngine(
            models: ModelDirectory(path: folder),
            runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter, workers: 1)
        let portrait = try await Astronaut.image()
        func make(isStreamed: Bool, visemes: [TimedViseme]?) async throws {
            var options = AnimationOptions()
            (options.isStreamed, options.sidePixels) = (isStreamed, 128)
            _ = try await MadeVideo(
                engine, portrait, babble(seconds: 0.5), visemes: visemes, options)
        }
        try await make(isStreamed: true, visemes: nil)
        let spoken = TimedViseme(viseme: .aa, startSeconds: 0.1, endSeconds: 0.4)
        try await make(isStreamed: false, visemes: [spoken])
        let missing = EngineError.modelMissing(path: folder + "/face/visemes_whole.onnx")
        await #expect(throws: missing) { try await make(isStreamed: false, visemes: nil) }
        await #expect(throws: missing) { try await engine.prepare() }
    }
}
