import EngineAPI
import Execution

/// One video of SadTalker: hears all of its voice, as the head's motion is made smooth over the
/// whole of it, then draws frame by frame.
actor SadTalkerSession: AnimationSession {
    /// A second of the voice as it waits to be read, and its coefficients and their windows.
    private static let bytesPerSecond =
        SpeechMel.rateHz * MemoryLayout<Float>.stride * 2 + SpeechMel.bytesPerSecond
        + Coefficients.framesPerSecond * Coefficients.count * MemoryLayout<Double>.stride * 3

    /// What draws it; gone when the session is closed.
    struct Parts: Sendable {
        let motion: MotionPredictor
        let renderer: NeuralRenderer
        let composer: FrameComposer
        /// Pixels a side that the renderer draws.
        let side: Int
        let facesSeen: Int
    }

    nonisolated let canvas: AnimationCanvas
    private let thread: ThreadExecutor
    private let options: AnimationOptions
    private let work: WorkContext
    private let place: VideoPlace
    private let rateConverter: AudioRateConverterFactory
    private var parts: Parts?
    private var converter: (any AudioRateConverting)?
    private var sampleRateHz = SpeechMel.rateHz
    private var samplesIn = 0
    private var samples: [Float] = []
    private var track: CoefficientTrack?
    private var turns = HeadTurns(AnimationOptions.HeadPath(), frames: 0)
    private var poses: ArraySlice<FacePose> = []
    private var drawn = 0
    private(set) var frameCount = 0
    private var forecast = WorkForecast()
    private let findTime: Duration
    private var (motionTime, renderTime) = (Duration.zero, Duration.zero)

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        _ parts: Parts, _ options: AnimationOptions, place: VideoPlace, findTime: Duration,
        thread: ThreadExecutor, rateConverter: @escaping AudioRateConverterFactory,
        work: WorkContext
    ) {
        canvas = AnimationCanvas(
            width: parts.composer.width, height: parts.composer.height, facesSeen: parts.facesSeen)
        self.parts = parts
        self.options = options
        self.place = place
        self.findTime = findTime
        self.thread = thread
        self.rateConverter = rateConverter
        self.work = work
    }

    func add(_ piece: VoicePiece) async throws(EngineError) {
        try await begin()
        let rate = piece.clip.sampleRateHz
        let converter: any AudioRateConverting
        if let current = self.converter {
            converter = current
        } else {
            converter = try rateConverter(rate, SpeechMel.rateHz)
            (self.converter, sampleRateHz) = (converter, rate)
        }
        let seconds = Double(piece.clip.samples.count) / Double(rate)
        try work.memory.charge(Int(bounded: seconds * Double(Self.bytesPerSecond)) + 1)
        samplesIn += piece.clip.samples.count
        samples += try converter.convert(piece.clip.samples)
    }

    func finish() async throws(EngineError) {
        try await begin()
        guard let parts else { return }
        let started = ContinuousClock.now
        defer { motionTime = .now - started }
        if let converter { samples += try converter.finish() }
        // Each begun frame is whole, and there is one at least.
        let frames = max(
            (samples.count + SpeechMel.frameSamples - 1) / SpeechMel.frameSamples, 1)
        samples += [Float](repeating: 0, count: frames * SpeechMel.frameSamples - samples.count)
        let mel = try SpeechMel(samples, work: work)
        samples = []
        let portrait = parts.renderer.portrait.coefficients
        track = try parts.motion.track(
            mel, portrait: portrait, options, work: work
        ).adjusted(
            to: portrait, options.framing, scale: options.expressionScale,
            isStill: options.isStill)
        let seconds = Double(samplesIn) / Double(sampleRateHz)
        frameCount = max(
            Int(bounded: (seconds * Double(options.framesPerSecond)).rounded(.up)), 1)
        turns = HeadTurns(options.headPath, frames: frameCount)
    }

    func next(reusing used: VideoFrame?) async throws(EngineError) -> VideoFrame? {
        guard let parts, let track, drawn < frameCount else { return nil }
        try await begin()
        let started = ContinuousClock.now
        if poses.isEmpty { poses = try nextPoses(parts.renderer, track)[...] }
        let planes = try parts.renderer.draw(poses.removeFirst(), work: work)
        let frame = used ?? VideoFrame(width: canvas.width, height: canvas.height)
        parts.composer.compose(planes, side: parts.side, into: frame)
        frame.index = drawn
        frame.seconds = Double(drawn) / Double(options.framesPerSecond)
        drawn += 1
        let time = ContinuousClock.now - started
        renderTime += time
        try forecast.add(time, stepsLeft: frameCount - drawn, work: work)
        return frame
    }

    private func nextPoses(
        _ renderer: NeuralRenderer, _ track: CoefficientTrack
    ) throws(EngineError) -> [FacePose] {
        let frames = drawn..<min(drawn + NeuralRenderer.framesPerMapping, frameCount)
        let step = Double(Coefficients.framesPerSecond) / Double(options.framesPerSecond)
        let windows = frames.flatMap { SemanticWindow.around(Double($0) * step, in: track) }
        var made = try renderer.poses(windows, frames: frames.count, work: work)
        for (index, frame) in frames.enumerated() { turns.apply(to: &made[index], frame: frame) }
        return made
    }

    /// Between steps.
    private func begin() async throws(EngineError) {
        try await place.take(work)
        try work.check()
    }

    func pause() { place.giveBack() }

    func close() -> [StageTime] {
        parts = nil
        place.giveBack()
        return [
            StageTime(name: "find", milliseconds: findTime.milliseconds),
            StageTime(name: "motion", milliseconds: motionTime.milliseconds),
            StageTime(name: "render", milliseconds: renderTime.milliseconds),
        ]
    }
}
