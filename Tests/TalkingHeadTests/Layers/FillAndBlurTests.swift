import EngineAPI
import Testing

@testable import TalkingHead

@Suite struct FillAndBlurTests {
    private func noise(_ width: Int, _ height: Int, channels: Int = 1) -> FloatImage {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<width * height * channels).map { _ in generator.uniform(0, 255) }
        return FloatImage(values, width: width, height: height, channels: channels)
    }

    @Test("a blur keeps what is even and the sum of what lies inside, and is a Gaussian")
    func blurs() {
        let even = FloatImage(width: 13, height: 9, channels: 4, repeating: 7)
        #expect(even.blurred(2.5).values.allSatisfy { abs($0 - 7) < 1e-4 })
        var point = FloatImage(width: 41, height: 37)
        point.values[18 * 41 + 20] = 1000
        let spread = point.blurred(2)
        #expect(abs(spread.values.reduce(0, +) - 1000) < 0.1)
        let row = (0..<41).map { spread.values[18 * 41 + $0] }
        // e^(−½) and e^(−2) of the middle at one and two standard deviations.
        #expect(abs(row[22] / row[20] - 0.6065) < 0.002 && abs(row[16] / row[20] - 0.1353) < 0.002)
        #expect(spread.values[16 * 41 + 20] == spread.values[20 * 41 + 20])
        #expect(noise(5, 4).blurred(0.1).values == noise(5, 4).values)
    }

    @Test("each channel is blurred by itself, at the border too")
    func blursChannels() {
        let colours = noise(17, 11, channels: 4)
        let whole = colours.blurred(1.3)
        for channel in 0..<4 {
            let alone = colours.plane(channel).blurred(1.3)
            let own = whole.plane(channel).values
            #expect(zip(own, alone.values).allSatisfy { abs($0 - $1) < 1e-3 })
        }
    }

    @Test("a masked blur takes nothing from outside the mask")
    func blursMasked() {
        let width = 30
        let half = FloatImage(
            (0..<width * 20).map { $0 % width < 15 ? 40 : 9_000 }, width: width, height: 20)
        let mask = FloatImage(
            (0..<width * 20).map { $0 % width < 15 ? 1 : 0 }, width: width, height: 20)
        let made = half.blurred(3, where: mask)
        #expect((0..<17).allSatisfy { abs(made.values[5 * width + $0] - 40) < 0.01 })
    }

    @Test("what is known stays, holes are filled from what is near")
    func fills() {
        let (width, height) = (33, 27)
        // Left 10, right 90, a hole over the middle.
        let image = FloatImage(
            (0..<width * height).map { $0 % width < 16 ? 10 : 90 }, width: width, height: height)
        let known = FloatImage(
            (0..<width * height).map { abs($0 % width - 16) < 7 ? 0 : 1 }, width: width,
            height: height)
        let made = image.filled(known)
        for index in made.values.indices {
            if known.values[index] == 1 { #expect(made.values[index] == image.values[index]) }
            #expect(made.values[index] > 9.99 && made.values[index] < 90.01)
        }
        let middle = (9..<24).map { made.values[13 * width + $0] }
        #expect(zip(middle, middle.dropFirst()).allSatisfy { $0 <= $1 + 1e-3 })
        #expect(abs(middle[7] - 50) < 15, "\(middle)")
    }

    @Test("colours fill as their channels do, and nothing known gives no value that is not finite")
    func fillsColours() {
        let colours = noise(21, 30, channels: 4)
        var generator = SeededGenerator(seed: 9)
        let known = FloatImage(
            (0..<21 * 30).map { _ in generator.uniform(0, 1) < 0.3 ? 1 : 0 }, width: 21, height: 30)
        let whole = colours.filled(known)
        for channel in 0..<4 {
            let alone = colours.plane(channel).filled(known)
            let own = whole.plane(channel).values
            #expect(zip(own, alone.values).allSatisfy { abs($0 - $1) < 1e-2 })
        }
        let nothing = colours.filled(FloatImage(width: 21, height: 30))
        #expect(nothing.values.allSatisfy { $0.isFinite })
        let everything = colours.filled(FloatImage(width: 21, height: 30, repeating: 1))
        #expect(everything.values == colours.values)
    }

    @Test("a portrait's blur is read off its edges")
    func estimatesBlur() {
        let side = 96
        let edges = FloatImage(
            (0..<side * side).map { ($0 % side / 16 + $0 / side / 16) % 2 == 0 ? 40 : 200 },
            width: side, height: side)
        let everywhere = [Bool](repeating: true, count: side * side)
        let read = [0.8, 1.5, 2.5].map {
            BlurEstimate.sigma(edges.blurred(Float($0)), where: everywhere)
        }
        #expect(abs(read[0] - 0.6) < 0.3 && abs(read[1] - 1.3) < 0.3 && abs(read[2] - 2.2) < 0.4)
        #expect(BlurEstimate.sigma(edges, where: [Bool](repeating: false, count: side * side)) == 0)
        let grey = FloatImage(width: side, height: side, repeating: 90)
        #expect((0...3).contains(BlurEstimate.sigma(grey, where: everywhere)))
    }
}
