import EngineAPI
import Glibc

@testable import TalkingHead

/// The mean face with two drawn eyes: white, a blue iris, a line of lashes, on skin with a grain.
struct DrawnEyes {
    static let pixelsPerCentimetre: Float = 14
    static let skin = Point3(200, 160, 140)
    static let lash = Point3(50, 40, 38)

    let landmarks: [Point3]
    private(set) var image: Image

    var points: [Point2] { landmarks.map(\.plane) }

    /// - closing: how far the drawn lids are shut, 0…1.
    init(closing: Float = 0, yaw: Float = 0) {
        let pose = Similarity(
            scale: Self.pixelsPerCentimetre, rotation: .turn(yaw: yaw, pitch: 0, roll: 0.03),
            shift: Point3(130.4, 90.7, 0))
        var points = MeanFace.points.map(pose.apply)
        for eye in [Landmark.leftEye, Landmark.rightEye] {
            let rim = (eye.upper + eye.lower).map { points[$0] }
            let centre = rim.reduce(Point3(), +) / Float(rim.count)
            let radius = 0.55 * Self.pixelsPerCentimetre
            let marks: [(Float, Float)] = [(0, 0), (1, 0), (0, -1), (-1, 0), (0, 1)]
            points += marks.map { centre + Point3($0.0, $0.1, 0) * radius }
            for (upper, lower) in zip(eye.upper, eye.lower) {
                points[upper] += (points[lower] - points[upper]) * closing
            }
        }
        landmarks = points
        var generator = SeededGenerator(seed: 4)
        let (width, height) = (260, 200)
        let rgb = (0..<width * height).flatMap { _ -> [UInt8] in
            let grain = generator.uniform(-3, 3)
            return (0..<3).map { UInt8(bounded: Self.skin[$0] + grain) }
        }
        image = Image(width: width, height: height, rgb: rgb)
        for eye in [Landmark.leftEye, Landmark.rightEye] { drawEye(eye) }
    }

    private mutating func drawEye(_ eye: Landmark.Eye) {
        let points = points
        let outline = (eye.upper + eye.lower.reversed()).map { points[$0] }
        var opening = AlphaMask(
            around: outline, margin: 4, width: image.width, height: image.height)
        var line = opening
        opening.fill(outline)
        line.stroke(eye.upper.map { points[$0] }, width: 0.12 * Self.pixelsPerCentimetre)
        let (centre, radius) = (points[eye.iris[0]], 0.55 * Self.pixelsPerCentimetre)
        for y in opening.rows {
            for x in opening.columns {
                let away = (Point2(Float(x), Float(y)) - centre).length
                let iris = min(max(radius - away + 0.5, 0), 1)
                let ball = Point3(225, 222, 220) * (1 - iris) + Point3(40, 80, 170) * iris
                lay(ball, opening[x, y], x, y)
                lay(Self.lash, line[x, y], x, y)
            }
        }
    }

    /// A dark ring with an inner radius around each eye, as spectacles have, and a bridge between
    /// them; it leaves the brow alone.
    mutating func addSpectacles(radius: Float, width: Float, hasBridge: Bool = true) {
        let eyes = [Landmark.leftEye, Landmark.rightEye].map {
            (points[$0.upper[4]] + points[$0.lower[4]]) * 0.5
        }.sorted { $0.x < $1.x }
        let (left, right) = (eyes[0] + Point2(radius, 0), eyes[1] - Point2(radius, 0))
        for y in 0..<image.height where hasBridge {
            for x in 0..<image.width where (left.x...right.x).contains(Float(x)) {
                let part = (Float(x) - left.x) / (right.x - left.x)
                let away = abs(Float(y) - left.y - (right.y - left.y) * part)
                lay(Point3(30, 30, 35), min(max(width / 2 + 0.5 - away, 0), 1), x, y)
            }
        }
        for eye in [Landmark.leftEye, Landmark.rightEye] {
            let centre = (points[eye.upper[4]] + points[eye.lower[4]]) * 0.5
            for y in 0..<image.height {
                for x in 0..<image.width {
                    let away = (Point2(Float(x), Float(y)) - centre).length
                    let alpha = min(max(width / 2 + 0.5 - abs(away - radius), 0), 1)
                    lay(Point3(30, 30, 35), alpha, x, y)
                }
            }
        }
    }

    /// A bar over each eye, its ends turned down, and an arched bridge between them: spectacles
    /// without a lower rim.
    /// - height: of the bars over the eyes' corners, centimetres.
    /// - hasPads: whether the bridge goes on down both sides of the nose.
    mutating func addHalfRims(
        _ colour: Point3, thickness: Float, height: Float, hasBridge: Bool = true,
        hasPads: Bool = false
    ) {
        let points = points
        let (left, right) = (points[Landmark.leftEye.upper[8]], points[Landmark.rightEye.upper[8]])
        let apart = (right - left).length
        let axis = (right - left) / apart
        let (down, size) = (Point2(-axis.y, axis.x), Self.pixelsPerCentimetre)
        let middle = (left + right) * 0.5 - down * (height * size)
        func at(_ aside: Float, _ below: Float) -> Point2 {
            middle + axis * (aside * size) + down * (below * size)
        }
        // Beside the bridge the bars begin a third of the way from the nose's middle to each eye.
        let inner = 0.36 * apart / size
        var lines = [-1, 1].map { side -> [Point2] in
            [at(side * inner, 0.6), at(side * inner, 0), at(side * 5.8, 0), at(side * 5.8, 0.7)]
        }
        if hasBridge { lines.append([at(-inner, 0), at(0, -0.15), at(inner, 0)]) }
        if hasPads {
            lines += [-1, 1].map { side in
                [at(side * 0.26 * apart / size, 0), at(side * inner, 2.2)]
            }
        }
        var mask = AlphaMask(
            around: [Point2(), Point2(Float(image.width), Float(image.height))], margin: 0,
            width: image.width, height: image.height)
        for line in lines { mask.stroke(line, width: thickness * size) }
        for y in mask.rows {
            for x in mask.columns { lay(colour, min(mask[x, y], 1), x, y) }
        }
    }

    /// A band of a colour over the nose, or wherever between the brows it is; its edges are as soft
    /// as this many pixels.
    mutating func addBand(_ colour: Point3, below corners: Float, thickness: Float, softness: Float)
    {
        let (left, right) = (points[Landmark.leftEye.upper[8]], points[Landmark.rightEye.upper[8]])
        let middle = (left.y + right.y) / 2 + corners * Self.pixelsPerCentimetre
        let half = thickness / 2 * Self.pixelsPerCentimetre
        for y in 0..<image.height {
            let away = abs(Float(y) - middle) - half
            let alpha = min(max(0.5 - away / max(softness, 1), 0), 1)
            for x in 0..<image.width { lay(colour, alpha, x, y) }
        }
    }

    /// Colour on the upper lids, from the lashes upwards.
    mutating func addEyeshadow(_ colour: Point3) {
        let lids = between { at, upper, _ in
            let above = (upper - at.y) / Self.pixelsPerCentimetre
            return above > 0.1 && above < 0.75
        }
        for pixel in lids { lay(colour, 0.9, pixel % image.width, pixel / image.width) }
    }

    /// A dark band from each eye over the nose, as deep sockets have, and none below the eyes.
    mutating func addSocketShadow() {
        let ends = [Landmark.leftEye, Landmark.rightEye].flatMap { [$0.upper[0], $0.upper[8]] }
            .map { points[$0] }
        let (left, right) = (ends.map(\.x).min() ?? 0, ends.map(\.x).max() ?? 0)
        let y = ends.reduce(0) { $0 + $1.y } / 4
        for row in 0..<image.height where abs(Float(row) - y) < 4 {
            for x in 0..<image.width where (left - 6...right + 6).contains(Float(x)) {
                lay(Self.skin * 0.4, 0.8, x, row)
            }
        }
    }

    /// Red light alone falls on the face.
    mutating func lightRed() {
        for index in image.rgb.indices where index % 3 != 0 {
            image.rgb[index] = UInt8(
                bounded: Float(image.rgb[index]) * (index % 3 == 1 ? 0.4 : 0.25))
        }
    }

    /// All above the open upper lids lies in shade.
    mutating func shadeSockets(_ light: Float) {
        let lids = [Landmark.leftEye, Landmark.rightEye].flatMap(\.upper).map { points[$0].y }
        let top = Int(bounded: (lids.min() ?? 0) - 1)
        for index in 0..<max(top, 0) * image.width * 3 {
            image.rgb[index] = UInt8(bounded: Float(image.rgb[index]) * light)
        }
    }

    /// The light falls off from one side of the face to the other: from 1 to this.
    mutating func shadeAside(_ light: Float) {
        for index in 0..<image.rgb.count {
            let x = Float(index / 3 % image.width) / Float(image.width - 1)
            image.rgb[index] = UInt8(bounded: Float(image.rgb[index]) * (1 + (light - 1) * x))
        }
    }

    /// All of it is as bright as an image can be, or nearly.
    mutating func overexpose() {
        for index in image.rgb.indices {
            image.rgb[index] = UInt8(clamping: Int(image.rgb[index]) * 2)
        }
    }

    private mutating func lay(_ colour: Point3, _ alpha: Float, _ x: Int, _ y: Int) {
        guard alpha > 0 else { return }
        let at = (y * image.width + x) * 3
        for channel in 0..<3 {
            let old = Float(image.rgb[at + channel])
            image.rgb[at + channel] = UInt8(
                bounded: old + (colour[channel] - old) * min(alpha, 1) + 0.5)
        }
    }

    func layers() -> EyeLayers {
        EyeLayers(
            image: image, points: points, scale: Self.pixelsPerCentimetre, sigma: 0.6,
            cheek: Self.skin)
    }

    /// The portrait's pixels with the eyes drawn, one pose after another into one texture.
    func drawn(_ poses: (blink: Float, gaze: Point2)...) -> Image {
        var texture = FrameTexture(SourceImage(image))
        let layers = layers()
        for pose in poses { layers.draw(blink: pose.blink, gaze: pose.gaze, into: &texture) }
        return texture.image.copy
    }

    /// Pixels of a mask of the lids of both eyes.
    func between(_ test: (Point2, _ upper: Float, _ lower: Float) -> Bool) -> [Int] {
        var found: [Int] = []
        for eye in [Landmark.leftEye, Landmark.rightEye] {
            let upper = MonotoneCurve(eye.upper.map { points[$0] }, over: 0...260)
            let lower = MonotoneCurve(eye.lower.map { points[$0] }, over: 0...260)
            let ends = [points[eye.upper[0]].x, points[eye.upper[8]].x].sorted()
            for y in 0..<image.height {
                for x in 0..<image.width where (ends[0]...ends[1]).contains(Float(x)) {
                    let at = Point2(Float(x), Float(y))
                    if test(at, upper(at.x), lower(at.x)) { found.append(y * image.width + x) }
                }
            }
        }
        return found
    }
}

extension SourceImage {
    /// As an image.
    var copy: Image {
        withSampler { sampler in
            var rgb: [UInt8] = []
            for y in 0..<height {
                for x in 0..<width {
                    let colour = sampler.colour(Point2(Float(x), Float(y)))
                    rgb += [colour.x, colour.y, colour.z].map { UInt8(bounded: $0) }
                }
            }
            return Image(width: width, height: height, rgb: rgb)
        }
    }
}

extension Image {
    /// The largest difference of a channel, for each pixel.
    func differences(from other: Image) -> [Int] {
        (0..<width * height).map { pixel in
            (0..<3).reduce(0) {
                max($0, abs(Int(rgb[pixel * 3 + $1]) - Int(other.rgb[pixel * 3 + $1])))
            }
        }
    }

    /// How many pixels are blue.
    var blueCount: Int {
        stride(from: 0, to: rgb.count, by: 3).count { Int(rgb[$0 + 2]) > Int(rgb[$0]) + 40 }
    }
}
