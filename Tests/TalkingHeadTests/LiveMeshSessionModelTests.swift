import EngineAPI
import Testing

@testable import TalkingHead

/// A live face on a real portrait, with the converted models.
@Suite(.serialized) struct LiveMeshSessionModelTests {
    private func engine(workers: Int = 1) -> MeshEngine {
        MeshEngine(
            models: modelFolder, runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter, workers: workers)
    }

    @Test("frames are drawn when they are asked for, whatever videos are made meanwhile")
    func draws() async throws {
        let (engine, portrait) = (engine(), try await Astronaut.image())
        var options = AnimationOptions()
        options.framing = .resize
        var videos: [any AnimationSession] = []
        for _ in 0..<3 {
            videos.append(try await engine.open(portrait, options, work: .ample))
        }
        let account = MemoryAccount(.unlimited())
        let work = WorkContext(
            deadline: .now + .seconds(120), cancellation: Cancellation(), memory: account)
        let face = try await engine.openLive(portrait, options, work: work)
        #expect(face.canvas == AnimationCanvas(width: 512, height: 512, facesSeen: 1))
        #expect(account.bytesHeld >= 512 * 512 * 64)
        try await face.hear(
            babble(seconds: 2, rateHz: 24_000),
            visemes: [TimedViseme(viseme: .aa, startSeconds: 0, endSeconds: 2)], at: 1)
        var used: VideoFrame?
        var pictures: Set<Int> = []
        var times: [Duration] = []
        for index in 0..<50 {
            let started = ContinuousClock.now
            let frame = try await face.frame(at: Double(index) / 25, reusing: used)
            times.append(.now - started)
            #expect(frame.seconds == Double(index) / 25 && frame.index == index)
            pictures.insert(frame.rgb.hashValue)
            used = frame
        }
        print("a live frame at 512²: \(times.sorted()[25]), at most \(times.max() ?? .zero)")
        #expect(pictures.count > 45)
        // Its drawing takes 10; the tests' pool may be busy.
        #expect(times.sorted()[25] < .seconds(10))
        await face.cutVoice(at: 2)
        await face.attend(true)
        _ = try await face.frame(at: 2.5, reusing: nil)
        work.cancellation.raise()
        await #expect(throws: EngineError.cancelled) { try await face.frame(at: 3, reusing: nil) }
        await face.close()
        for video in videos { _ = await video.close() }
    }

    @Test("an image without a face opens none")
    func faceless() async {
        await #expect(throws: EngineError.noFace(.nothingFound)) {
            try await engine().openLive(Nobody.image, AnimationOptions(), work: .ample)
        }
    }
}
