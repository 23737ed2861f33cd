import EngineAPI
import Testing

@testable import TalkingHead

struct PersonLayersTests {
    private static let side = 96
    private static let blue = Point3(20, 60, 200)
    private static let red = Point3(220, 40, 30)

    /// A red disc on blue, its edge soft over some pixels, and how much of each pixel it covers.
    private static let (portrait, coverage): (Image, FloatImage) = {
        var (rgb, coverage) = ([UInt8](), FloatImage(width: side, height: side))
        for y in 0..<side {
            for x in 0..<side {
                let away = (Point2(Float(x), Float(y)) - 48).length
                let alpha = 1 - smoothStep(26, 32, away)
                coverage.values[y * side + x] = alpha
                let colour = blue + (red - blue) * alpha
                rgb += (0..<3).map { UInt8(bounded: colour[$0].rounded()) }
            }
        }
        return (Image(width: side, height: side, rgb: rgb), coverage)
    }()

    private func colour(_ pixels: [UInt8], _ index: Int) -> Point3 {
        Point3(Float(pixels[index * 3]), Float(pixels[index * 3 + 1]), Float(pixels[index * 3 + 2]))
    }

    @Test func `Behind the person is what is beside them`() {
        let plate = PersonLayers(Self.portrait, coverage: Self.coverage).plate
        for index in 0..<Self.side * Self.side {
            #expect((colour(plate, index) - Self.blue).length < 6, "\(index)")
        }
    }

    @Test func `What is no person is in the plate as it was`() {
        let plate = PersonLayers(Self.portrait, coverage: Self.coverage).plate
        for y in 0..<4 {
            let row = y * Self.side * 3..<(y + 1) * Self.side * 3
            #expect(plate[row] == Self.portrait.rgb[row])
        }
    }

    @Test func `The person's edge loses the background's colour`() {
        let person = PersonLayers(Self.portrait, coverage: Self.coverage).person
        for index in person.indices where Self.coverage.values[index] > 0.3 {
            let packed = person[index]
            let colour = Point3(
                Float(packed & 255), Float(packed >> 8 & 255), Float(packed >> 16 & 255))
            #expect((colour - Self.red).length < 14, "\(index)")
            #expect(abs(Float(packed >> 24) - Self.coverage.values[index] * 255) <= 0.51)
        }
    }

    @Test func `Person over plate is the portrait`() {
        let layers = PersonLayers(Self.portrait, coverage: Self.coverage)
        for index in layers.person.indices {
            let packed = layers.person[index]
            let alpha = Float(packed >> 24) / 255
            let own = Point3(
                Float(packed & 255), Float(packed >> 8 & 255), Float(packed >> 16 & 255))
            let behind = colour(layers.plate, index)
            let shown = behind + (own - behind) * alpha
            #expect((shown - colour(Self.portrait.rgb, index)).length < 5)
        }
    }

    @Test func `Texture goes on behind the person`() {
        var rgb = Self.portrait.rgb
        // Stripes, one pixel wide.
        for index in 0..<Self.side * Self.side where Self.coverage.values[index] == 0 {
            for channel in 0..<3 { rgb[index * 3 + channel] &+= index % 2 == 0 ? 12 : 0 }
        }
        let striped = Image(width: Self.side, height: Self.side, rgb: rgb)
        let plate = PersonLayers(striped, coverage: Self.coverage).plate
        // Just inside of the disc.
        let row = 48 * Self.side
        let step = abs(colour(plate, row + 19).x - colour(plate, row + 20).x)
        #expect(step > 2)
    }

    @Test func `A portrait without a background has the portrait for a plate`() {
        let all = FloatImage(width: Self.side, height: Self.side, repeating: 1)
        #expect(PersonLayers(Self.portrait, coverage: all).plate == Self.portrait.rgb)
        #expect(PersonLayers(undivided: Self.portrait).plate == Self.portrait.rgb)
    }

    @Test func `A large portrait's plate is filled too, and its known part is exact`() {
        let (width, height) = (1_000, 700)
        let rgb = (0..<width * height).flatMap { _ -> [UInt8] in [10, 20, 30] }
        var coverage = FloatImage(width: width, height: height)
        for y in 200..<700 { for x in 300..<700 { coverage.values[y * width + x] = 1 } }
        var painted = rgb
        for index in coverage.values.indices where coverage.values[index] == 1 {
            painted[index * 3] = 250
        }
        let plate = PersonLayers(
            Image(width: width, height: height, rgb: painted), coverage: coverage
        ).plate
        #expect(zip(plate, rgb).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
    }
}
