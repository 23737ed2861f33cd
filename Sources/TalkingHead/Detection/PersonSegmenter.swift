import EngineAPI
import Inference

/// Tells a person from what is behind: MediaPipe's selfie segmentation (256² in, 0…1 out; its
/// model card of 2021), made as fine as the image's own edges.
struct PersonSegmenter: Sendable {
    static let file = "face/person_matte.onnx"

    private static let side = 256
    /// How far around the person the model's doubts may reach, its pixels.
    private static let fringe = 6

    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

    /// How much of each pixel is the person whose face that is, 0…1.
    /// - Throws: `.noSilhouette` where the model takes the face for background; `.runtimeRefused`.
    func matte(of image: Image, face: [Point2]) throws(EngineError) -> FloatImage {
        let whole = CropRect(
            left: 0, top: 0, width: Float(image.width), height: Float(image.height))
        let view = image.resized(whole, width: Self.side, height: Self.side)
        let input = Tensor(
            view.rgb.map { Float($0) / 255 }, shape: [1, Self.side, Self.side, 3])
        let output = try session.run([("input_1", input)], outputs: ["activation_10"])[0]
            .floats(exactly: Self.side * Self.side, of: "person_matte.onnx")
        let sure = FloatImage(
            output.map { smoothStep(0.35, 0.8, $0) }, width: Self.side, height: Self.side)
        var seeds: [Int] = []
        for point in face {
            let x = Int(bounded: (point.x + 0.5) / Float(image.width) * Float(Self.side))
            let y = Int(bounded: (point.y + 0.5) / Float(image.height) * Float(Self.side))
            guard (0..<Self.side).contains(x), (0..<Self.side).contains(y) else { continue }
            seeds.append(y * Self.side + x)
        }
        let inside = seeds.count { sure.values[$0] > 0.5 }
        guard inside * 2 > seeds.count else {
            throw .noSilhouette
        }
        var rough = sure.joined(
            byBroadDoubtsOf: FloatImage(output, width: Self.side, height: Self.side))
        rough.keep(connectedTo: seeds, fringe: Self.fringe)
        var light = FloatImage(width: image.width, height: image.height)
        image.rgb.withUnsafeBufferPointer { rgb in
            for at in light.values.indices {
                let colour = Point3(
                    Float(rgb[3 * at]), Float(rgb[3 * at + 1]), Float(rgb[3 * at + 2]))
                light.values[at] = colour.luminance / 255
            }
        }
        let radius = max(3 * max(image.width, image.height) / Self.side, 2)
        var fine = rough.enlarged(width: image.width, height: image.height)
            .guided(by: light, radius: radius, epsilon: 2e-4)
        for index in fine.values.indices {
            fine.values[index] = smoothStep(0.10, 0.90, fine.values[index])
        }
        return fine
    }
}

extension FloatImage {
    /// How far from what is sure a doubtful part may reach, pixels of the model.
    private static let doubtReach = 24

    /// A person's mask with plaits, earrings and the like, which the model holds possible, no more,
    /// in places broader than an edge's own blur: where the person is sure, the edge stays.
    /// - chances: the model's, 0…1; what is background has next to none.
    func joined(byBroadDoubtsOf chances: FloatImage) -> FloatImage {
        let broad = chances.mapped { smoothStep(0.05, 0.2, $0) }.eroded(.disc(2)).dilated(.disc(1))
        let near = dilated(.disc(Self.doubtReach))
        var made = self
        for index in made.values.indices {
            made.values[index] = max(values[index], min(broad.values[index], near.values[index]))
        }
        return made
    }
}

extension Image {
    /// The person before one even colour. Near the person's edge the old background shines through
    /// hair: there the colour of the person beside it is taken instead.
    func before(_ background: AnimationOptions.Colour, matte: FloatImage) -> Image {
        let radius = max(max(width, height) / 64, 2)
        let sure = FloatImage(
            matte.values.map { $0 > 0.95 ? 1 : 0 }, width: width, height: height)
        let weights = sure.boxed(radius)
        let near = (0..<3).map { channel in
            FloatImage(
                (0..<width * height).map { sure.values[$0] * Float(rgb[3 * $0 + channel]) },
                width: width, height: height
            ).boxed(radius)
        }
        let behind = Point3(
            Float(background.red), Float(background.green), Float(background.blue))
        var made = rgb
        for index in 0..<width * height where matte.values[index] < 1 {
            let alpha = matte.values[index]
            var own = colour(index)
            let weight = weights.values[index]
            if weight > 1e-4 {
                let beside =
                    Point3(
                        near[0].values[index], near[1].values[index], near[2].values[index])
                    / weight
                own += (beside - own) * (1 - alpha)
            }
            let mixed = behind + (own - behind) * alpha
            for channel in 0..<3 {
                made[3 * index + channel] = UInt8(
                    bounded: min(max(mixed[channel].rounded(), 0), 255))
            }
        }
        return Image(width: width, height: height, rgb: made)
    }

    /// One pixel, counted row by row.
    fileprivate func colour(_ index: Int) -> Point3 {
        Point3(Float(rgb[3 * index]), Float(rgb[3 * index + 1]), Float(rgb[3 * index + 2]))
    }
}
