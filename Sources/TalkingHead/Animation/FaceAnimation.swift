import EngineAPI

/// From a voice's shapes and levels, as they come, to what the face does in every frame. A pure
/// function of both and of the options: the cuts they come in change nothing.
struct FaceAnimation {
    /// The mouth is ahead of the audio: a viewer forgives that, not the reverse. What a viewer sees
    /// comes some 10 ms ahead of this, since lips begin to close before a phone does.
    static let leadSeconds: Float = 0.02
    /// How long before the end the face begins to go back to the portrait's own. Frames wait until
    /// it is known that the voice goes on for so long.
    static let endSeconds = 0.5

    private let options: AnimationOptions
    private var curves: FaceCurves
    private var closures: LipClosures
    private var motion: Motion
    private var points = SlidingWindow<FaceCurves.Point>()
    /// The next frame.
    private var next = 0
    /// How many frames there are, once the end is known.
    private var count: Int?

    init(_ options: AnimationOptions, limits: HeadLimits = HeadLimits()) {
        self.options = options
        curves = FaceCurves(scale: Float(options.expressionScale))
        closures = LipClosures(framesPerSecond: options.framesPerSecond)
        motion = Motion(options, limits: limits)
    }

    /// - rows, loudness: the next ones, 100 a second; the two need not come in step.
    /// - seconds: how much of the voice has come so far.
    /// - Returns: the frames that are now known.
    mutating func add(
        _ rows: [SIMD16<Float>], _ loudness: [Float], seconds: Double
    ) -> [Expression] {
        closures.add(rows)
        points.append(contentsOf: curves.add(rows, loudness))
        let rate = Double(options.framesPerSecond)
        var made: [Expression] = []
        // A path is spread over the whole video: nothing is known before its end.
        while options.headPath.isEmpty, Double(next + 2) / rate + Self.endSeconds <= seconds,
            Int(bounded: (place(next) + Self.leadSeconds) * 100) + 1 < points.end
        {
            made.append(frame())
        }
        return made
    }

    /// No more comes: returns the rest of the frames.
    /// - seconds: how long the voice is. Half a millisecond of a last frame is the rate
    ///   converter's.
    mutating func finish(seconds: Double) -> [Expression] {
        points.append(contentsOf: curves.finish())
        let frames = (seconds * Double(options.framesPerSecond) - 0.02).rounded(.up)
        let count = max(Int(bounded: frames), 1)
        self.count = count
        var made: [Expression] = []
        while next < count { made.append(frame()) }
        return made
    }

    private func place(_ frame: Int) -> Float { Float(frame) / Float(options.framesPerSecond) }

    private mutating func frame() -> Expression {
        let seconds = place(next)
        // Beyond what any curve looks ahead, where the end is not known.
        let end = count.map { place($0 - 1 - next) } ?? .infinity
        let spokenPlace = (seconds + Self.leadSeconds) * 100
        let spoken = point(at: spokenPlace)
        let mouth = closures.amount(at: spokenPlace).applied(to: spoken.mouth)
        let moved = motion.frame(
            seconds: seconds, end: end, voice: point(at: seconds * 100), path: count.map(pathPlace))
        points.drop(before: Int(bounded: seconds * 100) - 1)
        closures.drop(before: Int(bounded: seconds * 100))
        next += 1
        // The video starts and ends with the portrait's own face.
        let nearest = min(seconds, end)
        return Expression(
            mouth: MouthShape(LipClosures.eased(mouth, seconds: nearest)),
            ease: spoken.ease * smoothStep(0, 0.25, nearest), blink: moved.blink,
            brow: moved.brow, feeling: moved.feeling, gaze: moved.gaze, breath: moved.breath,
            head: moved.head)
    }

    /// Where the next frame is on its way from the first one to the last, 0…1.
    private func pathPlace(_ count: Int) -> Double {
        count > 1 ? Double(next) / Double(count - 1) : 0
    }

    /// Between two values; level behind the last.
    private func point(at place: Float) -> FaceCurves.Point {
        let index = Int(bounded: place)
        guard points.end > points.start else { return FaceCurves.Point() }
        guard index + 1 < points.end else { return points[points.end - 1] }
        return .between(points[index], points[index + 1], place - Float(index))
    }
}
