import EngineAPI
import Glibc
import Media

@testable import TalkingHead

extension WorkContext {
    /// Longer than any test takes.
    static var ample: WorkContext { WorkContext(within: .seconds(120)) }
}

/// A face of nobody: the mean face looking out of an image, a little turned and asymmetric.
enum Nobody {
    static let width = 320
    static let height = 360

    /// Landmarks in pixels, 7 pixels a centimetre; lips closed as far as the mean face's are.
    static func landmarks(yaw: Float = 0, roll: Float = 0) -> [Point3] {
        let turn = Matrix3.turn(yaw: yaw, pitch: 0, roll: roll)
        let pose = Similarity(scale: 7, rotation: turn, shift: Point3(158.3, 151.7, 0))
        return MeanFace.points.map(pose.apply)
    }

    /// Noise in the colours of skin: no two neighbours are alike, so every shift shows.
    static let image: Image = {
        var generator = SeededGenerator(seed: 7)
        let rgb = (0..<width * height).flatMap { _ -> [UInt8] in
            let light = generator.uniform(90, 230)
            return [
                UInt8(bounded: light), UInt8(bounded: light * 0.8), UInt8(bounded: light * 0.7),
            ]
        }
        return Image(width: width, height: height, rgb: rgb)
    }()

    static let rig = Rig(landmarks: landmarks())

    static func renderer() -> FrameRenderer {
        FrameRenderer(portrait: image, landmarks: landmarks())
    }

    static func frame(_ expression: Expression) -> [UInt8] {
        let frame = VideoFrame(width: width, height: height)
        renderer().draw(expression, into: frame)
        return frame.rgb
    }
}

extension FrameRenderer {
    /// With a texture of its own.
    func draw(_ expression: Expression, into frame: VideoFrame) {
        var own = texture()
        draw(expression, into: frame, with: &own)
    }
}

/// A voice of nobody: a sawtooth that comes and goes, one syllable every quarter of a second.
func babble(seconds: Double, rateHz: Int = 16_000) -> AudioClip {
    var samples = [Float](repeating: 0, count: Int(bounded: seconds * Double(rateHz)))
    for index in samples.indices {
        let time = Float(index) / Float(rateHz)
        let cycle = 120 * time
        samples[index] = 0.3 * max(0, sinf(2 * .pi * 4 * time)) * (cycle - cycle.rounded())
    }
    return AudioClip(samples: samples, sampleRateHz: rateHz)
}

/// What a face does in each frame of a clip at 16 000 Hz that the reader hears, or that has timed
/// shapes.
func expressions(
    _ clip: AudioClip, _ reader: any VisemePredictor, visemes: [TimedViseme]? = nil,
    _ options: AnimationOptions
) throws -> [Expression] {
    var analyzer = try VoiceAnalyzer(
        sampleRateHz: clip.sampleRateHz, reader: visemes == nil ? reader.listener() : nil,
        rateConverter: rateConverter)
    var animation = FaceAnimation(options)
    let part = try analyzer.add(VoicePiece(clip: clip, visemes: visemes), work: .ample)
    let rest = try analyzer.finish(work: .ample)
    return animation.add(part.rows, part.loudness, seconds: analyzer.seconds)
        + animation.add(rest.rows, rest.loudness, seconds: analyzer.seconds)
        + animation.finish(seconds: analyzer.seconds)
}

/// The same of shapes and levels, 100 a second.
func expressions(
    _ rows: [SIMD16<Float>], _ loudness: [Float], _ options: AnimationOptions
) -> [Expression] {
    var animation = FaceAnimation(options)
    return animation.finish(rows, loudness, seconds: Double(rows.count) / 100)
}

extension FaceAnimation {
    mutating func finish(
        _ rows: [SIMD16<Float>], _ loudness: [Float], seconds: Double
    ) -> [Expression] {
        add(rows, loudness, seconds: seconds) + finish(seconds: seconds)
    }
}

/// The rows of timed shapes that come at once.
func rows(_ visemes: [TimedViseme], frames: Int) -> [SIMD16<Float>] {
    var track = VisemeTrack()
    track.add(visemes)
    return track.rows(of: frames, isLast: true)
}

/// The loudness of samples that come at once.
func loudness(_ samples: [Float]) -> [Float] {
    var meter = LoudnessMeter()
    return meter.add(samples)
}

private let codec = FFmpegCodec(threads: 1)

/// As the program injects it.
let rateConverter: AudioRateConverterFactory = { (from, to) throws(EngineError) in
    try codec.rateConverter(fromHz: from, toHz: to)
}

/// Samples at another rate, all at once.
func resampled(_ samples: [Float], from: Int, to: Int) throws -> [Float] {
    let converter = try rateConverter(from, to)
    return try converter.convert(samples) + converter.finish()
}

/// Pearson's correlation.
func correlation(_ a: [Float], _ b: [Float]) -> Float {
    let count = Float(min(a.count, b.count))
    let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    var (ab, aa, bb): (Float, Float, Float) = (0, 1e-12, 1e-12)
    for (x, y) in zip(a, b) {
        ab += (x - meanA) * (y - meanB)
        aa += (x - meanA) * (x - meanA)
        bb += (y - meanB) * (y - meanB)
    }
    return ab / (aa * bb).squareRoot()
}
