import EngineAPI
import Glibc
import Media
import Testing

@testable import TalkingHead

/// Faces found again on every frame of videos of portraits and sounds that the environment names:
/// scripts/face/landmarks. The frames are those that go to the encoder.
@Suite(.serialized, .enabled(if: !Named.portraits.isEmpty && !Named.sounds.isEmpty))
struct LandmarkModelTests {
    @Test("lips follow the jaw, meet at closures, and the face stays who it is")
    func facesFollow() async throws {
        let (finder, codec) = (try Models.finder(), FFmpegCodec(threads: 1))
        let reader = OfflineVisemeModel(try Models.session("visemes_whole.onnx"))
        var (closures, closed) = (0, 0)
        print("portrait / sound: r, lag in frames, closures, spread of ratios, untouched, ringed")
        for portrait in Named.portraits {
            let image = try await codec.decodeImage(
                Named.bytes(portrait), sideMax: 4096, work: .ample)
            for audio in Named.sounds {
                let voice = try await codec.decodeAudio(
                    Named.bytes(audio), sampleRateHz: 16_000, secondsMax: 60, work: .ample)
                let video = try RemeasuredVideo(image, voice, reader: reader, finder: finder)
                print("\(Named.stem(portrait)) / \(Named.stem(audio)): \(video)")
                #expect(video.lost == 0)
                #expect(abs(video.lag) <= 1)
                #expect(video.r >= 0.88)
                #expect(video.spread <= 0.03)
                closures += video.closures
                closed += video.closed
            }
        }
        print("closures in all: \(closed) of \(closures)")
        #expect(Double(closed) >= 0.9 * Double(closures))
    }
}

/// Paths in AVATAR_PORTRAITS and AVATAR_SOUNDS, one a line.
private enum Named {
    static let portraits = paths("AVATAR_PORTRAITS")
    static let sounds = paths("AVATAR_SOUNDS")

    private static func paths(_ variable: String) -> [String] {
        getenv(variable).map { String(cString: $0).split(separator: "\n").map(String.init) } ?? []
    }

    static func stem(_ path: String) -> Substring {
        path.split(separator: "/").last?.split(separator: ".").first ?? ""
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw EngineError.modelMissing(path: path) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 32 << 20)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        return Array(bytes.prefix(count))
    }
}

/// What landmarks say of one video. Lengths are in distances of the eyes' outer corners.
private struct RemeasuredVideo: CustomStringConvertible {
    /// Frames without a face.
    private(set) var lost = 0
    /// Gap between the lips against the jaw, from the first word to the last.
    private(set) var r: Float = 0
    /// Frames by which the lips are best said to follow the jaw.
    private(set) var lag = 0
    /// Runs of p, b or m, and those with a frame whose lips meet.
    private(set) var closures = 0
    private(set) var closed = 0
    /// The larger deviation of nose and of face width from their means, as parts of these.
    private(set) var spread: Float = 0
    /// Shares of the image's pixels: the same in all frames; outside of all that may move.
    private(set) var (untouched, outside): (Float, Float) = (0, 0)

    /// Lips whose inner edges are so near meet: 2.7 mm on a mean face.
    private static let meeting: Float = 0.03

    private var (gaps, noses, widths): ([Float], [Float], [Float]) = ([], [], [])

    var description: String {
        func digits(_ value: Float, _ places: Int) -> String {
            let power = powf(10, Float(places))
            return "\((value * power).rounded() / power)"
        }
        return "\(digits(r, 3)), \(lag), \(closed) of \(closures), \(digits(spread, 3)), "
            + "\(digits(untouched, 2)), \(digits(1 - outside, 2))"
    }

    init(
        _ portrait: Image, _ voice: AudioClip, reader: any VisemePredictor, finder: FaceFinder
    ) throws {
        var options = AnimationOptions()
        (options.framing, options.seed) = (.crop, 5)
        let found = try finder.find(in: portrait, at: nil, work: .ample)
        let framed = Framing.frame(portrait, found.mesh, options)
        let expressions = try TalkingHeadTests.expressions(voice, reader, options)
        let renderer = FrameRenderer(portrait: framed.image, landmarks: framed.points)
        try look(at: expressions, renderer, finder)
        let speaking = expressions.indices.filter { expressions[$0].ease >= 0.9 }
        let jaws = expressions.map(\.mouth.jaw)
        func likeness(_ lag: Int) -> Float {
            let kept = speaking.filter { gaps.indices.contains($0 + lag) }
            return correlation(kept.map { gaps[$0 + lag] }, kept.map { jaws[$0] })
        }
        r = likeness(0)
        lag = (-3...3).max { likeness($0) < likeness($1) } ?? 0
        countClosures(try reader.shapes(voice.samples, work: .ample))
        spread = max(Self.deviation(noses), Self.deviation(widths))
    }

    private mutating func look(
        at expressions: [Expression], _ renderer: FrameRenderer, _ finder: FaceFinder
    ) throws {
        let buffer = VideoFrame(width: renderer.width, height: renderer.height)
        renderer.draw(.rest, into: buffer)
        let rest = buffer.rgb
        var isSame = [Bool](repeating: true, count: renderer.width * renderer.height)
        for expression in expressions {
            renderer.draw(expression, into: buffer)
            let frame = buffer.rgb
            for pixel in isSame.indices
            where frame[3 * pixel..<3 * pixel + 3] != rest[3 * pixel..<3 * pixel + 3] {
                isSame[pixel] = false
            }
            let image = Image(width: renderer.width, height: renderer.height, rgb: frame)
            // A video's frames take longer than an image may.
            let work = WorkContext(within: .seconds(60))
            guard let points = try? finder.find(in: image, at: nil, work: work).mesh.points else {
                lost += 1
                gaps.append(0)
                continue
            }
            func length(_ a: Int, _ b: Int) -> Float { (points[a] - points[b]).plane.length }
            let eyes = length(Landmark.eyeCorners.left, Landmark.eyeCorners.right)
            gaps.append(length(Landmark.innerLips.upper, Landmark.innerLips.lower) / eyes)
            noses.append(length(168, 1) / eyes)
            widths.append(length(Landmark.ears.left, Landmark.ears.right) / eyes)
        }
        untouched = Float(isSame.count { $0 }) / Float(isSame.count)
        let (low, high) = (renderer.mesh.bounds.low, renderer.mesh.bounds.high)
        let inside = isSame.indices.count { pixel in
            let at = Point2(Float(pixel % renderer.width), Float(pixel / renderer.width))
            return at.x >= low.x && at.y >= low.y && at.x <= high.x && at.y <= high.y
        }
        outside = 1 - Float(inside) / Float(isSame.count)
    }

    /// Runs of frames in which the reader is surest of p, b or m.
    private mutating func countClosures(_ rows: [SIMD16<Float>]) {
        let isPressed = rows.map { row in
            row[Int(Viseme.PP.rawValue)] == row.max()
        }
        var start = 0
        while let first = isPressed[start...].firstIndex(of: true) {
            let end = isPressed[first...].firstIndex(of: false) ?? isPressed.count
            // Rows are 10 ms, frames 40; the mouth is 30 ms ahead.
            let frames = max((first - 3) / 4 - 1, 0)...min((end - 3) / 4 + 1, gaps.count - 1)
            closures += 1
            closed += (gaps[frames].min() ?? 1) <= Self.meeting ? 1 : 0
            start = end
        }
    }

    private static func deviation(_ values: [Float]) -> Float {
        let mean = values.reduce(0, +) / Float(max(values.count, 1))
        let sum = values.reduce(Float(0)) { $0 + ($1 - mean) * ($1 - mean) }
        return (sum / Float(max(values.count, 1))).squareRoot() / max(mean, 1e-6)
    }
}
