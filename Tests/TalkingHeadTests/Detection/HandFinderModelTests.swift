import EngineAPI
import Glibc
import Inference
import Testing

@testable import TalkingHead

/// With the converted models; they fail where those are missing.
@Suite(.serialized) struct HandFinderModelTests {
    private static func finder() throws -> HandFinder {
        HandFinder(detector: PalmDetector(try Models.session("palm_detection.onnx"))) {
            () throws(EngineError) in
            let path = try modelFolder.file(HandLandmarker.file)
            return HandLandmarker(try OnnxSession(Models.runtime.get(), modelPath: path))
        }
    }

    /// The astronaut with a hand over the mouth, and where it is.
    private static func covered(
        angle: Float, size: Float = 1.6
    ) async throws -> (image: Image, face: [Point2]) {
        let image = try await Astronaut.image()
        let found = try Models.finder().find(in: image, at: nil, work: .ample)
        let points = found.mesh.points.map(\.plane)
        let eyes = Landmark.eyeCorners
        let apart = (points[eyes.left] - points[eyes.right]).length
        let mouth = (points[Landmark.innerLips.upper] + points[Landmark.innerLips.lower]) * 0.5
        let hand = DrawnHand(
            centre: mouth + Point2(0, 0.1 * apart), size: size * apart, angle: angle,
            skin: image.nearest(points[205]))
        return (hand.drawn(over: image), points)
    }

    @Test(
        "a hand over the mouth is found, from whichever side it comes",
        arguments: [Float(1.2), -1.2, 1.57])
    func findsHand(angle: Float) async throws {
        let (image, face) = try await Self.covered(angle: angle)
        let hands = try Self.finder().hands(in: image, by: face)
        let hand = try #require(hands.first)
        #expect(hand.count == HandLandmarker.joints)
        let lips = (Landmark.upperLip[3] + Landmark.lowerLip[3]).map { face[$0] }
        #expect(FrontLayer.share(of: lips, under: hands) > 0.6)
        #expect(MouthCover(image, face, hands: hands) == .hand)
    }

    @Test("a bare face has no hand, and nothing covers its mouth")
    func findsNone() async throws {
        let image = try await Astronaut.image()
        let found = try Models.finder().find(in: image, at: nil, work: .ample)
        let points = found.mesh.points.map(\.plane)
        let hands = try Self.finder().hands(in: image, by: points)
        #expect(hands.isEmpty && MouthCover(image, points, hands: hands) == nil)
    }

    @Test("whoever asks for a video of a covered mouth is told, and the mouth stays as it is")
    func engineTells() async throws {
        let (image, _) = try await Self.covered(angle: 1.2)
        let engine = MeshEngine(
            models: modelFolder, runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter, workers: 1)
        defer { engine.thread.join() }
        var options = AnimationOptions()
        (options.framing, options.isStill, options.blinks) = (.crop, true, false)
        let work = WorkContext.ample
        let session = try await engine.open(image, options, work: work)
        #expect(work.notes.all.contains(.mouthUnderHand))
        try await session.add(VoicePiece(clip: babble(seconds: 1), visemes: nil))
        try await session.finish()
        var first: [UInt8] = []
        var used: VideoFrame?
        while let frame = try await session.next(reusing: used) {
            used = frame
            if first.isEmpty { first = frame.rgb }
            let mouth = zip(first, frame.rgb).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
            #expect(mouth <= 24)
        }
        #expect(!first.isEmpty)
        _ = await session.close()
    }
}
