import EngineAPI
import Execution

/// One live face of the mesh engine: what is told and what is drawn, on a thread of its own. A
/// frame is drawn when it is asked for: it shows what is known then.
actor LiveMeshSession: LiveAnimationSession {
    /// What is told of the future is charged by so many rows: 20 s.
    private static let rowsCharged = 2_048

    nonisolated let canvas: AnimationCanvas
    private let thread: ThreadExecutor
    private let work: WorkContext
    private let renderer: FrameRenderer
    private var texture: FrameTexture
    private var animation: LiveFaceAnimation
    private var charged = 0
    private var drawn = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Throws: `.threadMissing`.
    init(
        _ renderer: FrameRenderer, _ options: AnimationOptions, facesSeen: Int,
        rateConverter: @escaping AudioRateConverterFactory, work: WorkContext
    ) throws(EngineError) {
        canvas = AnimationCanvas(
            width: renderer.width, height: renderer.height, facesSeen: facesSeen)
        (self.renderer, self.work, texture) = (renderer, work, renderer.texture())
        animation = LiveFaceAnimation(
            options, limits: renderer.limits, rateConverter: rateConverter)
        thread = ThreadExecutor(name: "face-live")
        try thread.ready()
    }

    isolated deinit {}

    func hear(
        _ clip: AudioClip, visemes: [TimedViseme], at seconds: Double
    ) throws(EngineError) {
        try work.check()
        try animation.hear(clip, visemes: visemes, at: seconds)
        // An array that grows has twice the room at times.
        while animation.rowsKept > charged {
            let rowBytes = MemoryLayout<SIMD16<Float>>.stride + MemoryLayout<Float>.stride
            try work.memory.charge(Self.rowsCharged * 2 * rowBytes)
            charged += Self.rowsCharged
        }
    }

    func cutVoice(at seconds: Double) { animation.cutVoice(at: seconds) }

    func show(_ expression: AnimationOptions.FacialExpression, intensity: Double) {
        animation.show(expression, intensity: intensity)
    }

    func attend(_ isAttending: Bool) { animation.attend(isAttending) }

    func frame(at seconds: Double, reusing used: VideoFrame?) throws(EngineError) -> VideoFrame {
        try work.check()
        let frame = used ?? VideoFrame(width: renderer.width, height: renderer.height)
        renderer.draw(animation.frame(at: seconds), into: frame, with: &texture)
        (frame.index, frame.seconds) = (drawn, seconds)
        drawn += 1
        return frame
    }

    nonisolated func close() async {
        await end()
        // It has nothing left to do.
        thread.join()
    }

    /// Runs behind all that was asked for.
    private func end() {}
}
