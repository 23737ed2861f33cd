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
        _ mel: SpeechMel, portrait: [Double], style: Int, seed: UInt64, blinks: Bool,
        work: WorkContext
    ) throws(EngineError) -> CoefficientTrack {
        var noise = MotionNoise(seed: seed)
        let blink =
            blinks ? noise.blinks(frames: mel.frames) : [Float](repeating: 0, count: mel.frames)
        let faces = try expressions(mel, portrait: portrait, blink: blink, work: work)
        let poses = try poses(
            mel, portrait: portrait, style: style, noise: &noise, work: work)
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

    /// 64 values a frame.
    func expressions(
        _ mel: SpeechMel, portrait: [Double], blink: [Float], work: WorkContext
    ) throws(EngineError) -> [Float] {
        let reference = portrait.prefix(Coefficients.expressionCount).map { Float($0) }
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
                        frames.flatMap { _ in reference },
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
