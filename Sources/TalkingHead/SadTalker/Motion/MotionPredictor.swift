import EngineAPI
import Inference

/// A stretch of the head's motion, which the network makes at once.
struct HeadStretch: Equatable {
    static let frames = 32
    static let noiseCount = 64

    /// Where it begins, and how many of its frames, from its first on, are there already.
    let first: Int
    let dropped: Int

    /// Those of a video, behind its first frame. The last one is the video's last 32 frames: in one
    /// that is shorter it begins before the video does.
    static func covering(frames count: Int) -> [HeadStretch] {
        let rest = max(count - 1, 0)
        var made = (0..<rest / frames).map { HeadStretch(first: 1 + $0 * frames, dropped: 0) }
        if rest % frames > 0 {
            made.append(HeadStretch(first: count - frames, dropped: frames - rest % frames))
        }
        return made
    }
}

/// Predicts a face's coefficients from a voice.
struct MotionPredictor: Sendable {
    /// Frames do not see each other: any number a run.
    private static let expressionsPerRun = 50

    let expressions: LoadedNetwork
    let head: LoadedNetwork

    /// Expression and pose of each frame, 25 a second.
    /// - portrait: its own coefficients.
    func track(
        _ mel: SpeechMel, portrait: [Double], _ options: AnimationOptions, work: WorkContext
    ) throws(EngineError) -> CoefficientTrack {
        var noise = MotionNoise(seed: options.seed)
        // Drawn whether or not a video's eyes blink: what is drawn next must not depend on it.
        let blink =
            options.blinks
            ? noise.blinks(frames: mel.frames) : [Float](repeating: 0, count: mel.frames)
        let faces = try expressions(
            mel, portrait: portrait, blink: blink, like: options.blinkReference, work: work)
        var poses = try poses(
            mel, portrait: portrait, style: options.poseStyle, noise: &noise, work: work)
        if let reference = options.poseReference {
            Self.add(reference, to: &poses)
        }
        var values: [Double] = []
        values.reserveCapacity(mel.frames * (Coefficients.expressionCount + Coefficients.poseCount))
        for frame in 0..<mel.frames {
            let face = frame * Coefficients.expressionCount
            values += faces[face..<face + Coefficients.expressionCount].map(Double.init)
            let pose = frame * Coefficients.poseCount
            values += poses[pose..<pose + Coefficients.poseCount]
        }
        return CoefficientTrack(
            values, width: Coefficients.expressionCount + Coefficients.poseCount)
    }

    /// A video's head, as it moves from where it begins; from its end it begins anew.
    private static func add(_ motion: ReferenceMotion, to poses: inout [Double]) {
        let count = Coefficients.poseCount
        for index in poses.indices {
            let column = Coefficients.pose.lowerBound + index % count
            poses[index] += motion[motion.looped(index / count), column] - motion[0, column]
        }
    }

    /// 64 values a frame.
    /// - like: a video whose face takes the place of the portrait's own and of its blinks; from
    ///   its end it begins anew.
    func expressions(
        _ mel: SpeechMel, portrait: [Double], blink: [Float], like motion: ReferenceMotion? = nil,
        work: WorkContext
    ) throws(EngineError) -> [Float] {
        let own = portrait.prefix(Coefficients.expressionCount).map { Float($0) }
        func reference(_ frame: Int) -> [Float] {
            guard let motion else { return own }
            return own.indices.map { Float(motion[motion.looped(frame), $0]) }
        }
        let blink = motion == nil ? blink : [Float](repeating: 0, count: mel.frames)
        var made: [Float] = []
        made.reserveCapacity(mel.frames * Coefficients.expressionCount)
        for first in stride(from: 0, to: mel.frames, by: Self.expressionsPerRun) {
            let frames = first..<min(first + Self.expressionsPerRun, mel.frames)
            let windows = frames.flatMap { mel.window(around: $0) }
            made += try expressions.run(
                [
                    Tensor(
                        windows,
                        shape: [frames.count, 1, SpeechMel.bands, SpeechMel.windowRows]),
                    Tensor(
                        frames.flatMap(reference),
                        shape: [frames.count, Coefficients.expressionCount]),
                    Tensor(Array(blink[frames]), shape: [frames.count, 1]),
                ], until: work)[0]
        }
        return made
    }

    /// Six values a frame: the portrait's own and the motion, made smooth.
    func poses(
        _ mel: SpeechMel, portrait: [Double], style: Int, noise: inout MotionNoise,
        work: WorkContext
    ) throws(EngineError) -> [Double] {
        let rest = Array(portrait[Coefficients.pose])
        let reference = Tensor(rest.map { Float($0) }, shape: [1, Coefficients.poseCount])
        var poses = rest
        for stretch in HeadStretch.covering(frames: mel.frames) {
            // A shorter video repeats its second frame in front; the first is never heard.
            let windows = (stretch.first..<stretch.first + HeadStretch.frames).flatMap {
                mel.window(around: min(max($0, 1), mel.frames - 1))
            }
            let motion = try head.run(
                [
                    Tensor(
                        windows,
                        shape: [
                            1, HeadStretch.frames, 1, SpeechMel.bands, SpeechMel.windowRows,
                        ]),
                    Tensor(
                        noise.normals(HeadStretch.noiseCount), shape: [1, HeadStretch.noiseCount]),
                    Tensor([Int64(style)], shape: [1]), reference,
                ], until: work)[0]
            let kept = motion.dropFirst(stretch.dropped * Coefficients.poseCount)
            for (index, value) in kept.enumerated() {
                poses.append(rest[index % Coefficients.poseCount] + Double(value))
            }
        }
        return SavitzkyGolay.smoothed(poses, width: Coefficients.poseCount)
    }
}
