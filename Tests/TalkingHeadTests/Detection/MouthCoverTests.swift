import EngineAPI
import Glibc
import Testing

@testable import TalkingHead

/// Masks, beards and mouths on a face of which every pixel is known.
@Suite struct MouthCoverTests {
    private static let points = Nobody.landmarks().map(\.plane)
    private static let skin = Point3(205, 160, 135)

    /// Skin with a little grain, and lips.
    private static func face(skin: Point3 = skin, lips: Point3? = Point3(170, 85, 85)) -> Image {
        var generator = SeededGenerator(seed: 3)
        let (width, height) = (Nobody.width, Nobody.height)
        let rgb = (0..<width * height).flatMap { _ -> [UInt8] in
            let grain = generator.uniform(-4, 4)
            return (0..<3).map { UInt8(bounded: skin[$0] + grain) }
        }
        let bare = Image(width: width, height: height, rgb: rgb)
        let outline = Landmark.upperLip[3] + Landmark.lowerLip[3].dropFirst().dropLast().reversed()
        return lips.map { bare.filled(outline.map { points[$0] }, $0) } ?? bare
    }

    /// From the bridge of the nose to below the chin.
    private static let maskOutline: [Point2] =
        [197, 126, 118, 116, 93, 132, 58, 172, 136, 150, 149, 148, 152, 377, 378, 379, 365, 397]
        .map { points[$0] } + [288, 361, 323, 345, 347, 355].map { points[$0] }

    private static func cover(_ image: Image) -> MouthCover? {
        MouthCover(image, points, hands: [])
    }

    @Test(
        "a mask over nose and mouth is seen, whatever its colour and the skin's",
        arguments: [
            (Point3(120, 170, 210), skin), (Point3(235, 238, 240), skin),
            (Point3(25, 25, 28), skin), (Point3(240, 240, 242), Point3(110, 75, 58)),
            (Point3(60, 130, 90), Point3(110, 75, 58)),
        ])
    func seesMasks(mask: Point3, skin: Point3) {
        #expect(Self.cover(Self.face(skin: skin).filled(Self.maskOutline, mask)) == .mask)
    }

    @Test(
        "bare faces are not covered: pale or dark, with red lips or hardly any, grey or sunlit",
        arguments: [
            face(), face(lips: nil), face(skin: Point3(110, 75, 58), lips: Point3(105, 60, 55)),
            face(skin: Point3(150, 150, 150), lips: Point3(90, 90, 90)),
            face(skin: Point3(240, 215, 200), lips: Point3(225, 180, 172)),
        ])
    func sparesFaces(face: Image) {
        #expect(Self.cover(face) == nil)
    }

    @Test("a beard is no mask, black or white, and neither is a mouth that screams")
    func sparesBeards() {
        let chin = Self.maskOutline.filter { $0.y > Self.points[164].y }
        let lips = (Landmark.upperLip[3] + Landmark.lowerLip[3].dropFirst().dropLast().reversed())
            .map { Self.points[$0] }
        for beard in [Point3(30, 26, 24), Point3(215, 212, 210)] {
            let bearded = Self.face().filled(chin, beard).filled(lips, Point3(170, 85, 85))
            #expect(Self.cover(bearded) == nil)
        }
        let inside = Landmark.upperLip[1] + Landmark.lowerLip[1].dropFirst().dropLast().reversed()
        let scream = Self.face().filled(inside.map { Self.points[$0] }, Point3(35, 12, 12))
        #expect(Self.cover(scream) == nil)
    }

    @Test("a hand must cover a third of the lips, and joints of nonsense harm nothing")
    func handShare() {
        let mouth = Self.points[Landmark.innerLips.upper]
        func hand(_ at: Point2) -> [Point2] {
            (0..<21).map { at + Point2(Float($0 % 5 - 2) * 12, Float($0 / 5 - 2) * 9) }
        }
        // Fingers have the colour of skin.
        let image = Self.face(lips: nil)
        #expect(MouthCover(image, Self.points, hands: [hand(mouth)]) == .hand)
        let lips = Landmark.upperLip[3] + Landmark.lowerLip[3].dropFirst().dropLast().reversed()
        let full = lips.map { mouth + (Self.points[$0] - mouth) * Float(1.5) }
        let seen = image.filled(full, Point3(170, 85, 85))
        let aside = hand(mouth + Point2(0, 60))
        #expect(MouthCover.plausible([hand(mouth), aside], seen, Self.points) == [aside])
        #expect(MouthCover.plausible([hand(mouth)], image, Self.points) == [hand(mouth)])
        #expect(MouthCover(image, Self.points, hands: [hand(mouth + Point2(0, 60))]) == nil)
        let nonsense = [[Point2](repeating: Point2(.nan, .infinity), count: 21), []]
        #expect(MouthCover(image, Self.points, hands: nonsense) == nil)
        #expect(FrontLayer(image, hands: nonsense, points: Self.points, coverage: nil) == nil)
    }
}

extension Image {
    /// A polygon in one colour.
    func filled(_ outline: [Point2], _ colour: Point3) -> Image {
        var mask = AlphaMask(around: outline, margin: 1, width: width, height: height)
        mask.fill(outline)
        var rgb = rgb
        for y in mask.rows {
            for x in mask.columns {
                for channel in 0..<3 {
                    let at = (y * width + x) * 3 + channel
                    let old = Float(rgb[at])
                    rgb[at] = UInt8(bounded: (old + (colour[channel] - old) * mask[x, y]).rounded())
                }
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }
}
