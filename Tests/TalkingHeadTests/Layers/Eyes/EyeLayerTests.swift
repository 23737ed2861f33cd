import EngineAPI
import Glibc
import Testing

@testable import TalkingHead

/// Lids and irises on eyes of which every pixel is known.
@Suite struct EyeLayerTests {
    private static let eyes = DrawnEyes()

    @Test("a shut lid is skin with a line of lashes, and nothing of the eye is to be seen")
    func lidsCover() {
        let (open, shut) = (Self.eyes.image, Self.eyes.drawn((1, Point2())))
        #expect(open.blueCount > 150 && shut.blueCount == 0)
        // Above the lashes.
        let lid = Self.eyes.between { at, upper, lower in
            at.y > upper && at.y < lower - 3 && lower - upper > 6
        }
        #expect(lid.count > 150)
        let lights = lid.map { shut.pixel($0 % shut.width, $0 / shut.width).luminance }
        let mean = lights.reduce(0, +) / Float(lights.count) / DrawnEyes.skin.luminance
        #expect((0.82...1).contains(mean), "\(mean)")
        #expect(lights.allSatisfy { $0 > 0.6 * DrawnEyes.skin.luminance })
        let edge = Self.eyes.between { at, upper, lower in
            abs(at.y - lower) < 1.5 && lower - upper > 8
        }
        let darkest = edge.map { shut.pixel($0 % shut.width, $0 / shut.width).luminance }.min()
        #expect((darkest ?? 255) < 0.6 * DrawnEyes.skin.luminance)
    }

    @Test("eyes whose lids fit blink, and those before something striped or in deep shade do not")
    func lidsFit() {
        func layers(_ image: Image) -> EyeLayers {
            EyeLayers(
                image: image, points: Self.eyes.points, scale: DrawnEyes.pixelsPerCentimetre,
                sigma: 0.5, cheek: DrawnEyes.skin)
        }
        #expect(layers(Self.eyes.image).mayMove == 1)
        var striped = Self.eyes.image
        for y in 0..<striped.height where y / 3 % 2 == 0 {
            for x in 0..<striped.width * 3 {
                let at = y * striped.width * 3 + x
                striped.rgb[at] = striped.rgb[at] / 4
            }
        }
        #expect(layers(striped).mayMove == 0)
        // In sockets as dark as that any lid that the rest of the skin tells of is a light patch.
        var shaded = Self.eyes
        shaded.shadeSockets(0.3)
        #expect(layers(shaded.image).mayMove == 0)
        shaded = Self.eyes
        shaded.shadeSockets(0.42)
        #expect(layers(shaded.image).mayMove == 1)
    }

    @Test("a lid that shuts in a dark socket is no bruise, and dark only towards its fold")
    func darkSocket() {
        var eyes = Self.eyes
        eyes.shadeSockets(0.42)
        let shut = eyes.drawn((1, Point2()))
        func light(_ from: Float, _ to: Float) -> Float {
            let lid = eyes.between { at, upper, lower in
                let down = (at.y - upper) / max(lower - upper, 1)
                return down > from && down < to && lower - upper > 6
            }
            let lights = lid.map { shut.pixel($0 % shut.width, $0 / shut.width).luminance }
            return quantile(lights, 0.5) / DrawnEyes.skin.luminance
        }
        let (top, middle) = (light(-0.25, 0.1), light(0.3, 0.67))
        #expect((0.82...0.97).contains(middle) && top < middle - 0.1, "\(top) \(middle)")
    }

    enum Light: CaseIterable { case even, shadedSockets, darkSockets, fromAside, tooMuch }

    @Test(
        "whatever the light, a shut lid is a little darker than the skin below",
        arguments: Light.allCases)
    func lidsFollowTheLight(_ light: Light) {
        var eyes = Self.eyes
        switch light {
        case .even: break
        case .shadedSockets: eyes.shadeSockets(0.7)
        case .darkSockets: eyes.shadeSockets(0.42)
        case .fromAside: eyes.shadeAside(0.3)
        case .tooMuch: eyes.overexpose()
        }
        let shut = eyes.drawn((1, Point2()))
        func middle(_ image: Image, _ test: (Float) -> Bool, isLeft: Bool) -> Float {
            let found = eyes.between { at, upper, lower in
                (at.x < Float(image.width) / 2) == isLeft && lower - upper > 6
                    && test((at.y - upper) / (lower - upper))
            }
            return quantile(
                found.map { image.pixel($0 % image.width, $0 / image.width).luminance }, 0.5)
        }
        for isLeft in [true, false] {
            let lid = middle(shut, { $0 > 1 / 6 && $0 < 2 / 3 }, isLeft: isLeft)
            let skin = middle(eyes.image, { $0 > 1.7 && $0 < 2.6 }, isLeft: isLeft)
            #expect((0.82...0.97).contains(lid / skin), "\(lid / skin)")
        }
    }

    @Test("a lid that closes covers more and more of the iris, from above")
    func lidsClose() {
        let steps: [Float] = [0, 0.2, 0.4, 0.6, 0.8, 1]
        let images = steps.map { Self.eyes.drawn(($0, Point2())) }
        let counts = images.map(\.blueCount)
        #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 > $1 || $1 == 0 }, "\(counts)")
        func middle(_ image: Image) -> Float {
            let rows = (0..<image.width * image.height).filter {
                let colour = image.pixel($0 % image.width, $0 / image.width)
                return colour.z > colour.x + 40
            }.map { Float($0 / image.width) }
            return rows.reduce(0, +) / Float(max(rows.count, 1))
        }
        #expect(middle(images[3]) > middle(images[0]) + 1)
    }

    @Test("at rest the eye is the portrait's own bit by bit, whatever was drawn before")
    func restIsExact() {
        let rest: (Float, Point2) = (0, Point2())
        #expect(Self.eyes.drawn(rest) == Self.eyes.image)
        #expect(Self.eyes.drawn((1, Point2(0.1, 0.05)), rest) == Self.eyes.image)
        let pose: (Float, Point2) = (0.4, Point2(-0.08, 0))
        #expect(Self.eyes.drawn((1, Point2()), (0, Point2(0.1, 0)), pose) == Self.eyes.drawn(pose))
    }

    @Test("what changes is near the eyes, and ends in the portrait's own pixels")
    func maskFades() {
        let shut = Self.eyes.drawn((1, Point2(0.05, 0)))
        let changes = shut.differences(from: Self.eyes.image)
        let width = shut.width
        let marks = [Landmark.leftEye, Landmark.rightEye].flatMap { eye in
            (eye.upper + eye.lower).map { Self.eyes.points[$0] }
        }
        #expect(changes.count { $0 > 0 } > 500)
        let distances = changes.indices.filter { changes[$0] > 0 }.map { index in
            let at = Point2(Float(index % width), Float(index / width))
            return marks.map { ($0 - at).length }.min() ?? 0
        }
        #expect((distances.max() ?? 0) < 1.6 * DrawnEyes.pixelsPerCentimetre)
        // Where it ends nothing jumps: pixels beside untouched ones hardly differ.
        for y in 2..<shut.height - 2 {
            for x in 2..<width - 2 {
                func largest(_ reach: Int) -> Int {
                    (-reach...reach).reduce(0) { largest, row in
                        let from = (y + row) * width + x
                        return max(largest, changes[from - reach...from + reach].max() ?? 0)
                    }
                }
                #expect(largest(1) > 0 || largest(2) <= 5, "\(x), \(y)")
            }
        }
    }

    @Test("a lid with eyeshadow keeps its colour when it shuts, one in the shade gets none")
    func eyeshadowStays() {
        func blueness(_ image: Image) -> Float {
            let lid = Self.eyes.between { at, upper, lower in
                at.y > upper && at.y < lower - 3 && lower - upper > 6
            }
            let colour = lid.reduce(Point3()) {
                $0 + image.pixel($1 % image.width, $1 / image.width)
            }
            return colour.z / colour.luminance
        }
        let plain = blueness(Self.eyes.drawn((1, Point2())))
        var painted = Self.eyes
        painted.addEyeshadow(Point3(110, 125, 190))
        #expect(blueness(painted.drawn((1, Point2()))) > plain + 0.2)
        var shaded = Self.eyes
        shaded.addEyeshadow(DrawnEyes.skin * Point3(0.75, 0.68, 0.62))
        #expect(abs(blueness(shaded.drawn((1, Point2()))) - plain) < 0.06)
    }

    @Test("frames of spectacles stay as they are while the lids move behind them")
    func frontStays() {
        var eyes = Self.eyes
        eyes.addSpectacles(radius: 2.1 * DrawnEyes.pixelsPerCentimetre, width: 5)
        let shut = eyes.drawn((1, Point2()))
        #expect(shut.blueCount == 0)
        let changes = shut.differences(from: eyes.image)
        let frame = changes.indices.filter { index in
            eyes.image.pixel(index % shut.width, index / shut.width).luminance < 34
        }
        #expect(frame.count > 500)
        let kept = frame.count { changes[$0] <= 6 }
        #expect(kept * 100 >= frame.count * 97, "\(kept) of \(frame.count)")
    }

    @Test("spectacles are told by their bridge")
    func spectacles() {
        func isSeen(hasBridge: Bool) -> Bool {
            var eyes = Self.eyes
            let radius = 1.9 * DrawnEyes.pixelsPerCentimetre
            eyes.addSpectacles(radius: radius, width: 5, hasBridge: hasBridge)
            return eyes.layers().areBehindSpectacles
        }
        #expect(isSeen(hasBridge: true) && !isSeen(hasBridge: false))
        #expect(!Self.eyes.layers().areBehindSpectacles)
    }

    @Test(
        "spectacles of a face that looks aside are told by the near eye",
        arguments: [0.75, -0.75] as [Float])
    func spectaclesAside(yaw: Float) {
        func isSeen(_ change: (inout DrawnEyes) -> Void) -> Bool {
            var eyes = DrawnEyes(yaw: yaw)
            change(&eyes)
            return eyes.layers().areBehindSpectacles
        }
        #expect(
            isSeen { $0.addSpectacles(radius: 1.5 * DrawnEyes.pixelsPerCentimetre, width: 5) })
        #expect(!isSeen { _ in })
        #expect(!isSeen { $0.addSocketShadow() })
    }

    @Test("a heavy frame close around the eyes is seen, a socket's shadow is no frame")
    func heavySpectacles() {
        var eyes = Self.eyes
        eyes.addSpectacles(radius: 1.5 * DrawnEyes.pixelsPerCentimetre, width: 7)
        #expect(eyes.layers().areBehindSpectacles)
        var shaded = Self.eyes
        shaded.addSocketShadow()
        #expect(!shaded.layers().areBehindSpectacles)
    }

    @Test("in red light a lid in the shade is no painted one")
    func redLight() {
        func redness(_ image: Image, _ pixels: [Int]) -> Float {
            let colour = pixels.reduce(Point3()) {
                $0 + image.pixel($1 % image.width, $1 / image.width)
            }
            return colour.x / colour.luminance
        }
        var eyes = Self.eyes
        eyes.lightRed()
        var shaded = eyes
        // As red light on a lid in the shade, with some of the room's own.
        shaded.addEyeshadow(Point3(95, 42, 28))
        let lid = eyes.between { at, upper, lower in
            at.y > upper && at.y < lower - 3 && lower - upper > 6
        }
        let skin = redness(eyes.drawn((1, Point2())), lid)
        #expect(skin > 1.6)
        #expect(abs(redness(shaded.drawn((1, Point2())), lid) - skin) < 0.12)
    }

    @Test(
        "an iris goes where it looks, lids and skin stay",
        arguments: [Point2(0.1, 0), Point2(-0.1, 0), Point2(0, 0.1), Point2(0, -0.1)])
    func gazeMoves(gaze: Point2) {
        func middle(_ image: Image) -> Point2 {
            let blue = (0..<image.width * image.height).filter {
                let colour = image.pixel($0 % image.width, $0 / image.width)
                return colour.z > colour.x + 40
            }
            let sum = blue.reduce(Point2()) {
                $0 + Point2(Float($1 % image.width), Float($1 / image.width))
            }
            return sum / Float(blue.count)
        }
        let looking = Self.eyes.drawn((0, gaze))
        let moved = middle(looking) - middle(Self.eyes.image)
        #expect((moved * gaze).sum() > 0.2 * (gaze * gaze).sum() * DrawnEyes.pixelsPerCentimetre)
        let changes = looking.differences(from: Self.eyes.image)
        let outside = Set(changes.indices).subtracting(
            Self.eyes.between { at, upper, lower in at.y > upper - 3 && at.y < lower + 3 })
        #expect(outside.allSatisfy { changes[$0] <= 2 })
        #expect(Self.eyes.drawn((1, gaze)).blueCount == 0)
    }

    @Test("however far it is told to look, the iris stays between the corners")
    func gazeIsBounded() {
        let far = Self.eyes.drawn((0, Point2(5, 3)))
        #expect(far == Self.eyes.drawn((0, Point2(900, 900))))
        #expect(far.blueCount * 2 > Self.eyes.image.blueCount)
    }

    @Test("eyes that are shut in the portrait do not blink")
    func shutEyesStay() {
        let shut = DrawnEyes(closing: 0.9)
        #expect(shut.layers().mayMove == 0 && Self.eyes.layers().mayMove > 0.9)
        #expect(shut.drawn((1, Point2(0.1, 0))) == shut.image)
    }

    @Test("the far eye of a profile, which nobody sees, does not blink")
    func profileStays() {
        func shares(_ yaw: Float) -> [Float] {
            let eyes = DrawnEyes(yaw: yaw)
            return [Landmark.leftEye, Landmark.rightEye].compactMap {
                EyeLayer(
                    $0, image: eyes.image, points: eyes.points,
                    scale: DrawnEyes.pixelsPerCentimetre, sigma: 0.6, cheek: DrawnEyes.skin)?.share
            }
        }
        #expect(shares(0.6) == [1, 1] && shares(1.2) == [0, 1])
    }

    @Test("landmarks without irises, at the border and of nonsense harm nothing")
    func odd() {
        let image = Self.eyes.image
        func layers(_ points: [Point2]) -> EyeLayers {
            EyeLayers(image: image, points: points, scale: 14, sigma: 1, cheek: Point3(9, 9, 9))
        }
        let plain = Array(Self.eyes.points.prefix(Landmark.count))
        let shifted = Self.eyes.points.map { $0 + Point2(150, 100) }
        let nonsense = Self.eyes.points.map { _ in Point2(.nan, .infinity) }
        let heap = Self.eyes.points.map { _ in Point2(100, 90) }
        for points in [plain, shifted, nonsense, heap] {
            var texture = FrameTexture(SourceImage(image))
            layers(points).draw(blink: 1, gaze: Point2(0.1, 0.1), into: &texture)
            layers(points).draw(blink: 0, gaze: Point2(), into: &texture)
            #expect(texture.image.copy == image)
        }
    }
}
