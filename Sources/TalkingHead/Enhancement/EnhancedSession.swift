import EngineAPI
import Execution

/// A video of any engine whose face is restored, frame by frame, on a thread of its own.
actor EnhancedSession: AnimationSession {
    nonisolated let canvas: AnimationCanvas
    private let session: any AnimationSession
    private let thread: ThreadExecutor
    private let runs: ComputePermits
    private let work: WorkContext
    private var enhancer: FaceEnhancer?
    private var tracker: FaceTracker
    private var forecast = WorkForecast()
    private var done = 0
    private var enhanceTime = Duration.zero

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - runs: one frame at a time of those that share it.
    init(
        _ session: any AnimationSession, _ loaded: FaceEnhancement.Loaded, _ tracker: FaceTracker,
        runs: ComputePermits, work: WorkContext
    ) {
        canvas = session.canvas
        self.session = session
        enhancer = loaded.enhancer
        thread = loaded.thread
        self.tracker = tracker
        self.runs = runs
        self.work = work
    }

    func add(_ piece: VoicePiece) async throws(EngineError) { try await session.add(piece) }

    func finish() async throws(EngineError) { try await session.finish() }

    var frameCount: Int { get async { await session.frameCount } }

    func next(reusing used: VideoFrame?) async throws(EngineError) -> VideoFrame? {
        let started = ContinuousClock.now
        guard let enhancer, let frame = try await session.next(reusing: used) else { return nil }
        let permits = try await runs.acquire(upTo: 1, work: work)
        defer { runs.release(permits) }
        try restore(frame, enhancer)
        done += 1
        // Drawing included: what the engine foresees is its own part only.
        try forecast.add(
            .now - started, stepsLeft: await session.frameCount - done, work: work)
        return frame
    }

    private func restore(_ frame: VideoFrame, _ enhancer: FaceEnhancer) throws(EngineError) {
        let started = ContinuousClock.now
        defer { enhanceTime += .now - started }
        let planes = try planes(frame)
        guard let planes else { return }
        planes.face.paste(try enhancer.restored(planes.values, work: work), into: frame)
    }

    /// What the network is to see; nil where the face is too small for it.
    private func planes(
        _ frame: VideoFrame
    ) throws(EngineError) -> (face: AlignedFace, values: [Float])? {
        // Gone before the frame is changed: else its pixels would be copied.
        let pyramid = Pyramid(
            Image(width: frame.width, height: frame.height, rgb: frame.rgb))
        try tracker.follow(in: pyramid)
        guard let face = AlignedFace(tracker.points.map(\.plane)) else { return nil }
        return (face, face.planes(of: pyramid))
    }

    func pause() async { await session.pause() }

    nonisolated func close() async -> [StageTime] {
        let stages = await end()
        // It has nothing left to do.
        thread.join()
        return stages
    }

    private func end() async -> [StageTime] {
        let stages = await session.close()
        enhancer = nil
        return stages + [StageTime(name: "enhance", milliseconds: enhanceTime.milliseconds)]
    }
}
