import EngineAPI
import Execution

/// One video of the mesh engine: hears its voice on the engine's thread and draws on its own.
actor MeshSession: AnimationSession {
    /// Queued expressions are charged by so many: 20 s of frames.
    private static let expressionsCharged = 512

    nonisolated let canvas: AnimationCanvas
    private let thread: ThreadExecutor
    private let work: WorkContext
    private let place: VideoPlace
    private let predictor: @Sendable (Bool) async throws(EngineError) -> any VisemePredictor
    private let rateConverter: AudioRateConverterFactory
    private let isStreamed: Bool
    private var analyzer: VoiceAnalyzer?
    private var animation: FaceAnimation
    private var pipeline: FramePipeline
    /// What the next frames will show, but for the first `begun`.
    private var expressions: [Expression] = []
    private var begun = 0
    private var charged = 0
    private(set) var frameCount = 0
    private let findTime: Duration
    private var mouthTime = Duration.zero

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - predictor: reads the mouth of a voice that brings visemes of its own (true), or none;
    ///   asked for once.
    init(
        _ canvas: AnimationCanvas, _ options: AnimationOptions, _ pipeline: FramePipeline,
        place: VideoPlace, findTime: Duration, thread: ThreadExecutor,
        rateConverter: @escaping AudioRateConverterFactory, work: WorkContext,
        predictor: @escaping @Sendable (Bool) async throws(EngineError) -> any VisemePredictor
    ) {
        self.canvas = canvas
        self.thread = thread
        self.work = work
        self.place = place
        self.rateConverter = rateConverter
        self.predictor = predictor
        self.pipeline = pipeline
        self.findTime = findTime
        isStreamed = options.isStreamed
        animation = FaceAnimation(options, limits: pipeline.limits)
    }

    func add(_ piece: VoicePiece) async throws(EngineError) {
        try await begin()
        let started = ContinuousClock.now
        defer { mouthTime += .now - started }
        var current: VoiceAnalyzer
        if let analyzer {
            current = analyzer
        } else {
            let hasVisemes = piece.visemes != nil
            // Whoever watches a video while it is made waits for its first frames: times as the
            // voice tells them do there.
            let reads = !(hasVisemes && isStreamed)
            current = try VoiceAnalyzer(
                sampleRateHz: piece.clip.sampleRateHz,
                reader: reads ? try await predictor(hasVisemes).listener() : nil,
                hasVisemes: hasVisemes, rateConverter: rateConverter)
        }
        analyzer = nil
        let part = try current.add(piece, work: work)
        try queue(animation.add(part.rows, part.loudness, seconds: current.seconds))
        analyzer = current
    }

    func finish() async throws(EngineError) {
        try await begin()
        let started = ContinuousClock.now
        defer { mouthTime += .now - started }
        let part = try analyzer?.finish(work: work)
        let seconds = analyzer?.seconds ?? 0
        try queue(
            animation.add(part?.rows ?? [], part?.loudness ?? [], seconds: seconds)
                + animation.finish(seconds: seconds))
    }

    /// Between steps.
    private func begin() async throws(EngineError) {
        try await place.take(work)
        try work.check()
    }

    private func queue(_ more: [Expression]) throws(EngineError) {
        if begun >= Self.expressionsCharged {
            expressions.removeFirst(begun)
            begun = 0
        }
        // An array that grows has twice the room at times.
        while expressions.count + more.count > charged {
            let count = Self.expressionsCharged
            try work.memory.charge(count * 2 * MemoryLayout<Expression>.stride)
            charged += count
        }
        expressions += more
        frameCount += more.count
    }

    func next(reusing used: VideoFrame?) async throws(EngineError) -> VideoFrame? {
        if let used { pipeline.reuse(used) }
        try await begin()
        while begun < expressions.count, pipeline.hasRoom {
            pipeline.begin(expressions[begun])
            begun += 1
        }
        guard let oldest = pipeline.takeOldest() else { return nil }
        pipeline.add(renderTime: await oldest.drawing.value)
        return oldest.frame
    }

    func pause() { place.giveBack() }

    func close() async -> [StageTime] {
        // A thread must not end before the frames that were asked of it.
        for drawing in pipeline.takeUnfinished() { _ = await drawing.value }
        pipeline.join()
        place.giveBack()
        return [
            StageTime(name: "find", milliseconds: findTime.milliseconds),
            StageTime(name: "mouth", milliseconds: mouthTime.milliseconds),
            StageTime(name: "render", milliseconds: pipeline.renderTime.milliseconds),
        ]
    }
}

/// One video's place among those that are made at once.
final class VideoPlace: Sendable {
    private let places: ComputePermits
    private let held = Mutex(0)

    init(_ places: ComputePermits) { self.places = places }

    deinit { giveBack() }

    /// Waits for it, where it is not held already. One task at a time.
    func take(_ work: WorkContext) async throws(EngineError) {
        guard held.withLock({ $0 == 0 }) else { return }
        let granted = try await places.acquire(upTo: 1, work: work)
        held.withLock { $0 = granted }
    }

    func giveBack() {
        let granted = held.withLock { held in
            defer { held = 0 }
            return held
        }
        if granted > 0 { places.release(granted) }
    }
}

extension Duration {
    var milliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
    }
}
