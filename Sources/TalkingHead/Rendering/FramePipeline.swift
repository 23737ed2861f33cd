import EngineAPI
import Execution

/// Draws the frames of one video ahead of whoever takes them: each worker on a thread of its own,
/// so that all cores are busy and never more than a handful of frames are held.
struct FramePipeline {
    private let threads: [ThreadExecutor]
    private let workers: [FrameWorker]
    private let framesPerSecond: Int
    /// How far the head that it draws may turn.
    let limits: HeadLimits
    private var free: [VideoFrame]
    private var drawing: [Task<Duration, Never>] = []
    private var frames: [VideoFrame] = []
    private var begun = 0
    /// Wall time of drawing, summed over frames.
    private(set) var renderTime = Duration.zero

    /// One that each worker draws, one that waits behind them, and one that is encoded.
    static func framesHeld(workers: Int) -> Int { workers + 2 }

    /// - Throws: `.threadMissing`.
    init(_ renderer: FrameRenderer, workers: Int, framesPerSecond: Int) throws(EngineError) {
        threads = (0..<workers).map { ThreadExecutor(name: "face-\($0)") }
        for thread in threads { try thread.ready() }
        self.workers = threads.map { FrameWorker(renderer, thread: $0) }
        self.framesPerSecond = framesPerSecond
        limits = renderer.limits
        free = (0..<Self.framesHeld(workers: workers)).map { _ in
            VideoFrame(width: renderer.width, height: renderer.height)
        }
    }

    /// Whether one more can be begun.
    var hasRoom: Bool { !free.isEmpty }

    /// Begins the next frame.
    mutating func begin(_ expression: Expression) {
        let (frame, worker) = (free.removeLast(), workers[begun % workers.count])
        frame.index = begun
        frame.seconds = Double(begun) / Double(framesPerSecond)
        begun += 1
        frames.append(frame)
        drawing.append(Task { await worker.draw(expression, into: frame) })
    }

    /// Takes back a frame that was taken.
    mutating func reuse(_ frame: VideoFrame) { free.append(frame) }

    /// The oldest one that was begun, and what waits for it.
    mutating func takeOldest() -> (frame: VideoFrame, drawing: Task<Duration, Never>)? {
        frames.isEmpty ? nil : (frames.removeFirst(), drawing.removeFirst())
    }

    mutating func add(renderTime time: Duration) { renderTime += time }

    /// Those that nobody will take any more; a thread must not end before them.
    mutating func takeUnfinished() -> [Task<Duration, Never>] {
        defer { (frames, drawing) = ([], []) }
        return drawing
    }

    /// Ends the threads; nothing may be left unfinished. Joining waits for the last job only.
    func join() { for thread in threads { thread.join() } }
}

/// Draws frames on a thread of its own.
private actor FrameWorker {
    private let thread: ThreadExecutor
    private let renderer: FrameRenderer
    private var texture: FrameTexture

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ renderer: FrameRenderer, thread: ThreadExecutor) {
        self.renderer = renderer
        texture = renderer.texture()
        self.thread = thread
    }

    /// Returns the wall time it took.
    func draw(_ expression: Expression, into frame: VideoFrame) -> Duration {
        let started = ContinuousClock.now
        renderer.draw(expression, into: frame, with: &texture)
        return .now - started
    }
}
