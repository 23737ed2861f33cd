import EngineAPI
import Execution
import Media

/// Draws and encodes one video: workers draw a few frames ahead of the encoder, each on its own
/// thread, so that two cores are busy and never more than a handful of frames are held.
struct RenderPipeline {
    let renderer: FrameRenderer
    let expressions: [Expression]
    let voice: any AudioSource
    let settings: VideoSettings
    let workers: Int
    let work: WorkContext
    let deliver: @Sendable ([UInt8]) async throws(EngineError) -> Void

    struct Times {
        var render = Duration.zero
        var encode = Duration.zero
    }

    /// Threads live as long as the video. On the engine's own thread, which may wait for them.
    func run(on engine: isolated MeshEngine) async throws(EngineError) -> Times {
        let threads = (0..<workers).map { ThreadExecutor(name: "face-\($0)") }
        let videoThread = ThreadExecutor(name: "film")
        let result: Result<Times, EngineError>
        do throws(EngineError) {
            for thread in threads + [videoThread] { try thread.ready() }
            result = .success(try await make(threads, videoThread, on: engine))
        } catch {
            result = .failure(error)
        }
        // Joining waits for the thread's last job only; nobody asks them for more.
        for thread in threads + [videoThread] { thread.join() }
        return try result.get()
    }

    private func make(
        _ threads: [ThreadExecutor], _ videoThread: ThreadExecutor, on engine: isolated MeshEngine
    ) async throws(EngineError) -> Times {
        let manager = VideoEncoderActor(settings, thread: videoThread)
        let artists = threads.map { FrameWorker(renderer, thread: $0) }
        var waiting: [Task<DrawnFrame, Never>] = []
        let result: Result<Times, EngineError>
        do throws(EngineError) {
            result = .success(try await fill(manager, from: artists, &waiting, on: engine))
        } catch {
            result = .failure(error)
        }
        // A thread must not end before the frames that were asked of it.
        for frame in waiting { _ = await frame.value }
        return try result.get()
    }

    private func fill(
        _ manager: VideoEncoderActor, from artists: [FrameWorker],
        _ waiting: inout [Task<DrawnFrame, Never>],
        on engine: isolated MeshEngine
    ) async throws(EngineError) -> Times {
        var times = Times()
        var free = (0..<workers * 2 + 2).map { _ in
            FrameBuffer(width: renderer.width, height: renderer.height)
        }
        var (next, taken) = (0, 0)
        var track = VideoTrack(voice, settings)
        var keptBytes = 0
        while taken < expressions.count {
            try work.check()
            while next < expressions.count, let buffer = free.popLast() {
                let (artist, expression) = (artists[next % artists.count], expressions[next])
                waiting.append(Task { await artist.draw(expression, into: buffer) })
                next += 1
            }
            let drawn = await waiting.removeFirst().value
            times.render += drawn.time
            let audio = try await track.audio(
                ofFrame: taken, isLast: taken + 1 == expressions.count, on: engine)
            let bytes = try await manager.add(drawn.buffer, audio)
            // A whole video is kept until its end.
            let kept = await manager.keptBytes
            if kept > keptBytes { try work.memory.charge(kept - keptBytes) }
            keptBytes = kept
            free.append(drawn.buffer)
            taken += 1
            work.report(taken, of: expressions.count, .frames)
            if !bytes.isEmpty { try await deliver(bytes) }
        }
        let rest = try await manager.finish()
        times.encode = await manager.encodeTime
        if !rest.isEmpty { try await deliver(rest) }
        return times
    }
}

/// The video's audio, read a second at a time.
private struct VideoTrack {
    private let voice: any AudioSource
    private let rateHz: Int
    private let framesPerSecond: Int
    private var samples: ArraySlice<Float> = []
    /// Samples that were given to frames.
    private var given = 0
    private var isAtEnd = false

    init(_ voice: any AudioSource, _ settings: VideoSettings) {
        self.voice = voice
        rateHz = settings.audioRateHz
        framesPerSecond = settings.framesPerSecond
    }

    /// The samples that belong to one frame; with the last one all that are left.
    mutating func audio(
        ofFrame frame: Int, isLast: Bool, on engine: isolated MeshEngine
    ) async throws(EngineError) -> ArraySlice<Float> {
        let wanted = (frame + 1) * rateHz / framesPerSecond - given
        while !isAtEnd, isLast || samples.count < wanted {
            let more = try await voice.read(rateHz)
            isAtEnd = more.count < rateHz
            samples += more
        }
        let taken = isLast ? samples : samples.prefix(wanted)
        samples = samples.dropFirst(taken.count)
        given += taken.count
        return taken
    }
}
