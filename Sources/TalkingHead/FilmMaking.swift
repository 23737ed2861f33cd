import EngineAPI
import Execution
import Media

/// Draws and encodes one film: workers draw a few frames ahead of the encoder, each on its own
/// thread, so that two cores are busy and never more than a handful of frames are held.
struct FilmMaking {
    let renderer: FrameRenderer
    let expressions: [Expression]
    let voice: AudioClip
    let settings: FilmSettings
    let workers: Int
    let work: Work
    let deliver: @Sendable ([UInt8]) async throws(EngineError) -> Void

    struct Times {
        var render = Duration.zero
        var encode = Duration.zero
    }

    /// Threads live as long as the film. On the engine's own thread, which may wait for them.
    func run(on engine: isolated MeshEngine) async throws(EngineError) -> Times {
        let threads = (0..<workers).map { EngineThread(name: "face-\($0)") }
        let filmThread = EngineThread(name: "film")
        let result: Result<Times, EngineError>
        do throws(EngineError) {
            result = .success(try await make(threads, filmThread, on: engine))
        } catch {
            result = .failure(error)
        }
        // Joining waits for the thread's last job only; nobody asks them for more.
        for thread in threads + [filmThread] { thread.join() }
        return try result.get()
    }

    private func make(
        _ threads: [EngineThread], _ filmThread: EngineThread, on engine: isolated MeshEngine
    ) async throws(EngineError) -> Times {
        let desk = FilmDesk(settings, thread: filmThread)
        let artists = threads.map { FrameWorker(renderer, thread: $0) }
        var waiting: [Task<DrawnFrame, Never>] = []
        let result: Result<Times, EngineError>
        do throws(EngineError) {
            result = .success(try await fill(desk, from: artists, &waiting, on: engine))
        } catch {
            result = .failure(error)
        }
        // A thread must not end before the frames that were asked of it.
        for frame in waiting { _ = await frame.value }
        return try result.get()
    }

    private func fill(
        _ desk: FilmDesk, from artists: [FrameWorker], _ waiting: inout [Task<DrawnFrame, Never>],
        on engine: isolated MeshEngine
    ) async throws(EngineError) -> Times {
        var times = Times()
        var free = (0..<workers * 2 + 2).map { _ in
            FrameBuffer(width: renderer.width, height: renderer.height)
        }
        var (next, taken, heard) = (0, 0, 0)
        while taken < expressions.count {
            try work.check()
            while next < expressions.count, let buffer = free.popLast() {
                let (artist, expression) = (artists[next % artists.count], expressions[next])
                waiting.append(Task { await artist.draw(expression, into: buffer) })
                next += 1
            }
            let drawn = await waiting.removeFirst().value
            times.render += drawn.time
            let end = soundEnd(after: taken)
            let bytes = try await desk.add(drawn.buffer, voice.samples[heard..<end])
            free.append(drawn.buffer)
            (taken, heard) = (taken + 1, end)
            work.report(taken, of: expressions.count, .frames)
            if !bytes.isEmpty { try await deliver(bytes) }
        }
        let rest = try await desk.finish()
        times.encode = await desk.encodeTime
        if !rest.isEmpty { try await deliver(rest) }
        return times
    }

    /// Samples that belong to frames up to and with this one.
    private func soundEnd(after frame: Int) -> Int {
        if frame + 1 >= expressions.count { return voice.samples.count }
        let end = (frame + 1) * voice.sampleRateHz / settings.framesPerSecond
        return min(end, voice.samples.count)
    }
}
