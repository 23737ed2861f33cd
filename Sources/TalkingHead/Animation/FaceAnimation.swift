import EngineAPI

/// From a request to what the face does in every frame: a pure function of order and reader.
/// Nothing of the voice stays in memory but its shapes and levels.
enum FaceAnimation {
    /// What was heard of a voice.
    struct Heard {
        /// Certainties of shapes and loudness, 100 a second.
        var rows: [SIMD16<Float>]
        var loudness: [Float]
        var seconds: Double
    }

    /// How much of a voice is read at once, samples of 16 000 Hz: 10 s.
    private static let block = 160_000

    /// Reads a voice from start to end, on the engine's thread.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.runtimeRefused`, and what reading throws.
    static func hear(
        _ request: AnimationRequest, reader: any VisemePredictor, work: WorkContext,
        on engine: isolated MeshEngine
    ) async throws(EngineError) -> Heard {
        let audio = try await request.voice.reader(sampleRateHz: LogMelFrontend.rateHz)
        var listening = Listening(request, reader)
        while true {
            try work.check()
            let samples = try await audio.read(block)
            let isLast = samples.count < block
            try work.memory.charge(listening.bytes(of: samples.count))
            try listening.hear(samples, isLast: isLast, work: work)
            if isLast { return listening.analyzed }
        }
    }

    private struct Listening {
        private let visemes: [TimedViseme]?
        private var listener: any VisemeSession
        private var meter = Loudness.Meter()
        private var rows: [SIMD16<Float>] = []
        private var samplesHeard = 0

        init(_ request: AnimationRequest, _ reader: any VisemePredictor) {
            visemes = request.visemes
            listener = reader.listener()
        }

        /// What stays in memory of so many samples: shapes and levels, 100 a second.
        func bytes(of samples: Int) -> Int {
            let row = MemoryLayout<SIMD16<Float>>.stride + MemoryLayout<Float>.stride
            return LogMelFrontend.frames(samples) * row
        }

        mutating func hear(_ samples: [Float], isLast: Bool, work: WorkContext) throws(EngineError)
        {
            samplesHeard += samples.count
            meter.hear(samples)
            guard visemes == nil else { return }
            rows += try listener.hear(samples, isLast: isLast, work: work)
        }

        var analyzed: Heard {
            let frames = LogMelFrontend.frames(samplesHeard)
            return Heard(
                rows: visemes.map { VisemeTrack.rows($0, frames: frames) } ?? rows,
                loudness: meter.curve, seconds: Double(samplesHeard) / Double(LogMelFrontend.rateHz)
            )
        }
    }

    /// Half a millisecond of a last frame is the resampler's.
    private static func frameCount(_ analyzed: Heard, _ options: AnimationOptions) -> Int {
        max(
            Int(bounded: (analyzed.seconds * Double(options.framesPerSecond) - 0.02).rounded(.up)),
            1)
    }

    /// What `expressions` takes: each frame's expression, and the curves that it is made from.
    static func bytes(_ analyzed: Heard, _ options: AnimationOptions) -> Int {
        frameCount(analyzed, options) * MemoryLayout<Expression>.stride * 3
    }

    static func expressions(_ analyzed: Heard, _ options: AnimationOptions) -> [Expression] {
        let (rows, loudness) = (analyzed.rows, analyzed.loudness)
        let frames = frameCount(analyzed, options)
        let mouths = MouthCurves.curves(
            rows, loudness: loudness, frames: frames, framesPerSecond: options.framesPerSecond,
            scale: Float(options.expressionScale))
        let eases = MouthCurves.ease(
            rows, frames: frames, framesPerSecond: options.framesPerSecond)
        let motions = Motion.frames(frames, loudness: loudness, options: options)
        return (0..<frames).map { frame in
            let motion = motions[frame]
            return Expression(
                mouth: mouths[frame], ease: eases[frame], blink: motion.blink, brow: motion.brow,
                gaze: motion.gaze, breath: motion.breath, head: motion.head)
        }
    }
}
