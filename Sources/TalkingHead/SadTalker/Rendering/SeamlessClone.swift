import EngineAPI
import Glibc

/// Puts a rectangle into an image without a seam: its gradients inside, the image's colours on its
/// border. Pérez, Gangnet, Blake, "Poisson Image Editing" (2003).
///
/// What the two differ by on the border is spread inwards by Laplace's equation. In a rectangle
/// each wave along an edge dies away from it by a known rate, short ones soon: a row far from an
/// edge asks for the few longest only.
struct SeamlessClone: Sendable {
    /// Border, inside, border.
    static let sideMin = 3

    private let place: PixelRect
    /// Waves along the width, dying along the height, and the other way round.
    private let (across, down): (EdgeWaves, EdgeWaves)

    /// - place: at least `sideMin` a side.
    init(_ place: PixelRect) {
        precondition(min(place.width, place.height) >= Self.sideMin)
        self.place = place
        across = EdgeWaves(length: place.width - 2, depth: place.height - 2)
        down = EdgeWaves(length: place.height - 2, depth: place.width - 2)
    }

    /// - image: of the rectangle's size, over which its border stays as it is.
    /// - canvas: packed, three bytes a pixel.
    func paste(_ image: FloatImage, into canvas: inout [UInt8], width: Int) {
        precondition((image.width, image.height) == (place.width, place.height))
        precondition(image.channels == 4)
        let (columns, rows) = (place.width, place.height)
        func own(_ x: Int, _ y: Int) -> Colour {
            let at = (y * columns + x) * 4
            return Colour(
                Double(image.values[at]), Double(image.values[at + 1]),
                Double(image.values[at + 2]), 0)
        }
        func gap(_ x: Int, _ y: Int) -> Colour {
            let at = ((place.top + y) * width + place.left + x) * 3
            let there = Colour(
                Double(canvas[at]), Double(canvas[at + 1]), Double(canvas[at + 2]), 0)
            return there - own(x, y)
        }
        var spread = [Colour](repeating: .zero, count: (columns - 2) * (rows - 2))
        across.add(
            near: (1..<columns - 1).map { gap($0, 0) },
            far: (1..<columns - 1).map { gap($0, rows - 1) }, to: &spread, alongStride: 1,
            depthStride: columns - 2)
        down.add(
            near: (1..<rows - 1).map { gap(0, $0) },
            far: (1..<rows - 1).map { gap(columns - 1, $0) }, to: &spread,
            alongStride: columns - 2, depthStride: 1)
        for y in 1..<rows - 1 {
            for x in 1..<columns - 1 {
                let colour = own(x, y) + spread[(y - 1) * (columns - 2) + x - 1]
                let at = ((place.top + y) * width + place.left + x) * 3
                for channel in 0..<3 {
                    canvas[at + channel] = UInt8(
                        bounded: min(max(colour[channel].rounded(.toNearestOrEven), 0), 255))
                }
            }
        }
    }
}

private typealias Colour = SIMD4<Double>

/// How values on two opposite edges of a rectangle spread between them.
private struct EdgeWaves: Sendable {
    /// What is weaker than e⁻³² is not there: below double precision beside 255.
    private static let exponentMax = 32.0

    /// Inner pixels along the edges, and from one to the other.
    private let (length, depth): (Int, Int)
    /// sin(πi / (length + 1)) of one period.
    private let sines: [Double]
    /// How fast each wave dies, a pixel; ascending.
    private let rates: [Double]

    init(length: Int, depth: Int) {
        (self.length, self.depth) = (length, depth)
        let whole = Double(length + 1)
        sines = (0..<2 * (length + 1)).map { sin(Double.pi * Double($0) / whole) }
        // Where the discrete Laplacian of sin(φx)·sinh(θy) is nought.
        rates = (1...length).map { acosh(2 - cos(Double.pi * Double($0) / whole)) }
    }

    private func waves(_ edge: [Colour]) -> [Colour] {
        (1...length).map { wave in
            var sum = Colour.zero
            for index in 0..<length {
                sum += edge[index] * sines[(index + 1) * wave % sines.count]
            }
            return sum * (2 / Double(length + 1))
        }
    }

    /// What is left of a wave so far from its edge, as it is nought at the other.
    private func share(_ rate: Double, _ distance: Int) -> Double {
        let whole = rate * Double(depth + 1)
        let gone = rate * Double(distance)
        return (exp(-gone) - exp(gone - 2 * whole)) / (1 - exp(-2 * whole))
    }

    /// Adds what the edges' values make of each inner pixel.
    func add(
        near: [Colour], far: [Colour], to values: inout [Colour], alongStride: Int,
        depthStride: Int
    ) {
        let (nearWaves, farWaves) = (waves(near), waves(far))
        for row in 1...depth {
            let (toNear, toFar) = (row, depth + 1 - row)
            let closer = Double(min(toNear, toFar))
            let count = rates.prefix { $0 * closer < Self.exponentMax }.count
            let mixed = (0..<count).map {
                nearWaves[$0] * share(rates[$0], toNear) + farWaves[$0] * share(rates[$0], toFar)
            }
            for index in 0..<length {
                var sum = Colour.zero
                var turn = 0
                for wave in 0..<count {
                    turn += index + 1
                    if turn >= sines.count { turn -= sines.count }
                    sum += mixed[wave] * sines[turn]
                }
                values[index * alongStride + (row - 1) * depthStride] += sum
            }
        }
    }
}
