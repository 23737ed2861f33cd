import EngineAPI
import Testing

@testable import TalkingHead

/// The person cut out of its background.
@Suite struct PersonSegmenterModelTests {
    private struct Cutting {
        let image: Image
        let matte: FloatImage
    }

    private func cut() async throws -> Cutting {
        let portrait = try await Astronaut.image()
        let mesh = try Models.finder().find(in: portrait, at: nil, work: .ample).mesh
        let model = PersonSegmenter(try Models.session("person_matte.onnx"))
        let matte = try model.matte(of: portrait, face: mesh.points.prefix(468).map(\.plane))
        return Cutting(image: portrait, matte: matte)
    }

    @Test("face and suit are the person, flag and rocket are not")
    func tellsPerson() async throws {
        let matte = try await cut().matte
        func at(_ x: Int, _ y: Int) -> Float { matte.values[y * matte.width + x] }
        #expect(at(220, 120) == 1 && at(200, 400) == 1 && at(230, 45) == 1)
        #expect(at(20, 60) == 0 && at(420, 100) == 0 && at(330, 20) == 0)
    }

    @Test("a colour takes the background's place and leaves the person as it is, to the bit")
    func paints() async throws {
        let cutting = try await cut()
        let (before, width) = (cutting.image, cutting.image.width)
        let green = AnimationOptions.Colour(red: 10, green: 200, blue: 30)
        let after = before.before(green, matte: cutting.matte)
        for index in cutting.matte.values.indices {
            let pixel = Array(after.rgb[3 * index..<3 * index + 3])
            let own = Array(before.rgb[3 * index..<3 * index + 3])
            let alpha = cutting.matte.values[index]
            if alpha == 1 { #expect(pixel == own, "\(index % width), \(index / width)") }
            if alpha == 0 { #expect(pixel == [10, 200, 30]) }
        }
        #expect(cutting.matte.values.count { $0 == 0 } > width * width / 4)
    }

    @Test("what is no person has no silhouette")
    func refusesNobody() throws {
        let model = PersonSegmenter(try Models.session("person_matte.onnx"))
        let grey = Image(
            width: 300, height: 200, rgb: [UInt8](repeating: 120, count: 180_000))
        #expect(throws: EngineError.noSilhouette) {
            try model.matte(of: grey, face: [Point2(150, 100), Point2(-5, 900)])
        }
        #expect(throws: EngineError.noSilhouette) { try model.matte(of: grey, face: []) }
    }

    @Test("a box's mean is that of the pixels inside, at the border too")
    func boxes() {
        let plane = FloatImage([1, 2, 3, 4, 5, 6], width: 3, height: 2).boxed(1)
        #expect(plane.values == [3, 3.5, 4, 3, 3.5, 4])
        let wide = FloatImage([1, 2, 3, 4, 5, 6], width: 3, height: 2).boxed(9)
        #expect(wide.values.allSatisfy { abs($0 - 3.5) < 1e-6 })
    }

    @Test("islands go, what hangs together with the seed stays with its fringe")
    func keepsConnected() {
        var plane = FloatImage([1, 0.4, 0, 0, 1, 0.9], width: 6, height: 1)
        plane.keep(connectedTo: [0], fringe: 1)
        #expect(plane.values == [1, 0.4, 0, 0, 0, 0])
    }

    @Test("an edge goes to where the guide has it")
    func guides() {
        let guide = FloatImage((0..<400).map { $0 % 20 < 8 ? 0 : 1 }, width: 20, height: 20)
        let soft = FloatImage(
            (0..<400).map { min(max((Float($0 % 20) - 4) / 8, 0), 1) }, width: 20, height: 20)
        let fine = soft.guided(by: guide, radius: 6)
        #expect(fine.values[10 * 20 + 8] - fine.values[10 * 20 + 7] > 0.5)
    }
}
