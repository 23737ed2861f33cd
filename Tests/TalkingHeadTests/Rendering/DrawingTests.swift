import EngineAPI
import Testing

@testable import TalkingHead

@Suite struct DrawingTests {
    @Test("triangles that share edges paint every pixel between them exactly once")
    func coversOnce() {
        // A fan around a point that is no pixel, its rim between pixels.
        let centre = Point2(15.3, 16.8)
        let rim = (0..<9).map { index -> Point2 in
            let turn = Matrix3.turn(yaw: 0, pitch: 0, roll: Float(index) * 2 * .pi / 9)
            return centre + (turn * Point3(11.7, 0, 0)).plane
        }
        let grey = Image(width: 4, height: 4, rgb: [UInt8](repeating: 9, count: 48))
        var counts = [Int](repeating: 0, count: 32 * 32)
        for index in rim.indices {
            var pixels = [UInt8](repeating: 0, count: 32 * 32 * 3)
            pixels.withUnsafeMutableBufferPointer { buffer in
                let canvas = Canvas(pixels: buffer.baseAddress!, width: 32, height: 32)
                SourceImage(grey).withSampler { sampler in
                    canvas.draw(
                        (centre, rim[index], rim[(index + 1) % rim.count]),
                        from: (Point2(0, 0), Point2(1, 0), Point2(0, 1)), sampler)
                }
            }
            for pixel in counts.indices where pixels[3 * pixel] == 9 { counts[pixel] += 1 }
        }
        #expect(counts.max() == 1)
        let inside = (0..<32 * 32).filter {
            (Point2(Float($0 % 32), Float($0 / 32)) - centre).length < 10.9
        }
        #expect(inside.allSatisfy { counts[$0] == 1 })
    }

    @Test("a face at rest gives back the portrait bit by bit")
    func identityIsExact() {
        #expect(Nobody.frame(.rest) == Nobody.image.rgb)
    }

    @Test("without a matte it is told that the head moves less")
    func tellsMissingMatte() {
        #expect(Nobody.renderer().notes.contains(.personNotFound))
        let all = FloatImage(width: Nobody.width, height: Nobody.height, repeating: 1)
        let divided = FrameRenderer(
            portrait: Nobody.image, landmarks: Nobody.landmarks(),
            person: PersonCutout(
                Nobody.image, matte: all, landmarks: Nobody.landmarks().map(\.plane)))
        #expect(!divided.notes.contains(.personNotFound))
        #expect(Nobody.renderer().limits.share < divided.limits.share)
    }

    @Test("far from the head a moving face leaves every bit as it was")
    func backgroundStays() {
        var expression = Expression(mouth: MouthShape(Viseme.aa.mouth), blink: 0.7, brow: 0.5)
        expression.head = HeadTurn(yaw: 0.06, pitch: 0.04, roll: 0.04, right: 0.1, down: 0.1)
        let frame = Nobody.frame(expression)
        let mesh = Nobody.renderer().mesh
        let nodes = mesh.place(expression).nodes
        let moved = nodes.indices.filter { (nodes[$0] - mesh.grid.rest[$0]).length > 0.01 }
        let places = moved.flatMap { [nodes[$0], mesh.grid.rest[$0]] }
        let cell = (mesh.grid.rest[1] - mesh.grid.rest[0]).length
        let low = places.reduce(Point2(repeating: .infinity), pointwiseMin) - cell
        let high = places.reduce(Point2(repeating: -.infinity), pointwiseMax) + cell
        var (outside, changedOutside, changedInside) = (0, 0, 0)
        for y in 0..<Nobody.height {
            for x in 0..<Nobody.width {
                let at = (y * Nobody.width + x) * 3
                let isSame = frame[at..<at + 3] == Nobody.image.rgb[at..<at + 3]
                let isInside =
                    Float(x) >= low.x && Float(x) <= high.x && Float(y) >= low.y
                    && Float(y) <= high.y
                if isInside {
                    changedInside += isSame ? 0 : 1
                } else {
                    outside += 1
                    changedOutside += isSame ? 0 : 1
                }
            }
        }
        #expect(changedOutside == 0)
        #expect(outside > 2_000)
        #expect(changedInside > 10_000)
    }

    @Test("a frame drawn over another one is the frame drawn afresh")
    func buffersAreReusable() {
        let renderer = Nobody.renderer()
        let buffer = VideoFrame(width: Nobody.width, height: Nobody.height)
        var wild = Expression(mouth: MouthShape(Viseme.oh.mouth), blink: 1)
        wild.head = HeadTurn(yaw: -0.06, pitch: 0, roll: 0.05, right: 0, down: 0)
        renderer.draw(wild, into: buffer)
        renderer.draw(Expression(mouth: MouthShape(Viseme.ih.mouth)), into: buffer)
        #expect(buffer.rgb == Nobody.frame(Expression(mouth: MouthShape(Viseme.ih.mouth))))
    }

    @Test("a polygon's coverage sums to its area, also after a blur")
    func coverageIsArea() {
        let square = [Point2(4.25, 5.5), Point2(10.75, 5.5), Point2(10.75, 9.5), Point2(4.25, 9.5)]
        var mask = AlphaMask(around: square, margin: 8, width: 64, height: 64)
        mask.fill(square)
        #expect(abs(mask.values.reduce(0, +) - 26) < 0.01)
        mask.blur(1.1)
        #expect(abs(mask.values.reduce(0, +) - 26) < 0.05)
    }

    @Test("whole coordinates read pixels as they are, halves the mean of neighbours")
    func samplesExactly() {
        let image = Image(
            width: 2, height: 2, rgb: [0, 10, 20, 100, 110, 120, 50, 60, 70, 9, 8, 7])
        SourceImage(image).withSampler { sampler in
            #expect(sampler.colour(Point2(0, 0)) == Point3(0, 10, 20))
            #expect(sampler.colour(Point2(1, 1)) == Point3(9, 8, 7))
            #expect(sampler.colour(Point2(0.5, 0)) == Point3(50, 60, 70))
            #expect(sampler.colour(Point2(-3, 7)) == Point3(50, 60, 70))
        }
    }

    @Test("an image resized to its own size is itself, and grey stays grey at any size")
    func resizes() {
        let whole = CropRect(
            left: 0, top: 0, width: Float(Nobody.width), height: Float(Nobody.height))
        let same = Nobody.image.resized(whole, width: Nobody.width, height: Nobody.height)
        #expect(same == Nobody.image)
        let grey = Image(width: 30, height: 20, rgb: [UInt8](repeating: 77, count: 1800))
        for side in [7, 30, 64] {
            let cut = CropRect(left: -2, top: 1, width: 25, height: 25)
            let made = grey.resized(cut, width: side, height: side)
            #expect(made.rgb.allSatisfy { $0 == 77 })
        }
    }
}
