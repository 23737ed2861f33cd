import EngineAPI
import Inference
import Testing

@testable import TalkingHead

/// Each stage of a video against the reference, on small networks. A network's outputs may differ
/// by 1e-4 of the largest, as kernels differ among processors; all else by 1e-6.
@Suite struct SadTalkerStageSystemTests {
    private static let ofNetworks = 1e-4
    private static let ofArithmetic = 1e-6
    private static let framings: [AnimationOptions.Framing] = [.crop, .full]

    private typealias Reference = SadTalkerReference

    @Test("random words, normal numbers and blinks are the reference's")
    func noise() throws {
        let film = try Reference.film(.crop)
        var words = SeededGenerator(seed: film.input.seed)
        #expect(film.noise.words == (0..<4).map { _ in String(words.next()) })
        var normals = MotionNoise(seed: film.input.seed)
        for (own, other) in zip(normals.normals(6), film.noise.normals) {
            #expect(abs(own - other) < 1e-6)
        }
        var blinks = MotionNoise(seed: film.input.seed)
        #expect(blinks.blinks(frames: film.blink.count) == film.blink)
    }

    @Test("the mel spectrogram and the stretches of the head's motion are the reference's")
    func hearing() throws {
        let film = try Reference.film(.crop)
        let mel = try SpeechMel(Reference.hum(film.input.samples), work: .ample)
        film.mel.expect(
            (0..<mel.frames).flatMap { mel.window(around: $0) }, within: Self.ofArithmetic)
        #expect(
            HeadStretch.covering(frames: mel.frames).map { [$0.first, $0.dropped] }
                == film.stretches)
    }

    @Test("the alignment and the cut of a face are the reference's")
    func geometry() throws {
        let film = try Reference.film(.crop)
        let five: [SIMD2<Double>] = [
            SIMD2(100.5, 120), SIMD2(160.25, 118), SIMD2(131, 150.5), SIMD2(106, 182),
            SIMD2(158, 181),
        ]
        let fit = try FaceAlignment.fit(five, height: 256)
        for (own, other) in zip([fit.scale, fit.x, fit.y], film.fit) {
            #expect(abs(own - other) <= Self.ofArithmetic * abs(other))
        }
        let rect = FaceSquare.rect(
            [SIMD2(210, 190), SIMD2(290, 186), SIMD2(222, 280), SIMD2(284, 279)], width: 512,
            height: 640)
        #expect([rect.left, rect.top, rect.right, rect.bottom] == film.square)
    }

    @Test("a rectangle is pasted as the reference pastes it")
    func pasting() throws {
        let film = try Reference.film(.crop)
        let (width, height) = (40, 48)
        let colours = Reference.ramp(width * height * 3).map { $0 * 255 }
        let padded = (0..<width * height).flatMap { colours[3 * $0..<3 * $0 + 3] + [0] }
        let image = FloatImage(padded, width: width, height: height, channels: 4)
        var canvas = Reference.rampImage(width: 90, height: 80, scale: 200).rgb
        SeamlessClone(PixelRect(left: 20, top: 15, right: 60, bottom: 63))
            .paste(image, into: &canvas, width: 90)
        film.pasted.expect(canvas.map(Double.init), within: Self.ofArithmetic)
    }

    @Test("coefficients, key points and frames are the reference's", arguments: framings)
    func drawing(_ framing: AnimationOptions.Framing) throws {
        let film = try Reference.film(framing)
        let portrait = try portrait(film)
        film.source.expect(portrait.coefficients, within: Self.ofNetworks)
        film.canonical.expect(portrait.canonical.values, within: Self.ofNetworks)
        let track = try track(film, portrait)
        let windows = windows(
            track, portrait, framing, scale: film.input.expression_scale, isStill: false)
        film.windows.expect(windows, within: Self.ofNetworks)
        film.windows_still.expect(
            self.windows(track, portrait, framing, scale: 1, isStill: true),
            within: Self.ofNetworks)
        let times = stride(from: 0, to: Double(track.frames - 1), by: 25.0 / 30)
        film.windows_30fps.expect(
            times.flatMap { SemanticWindow.around($0, in: track) }, within: Self.ofNetworks)
        let renderer = try NeuralRenderer(
            mapping: Reference.open(.mapping(framing)),
            renderer: Reference.open(.renderer(side: Reference.side, isQuantised: false)),
            framing: framing, portrait: portrait, work: .ample)
        let poses = try renderer.poses(windows, frames: track.frames, work: .ample)
        for (facts, angle) in zip(film.degrees, [\FacePose.yaw, \.pitch, \.roll]) {
            facts.expect(poses.map { $0[keyPath: angle] }, within: Self.ofNetworks)
        }
        film.points.expect(
            poses.flatMap { portrait.canonical.placed($0).values }, within: Self.ofNetworks)
        var frames: [[Float]] = []
        for pose in poses { frames.append(try renderer.draw(pose, work: .ample)) }
        film.frames.expect(frames.flatMap(\.self), within: Self.ofNetworks)
        film.last_frame.expect(frames[frames.count - 1], within: Self.ofNetworks)
    }

    /// The reference's portrait is no face: its images are waves, and its placement is given.
    private func portrait(_ film: Reference.Film) throws -> PreparedPortrait {
        let placement = film.input.placement
        let side = Reference.side
        return try PreparedPortrait(
            aligned: Reference.ramp(3 * FaceAlignment.side * FaceAlignment.side),
            FaceAlignment.Fit(scale: placement[0], x: placement[1], y: placement[2]),
            planes: Reference.ramp(3 * side * side), side: side, work: .ample,
            open: Reference.open)
    }

    private func track(
        _ film: Reference.Film, _ portrait: PreparedPortrait
    ) throws -> CoefficientTrack {
        let predictor = MotionPredictor(
            expressions: try Reference.open(.expressions), head: try Reference.open(.headMotion))
        let mel = try SpeechMel(Reference.hum(film.input.samples), work: .ample)
        var options = AnimationOptions()
        (options.poseStyle, options.seed) = (film.input.style, film.input.seed)
        let track = try predictor.track(
            mel, portrait: portrait.coefficients, options, work: .ample)
        let frames = 0..<track.frames
        film.expressions.expect(
            frames.flatMap { frame in (0..<64).map { track[frame, $0] } }, within: Self.ofNetworks)
        film.head.expect(
            frames.flatMap { frame in (64..<70).map { track[frame, $0] } },
            within: Self.ofNetworks)
        return track
    }

    private func windows(
        _ track: CoefficientTrack, _ portrait: PreparedPortrait,
        _ framing: AnimationOptions.Framing, scale: Double, isStill: Bool
    ) -> [Float] {
        let adjusted = track.adjusted(
            to: portrait.coefficients, framing, scale: scale, isStill: isStill)
        return (0..<track.frames).flatMap { SemanticWindow.around(Double($0), in: adjusted) }
    }
}
