import EngineAPI
import Testing

@testable import TalkingHead

/// A real smile, found again on frames that are drawn from it.
@Suite struct MouthModelTests {
    /// The mean of the brightest fifth of what is inside the inner lips.
    private func teeth(_ image: Image, _ points: [Point3]) -> Point3 {
        let outline =
            Landmark.upperLip[0] + Landmark.lowerLip[0].dropFirst().dropLast().reversed()
        let lips = outline.map { points[$0].plane }
        let middle = lips.reduce(Point2(), +) / Float(lips.count)
        let inside = lips.map { middle + ($0 - middle) * 0.92 }
        var mask = AlphaMask(around: inside, margin: 1, width: image.width, height: image.height)
        mask.fill(inside)
        var colours: [Point3] = []
        for y in mask.rows {
            for x in mask.columns where mask[x, y] > 0.5 { colours.append(image.pixel(x, y)) }
        }
        let least = quantile(colours.map(\.luminance), 0.8)
        let bright = colours.filter { $0.luminance >= least }
        return bright.reduce(Point3(), +) / Float(max(bright.count, 1))
    }

    @Test("teeth keep the portrait's own colour while it speaks, and vanish when lips meet")
    func teethKeepColour() async throws {
        let finder = try Models.finder()
        let framed = try await Astronaut.framed(by: finder)
        let own = teeth(framed.image, framed.points)
        let renderer = FrameRenderer(portrait: framed.image, landmarks: framed.points)
        let buffer = VideoFrame(width: renderer.width, height: renderer.height)
        var texture = renderer.texture()
        for viseme in [Viseme.aa, .E, .SS, .PP] {
            let expression = Expression(mouth: MouthShape(viseme.mouth), ease: 1)
            renderer.draw(expression, into: buffer, with: &texture)
            let image = Image(width: renderer.width, height: renderer.height, rgb: buffer.rgb)
            let points = try finder.find(in: image, at: nil, work: .ample).mesh.points
            let gap = (points[13] - points[14]).plane.length
            let eyes = (points[33] - points[263]).plane.length
            if viseme == .PP {
                #expect(gap < 0.02 * eyes, "\(gap / eyes)")
            } else {
                let colour = teeth(image, points)
                let light = colour.luminance / own.luminance
                #expect((0.9...1.1).contains(light), "\(viseme): \(light)")
                #expect((colour / light - own).length < 20, "\(viseme): \(colour), \(own)")
            }
        }
    }
}
