import EngineAPI

@testable import TalkingHead

/// Skin, red lips, and between parted lips what is told.
struct MouthSitter {
    let landmarks: [Point3]
    let image: Image
    let rig: Rig
    let colours: FaceColours
    let mouth: PortraitMouth
    var points: [Point2] { landmarks.map(\.plane) }

    init(
        inside: [UInt8], skin: [UInt8] = [200, 150, 130], lips: [UInt8] = [150, 70, 70],
        gap: Float = 0.5, yaw: Float = 0
    ) {
        var mean = MeanFace.points
        let lower = Set(Landmark.lowerLip.flatMap { $0.dropFirst().dropLast() })
        for index in mean.indices where lower.contains(index) { mean[index].y += gap }
        let pose = Similarity(
            scale: 9, rotation: .turn(yaw: yaw, pitch: 0, roll: 0.05),
            shift: Point3(158.3, 151.7, 0))
        let landmarks = mean.map(pose.apply)
        let (width, height) = (Nobody.width, Nobody.height)
        var rgb = (0..<width * height).flatMap { _ in skin }
        let points = landmarks.map(\.plane)
        for (ring, colour) in [(3, lips), (0, inside)] {
            let outline =
                Landmark.upperLip[ring]
                + Landmark.lowerLip[ring].dropFirst().dropLast()
                .reversed()
            let polygon = outline.map { points[$0] }
            var mask = AlphaMask(around: polygon, margin: 2, width: width, height: height)
            mask.fill(polygon)
            for y in mask.rows {
                for x in mask.columns where mask[x, y] > 0.5 {
                    let at = (y * width + x) * 3
                    (rgb[at], rgb[at + 1], rgb[at + 2]) = (colour[0], colour[1], colour[2])
                }
            }
        }
        self.init(landmarks, Image(width: width, height: height, rgb: rgb))
    }

    /// The same face in another picture.
    init(_ other: MouthSitter, showing image: Image) { self.init(other.landmarks, image) }

    private init(_ landmarks: [Point3], _ image: Image) {
        (self.landmarks, self.image) = (landmarks, image)
        let points = landmarks.map(\.plane)
        colours = FaceColours(image, points)
        rig = Rig(
            landmarks: landmarks,
            teethPart: PortraitMouth.teethPart(image, points, colours))
        mouth = PortraitMouth(
            image, points, colours, scale: rig.pose.scale, gap: rig.restGap)
    }

    var mesh: RigMesh {
        RigMesh(rig: rig, width: image.width, height: image.height, coverage: nil)
    }

    var layer: LipLayer {
        LipLayer(mouth, colours, Grain(amount: 0, blur: 0), scale: rig.pose.scale)
    }

    func texture(_ amount: Float) -> [Point3] {
        var texture = FrameTexture(SourceImage(image))
        layer.draw(amount, into: &texture)
        return texture.image.withSampler { sampler in
            (0..<image.width * image.height).map {
                sampler.colour(Point2(Float($0 % image.width), Float($0 / image.width)))
            }
        }
    }

    var pixels: [Point3] {
        (0..<image.width * image.height).map {
            image.pixel($0 % image.width, $0 / image.width)
        }
    }
}
