import EngineAPI
import Testing

@testable import TalkingHead

/// Morphology, components, distances, curves.
@Suite struct NeighbourhoodTests {
    private static let (width, height) = (37, 23)
    private static let noise: FloatImage = {
        var generator = SeededGenerator(seed: 5)
        let values = (0..<width * height).map { _ in generator.uniform(0, 255) }
        return FloatImage(values, width: width, height: height)
    }()

    @Test("the largest and the least of every neighbourhood", arguments: [1, 2, 3, 6, 14])
    func morphology(radius: Int) {
        let (width, height, noise) = (Self.width, Self.height, Self.noise)
        for element in [StructuringElement.disc(radius), .square(radius)] {
            let (most, least) = (noise.dilated(element), noise.eroded(element))
            for y in 0..<height {
                for x in 0..<width {
                    var near: [Float] = []
                    for (row, reach) in element.reaches.enumerated() {
                        let line = y + row - radius
                        guard (0..<height).contains(line) else { continue }
                        let columns = max(x - reach, 0)...min(x + reach, width - 1)
                        near += columns.map { noise.values[line * width + $0] }
                    }
                    #expect(most.values[y * width + x] == near.max())
                    #expect(least.values[y * width + x] == near.min())
                }
            }
        }
    }

    @Test("a closing takes away what is dark and narrow and leaves broad shadows")
    func closes() {
        let (width, height) = (60, 40)
        let image = FloatImage(
            (0..<width * height).map { index in
                let x = index % width
                return (10..<13).contains(x) ? 20 : x >= 35 ? 60 : 200
            }, width: width, height: height)
        let made = image.closed(.disc(5))
        #expect((0..<30).allSatisfy { made.values[20 * width + $0] == 200 })
        #expect((45..<60).allSatisfy { made.values[20 * width + $0] == 60 })
    }

    @Test("parts of a mask are told apart, with their areas and bounds")
    func components() {
        let rows = ["##..#", "#..#.", "..#..", "##...", ".#..#"]
        let mask = rows.flatMap { row in row.map { $0 == "#" } }
        let apart = ConnectedComponents(mask, width: 5, height: 5, joinsCorners: false)
        #expect(apart.components.map(\.area).sorted() == [1, 1, 1, 1, 3, 3])
        let joined = ConnectedComponents(mask, width: 5, height: 5, joinsCorners: true)
        #expect(joined.components.map(\.area).sorted() == [1, 3, 6])
        let largest = joined.components.max { $0.area < $1.area }
        #expect(largest?.width == 5 && largest?.height == 5)
        var seeds = [Bool](repeating: false, count: 25)
        seeds[0] = true
        seeds[12 - 5] = true
        #expect(joined.touching(seeds).count { $0 } == 3)
        // A spiral is one part, however late its turns meet.
        let spiral = ["#####", "....#", "###.#", "#...#", "#####"]
        let turns = spiral.flatMap { row in row.map { $0 == "#" } }
        let one = ConnectedComponents(turns, width: 5, height: 5, joinsCorners: false)
        #expect(one.components.map(\.area) == [17])
    }

    @Test("the nearest pixel is found everywhere, as trying all finds it")
    func nearest() {
        let (width, height) = (29, 31)
        var generator = SeededGenerator(seed: 8)
        let mask = (0..<width * height).map { _ in generator.uniform(0, 1) < 0.02 }
        let found = NearestPixels(mask, width: width, height: height)
        let marked = mask.indices.filter { mask[$0] }
        #expect(marked.count > 5)
        for index in mask.indices {
            func away(_ other: Int) -> Float {
                Point2(Float(other % width - index % width), Float(other / width - index / width))
                    .length
            }
            let least = marked.map(away).min() ?? 0
            #expect(abs(found.distances.values[index] - least) < 1e-3)
            #expect(mask[Int(found.places[index])])
            #expect(abs(away(Int(found.places[index])) - least) < 1e-3)
        }
        let none = NearestPixels([Bool](repeating: false, count: 12), width: 4, height: 3)
        #expect(none.places.allSatisfy { $0 == -1 })
        #expect(none.distances.values.allSatisfy { $0 == .infinity })
    }

    @Test("a curve goes through its points and swings beyond none of them")
    func curves() {
        let points = [(0, 0), (4, 6), (9, 6), (12, -3), (20, -3.5)].map {
            Point2(Float($0.0), Float($0.1))
        }
        let curve = MonotoneCurve(points.reversed(), over: -5...25)
        for point in points { #expect(abs(curve(point.x) - point.y) < 1e-3) }
        let level = stride(from: Float(4), through: 9, by: 0.25).map(curve.callAsFunction)
        #expect(level.allSatisfy { abs($0 - 6) < 1e-3 })
        let fall = stride(from: Float(9), through: 20, by: 0.25).map(curve.callAsFunction)
        #expect(zip(fall, fall.dropFirst()).allSatisfy { $0 >= $1 - 1e-4 })
        #expect(curve(-4) == 0 && curve(24) == -3.5 && curve(900) == -3.5)
        #expect(MonotoneCurve([Point2(1, 5)], over: 0...3)(2) == 5)
    }

    @Test("a quantile is that of the sorted values")
    func quantiles() {
        let sorted = Self.noise.values.sorted()
        for part in [0, 0.14, 0.5, 0.97, 1] {
            let index = Int(bounded: (Float(part) * Float(sorted.count - 1)).rounded())
            #expect(quantile(Self.noise.values, Float(part)) == sorted[index])
        }
        #expect(quantile([], 0.5) == 0 && quantile([4, 4, 4], 0.3) == 4)
    }
}
