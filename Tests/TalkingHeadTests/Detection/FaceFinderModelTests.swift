import EngineAPI
import Testing

@testable import TalkingHead

/// With the converted models; they fail where those are missing.
@Suite(.serialized) struct FaceFinderModelTests {
    private func find(_ image: Image, at point: Point2? = nil) throws -> FaceFinder.Found {
        try Models.finder().find(in: image, at: point, work: .ample)
    }

    private func refusal(_ image: Image) throws -> EngineError? {
        let finder = try Models.finder()
        do throws(EngineError) {
            _ = try finder.find(in: image, at: nil, work: .ample)
            return nil
        } catch { return error }
    }

    private func eyesApart(_ found: FaceFinder.Found) -> Float {
        let eyes = Landmark.eyeCorners
        return (found.mesh.points[eyes.left] - found.mesh.points[eyes.right]).plane.length
    }

    @Test("a portrait's face is found where it is")
    func findsAstronaut() async throws {
        let found = try find(try await Astronaut.image())
        #expect(found.facesSeen == 1)
        #expect(abs(eyesApart(found) - 60.5) < 2)
        let nose = found.mesh.points[4].plane
        #expect((nose - Point2(224, 133)).length < 12)
        #expect(HumanGeometry.strangeness(found.mesh) < 0.06)
    }

    @Test("a face on its side or upside down is found upright", arguments: [90, 180, 270])
    func findsTurned(degrees: Int) async throws {
        let turned = (0..<degrees / 90).reduce(try await Astronaut.image()) { image, _ in
            image.turnedClockwise
        }
        let found = try find(turned)
        #expect(abs(eyesApart(found) - 60.5) < 3)
        #expect(HumanGeometry.strangeness(found.mesh) < 0.06)
    }

    @Test("a face that is tiny in a large image, or fills it, is found")
    func findsAnySize() async throws {
        let astronaut = try await Astronaut.image()
        let far = CropRect(left: -1600, top: -900, width: 2400, height: 1600)
        let tiny = try find(astronaut.onGrey(far, width: 2400, height: 1600))
        #expect(abs(eyesApart(tiny) - 60.5) < 3)
        let near = CropRect(left: 172, top: 72, width: 106, height: 112)
        let huge = try find(astronaut.resized(near, width: 848, height: 896))
        #expect(abs(eyesApart(huge) - 484) < 20)
    }

    @Test("of two faces the larger speaks, or the one that is pointed at")
    func picksOne() async throws {
        let astronaut = try await Astronaut.image()
        let small = astronaut.resized(
            CropRect(left: 0, top: 0, width: 512, height: 512), width: 300, height: 300)
        let pair = astronaut.beside(small)
        let largest = try find(pair)
        #expect(largest.facesSeen == 2)
        #expect(largest.mesh.points[4].x < 512)
        let pointed = try find(pair, at: Point2(512 + 131, 78))
        #expect(pointed.mesh.points[4].x > 512)
    }

    @Test("noise and plain colours have no face")
    func refusesNothing() throws {
        #expect(try refusal(Nobody.image) == .noFace(.nothingFound))
        let grey = Image(width: 64, height: 48, rgb: [UInt8](repeating: 128, count: 64 * 48 * 3))
        #expect(try refusal(grey) == .noFace(.nothingFound))
        let dot = Image(width: 1, height: 1, rgb: [1, 2, 3])
        #expect(try refusal(dot) == .noFace(.nothingFound))
    }

    @Test("a face of a few pixels is too small to speak")
    func refusesTiny() async throws {
        let small = try await Astronaut.image().resized(
            CropRect(left: 124, top: 24, width: 200, height: 200), width: 36, height: 36)
        #expect(try refusal(small) == .noFace(.tooSmall))
    }

    @Test("a stop is heeded before the search ends")
    func heedsCancellation() async throws {
        let astronaut = try await Astronaut.image()
        let work = WorkContext.ample
        work.cancellation.raise()
        let finder = try Models.finder()
        #expect(throws: EngineError.cancelled) {
            try finder.find(in: astronaut, at: nil, work: work)
        }
    }
}
