import EngineAPI
import Inference
import Testing

@testable import TalkingHead

/// Lids and irises of a photographed face, where the model finds its eyes.
@Suite(.serialized) struct EyeModelTests {
    private struct Portrait {
        let image: Image
        let points: [Point2]
        let renderer: FrameRenderer

        /// - sidePixels: of the video.
        init(sidePixels: Int) async throws {
            var options = AnimationOptions()
            (options.framing, options.sidePixels) = (.crop, sidePixels)
            let portrait = try await Astronaut.image()
            let found = try Models.finder().find(in: portrait, at: nil, work: .ample)
            let framed = Framing.frame(portrait, found.mesh, options)
            (image, points) = (framed.image, framed.points.map(\.plane))
            renderer = FrameRenderer(portrait: framed.image, landmarks: framed.points)
        }

        func frame(_ expression: Expression) -> Image {
            let frame = VideoFrame(width: image.width, height: image.height)
            renderer.draw(expression, into: frame)
            return Image(width: image.width, height: image.height, rgb: frame.rgb)
        }

        var eyes: [EyeGeometry] {
            [Landmark.leftEye, Landmark.rightEye].compactMap {
                EyeGeometry(
                    $0, points: points, scale: renderer.mesh.rig.pose.scale,
                    imageSize: (image.width, image.height))
            }
        }
    }

    @Test(
        "a shut lid is nearly as light as the skin under the eye, and nothing dark but its lashes",
        arguments: [256, 512])
    func lidsAreSkin(sidePixels: Int) async throws {
        let portrait = try await Portrait(sidePixels: sidePixels)
        let shut = portrait.frame(Expression(blink: 1))
        let eyes = portrait.eyes
        #expect(eyes.count == 2)
        for eye in eyes {
            let light = FloatImage(shut, eye.box).plane(3).values
            let inside = eye.u.indices.filter {
                eye.u[$0] > 0.2 * eye.width && eye.u[$0] < 0.8 * eye.width
            }
            // What the open eye showed, but for what the lashes cover now.
            let lid = inside.filter {
                eye.v[$0] > eye.upper[$0] && eye.v[$0] < eye.lower[$0] - 0.12 * eye.unit
            }.map { light[$0] }
            let under = inside.filter {
                let below = eye.v[$0] - eye.underFold[$0]
                return below > 0.05 * eye.unit && below < 0.32 * eye.unit
            }.map { light[$0] }
            let ratio = quantile(lid, 0.5) / quantile(under, 0.5)
            #expect((0.8...1).contains(ratio), "\(ratio)")
            #expect(quantile(lid, 0.02) > 0.6 * quantile(under, 0.5))
            let edge = inside.filter { abs(eye.v[$0] - eye.lower[$0]) < 0.08 * eye.unit }
            #expect((edge.map { light[$0] }.min() ?? 255) < 0.7 * quantile(under, 0.5))
        }
    }

    @Test("a blink and a look change the eyes' neighbourhood only, and go without a trace")
    func changesStayNear() async throws {
        let portrait = try await Portrait(sidePixels: 512)
        #expect(portrait.frame(.rest) == portrait.image)
        let boxes = portrait.eyes.map(\.box)
        for expression in [
            Expression(blink: 1), Expression(blink: 0.4, gaze: Point2(0.1, 0.05)),
            Expression(gaze: Point2(-0.1, 0)),
        ] {
            let changes = portrait.frame(expression).differences(from: portrait.image)
            let width = portrait.image.width
            let outside = changes.indices.filter { index in
                changes[index] > 0
                    && !boxes.contains { box in
                        (box.left..<box.left + box.width).contains(index % width)
                            && (box.top..<box.top + box.height).contains(index / width)
                    }
            }
            #expect(outside.isEmpty)
            #expect(changes.count { $0 > 10 } > 50)
        }
    }
}
