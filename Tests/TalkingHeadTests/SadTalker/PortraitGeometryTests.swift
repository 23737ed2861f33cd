import EngineAPI
import Testing

@testable import TalkingHead

/// Where a face is cut out, how it is laid before the reconstruction, and where its frames go.
@Suite struct PortraitGeometryTests {
    private func options(_ framing: AnimationOptions.Framing, _ side: Int) -> AnimationOptions {
        var options = AnimationOptions()
        (options.framing, options.sidePixels) = (framing, side)
        return options
    }

    @Test("whatever the face, its cut is in the portrait and its place in the video")
    func bounds() {
        var generator = SeededGenerator(seed: 11)
        for round in 0..<600 {
            let width = Int(bounded: generator.uniform(16, 512))
            let height = Int(bounded: generator.uniform(16, 512))
            let portrait = Image(
                width: width, height: height, rgb: [UInt8](repeating: 0, count: width * height * 3))
            let whole = PixelRect(left: 0, top: 0, right: width, bottom: height)
            let pose = Similarity(
                scale: generator.uniform(0.2, 40),
                rotation: Matrix3.turn(
                    yaw: generator.uniform(-1, 1), pitch: 0, roll: generator.uniform(-3.1, 3.1)),
                shift: Point3(
                    generator.uniform(0, Float(width)), generator.uniform(0, Float(height)), 0))
            let points = MeanFace.points.map { pose.apply($0).plane }
            let framing = AnimationOptions.Framing.allCases[round % 3]
            let side = [16, 256, 1024][round / 3 % 3]
            let made = PortraitGeometry(portrait, points, options(framing, side))
            #expect(isInside(made.cut, whole) && made.cut.width > 0 && made.cut.height > 0)
            let video = PixelRect(left: 0, top: 0, right: made.width, bottom: made.height)
            #expect(made.width % 2 == 0 && made.height % 2 == 0)
            #expect(max(made.width, made.height) == side)
            #expect(isInside(made.place, video))
            #expect(min(made.place.width, made.place.height) >= SeamlessClone.sideMin)
        }
    }

    private func isInside(_ inner: PixelRect, _ outer: PixelRect) -> Bool {
        inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right
            && inner.bottom <= outer.bottom
    }

    @Test("a face is laid as if the whole image were scaled and cut, with black around it")
    func alignment() {
        let image = Nobody.image
        for (scale, x, y) in [(0.55, 150.0, 190.0), (1.37, 20, 350), (0.2, 160, 180)] {
            let fit = FaceAlignment.Fit(scale: scale, x: x, y: y)
            let planes = FaceAlignment.planes(image, fit)
            let width = Int(bounded: Double(image.width) * scale)
            let height = Int(bounded: Double(image.height) * scale)
            // BicubicResamplingTests holds the sizes' levels against Pillow's own.
            let whole = max(width, height)
            let scaled = BicubicResampling.window(
                of: image, width: width, height: height, left: 0, top: 0, side: whole)
            let left = Int(bounded: Double(width) / 2 - 112 + (x - 160) * scale)
            let top = Int(bounded: Double(height) / 2 - 112 + (180 - y) * scale)
            var worst: Float = 0
            for row in 0..<FaceAlignment.side {
                for column in 0..<FaceAlignment.side {
                    let (at, down) = (left + column, top + row)
                    let isIn = (0..<width).contains(at) && (0..<height).contains(down)
                    let wanted = isIn ? Float(scaled.rgb[3 * (down * whole + at)]) / 255 : 0
                    worst = max(worst, abs(planes[row * FaceAlignment.side + column] - wanted))
                }
            }
            #expect(worst == 0, "\(worst) at \(scale)")
        }
    }

    @Test("points that are one have no scale")
    func noScale() {
        let point = SIMD2<Double>(10, 10)
        #expect(throws: EngineError.noFace(.tooSmall)) {
            _ = try FaceAlignment.fit([point, point, point, point, point], height: 20)
        }
    }
}
