import EngineAPI
import Glibc

/// Looks for the bridge of spectacles: a band with two sharp edges from one side of the nose to the
/// other. Thin frames, and those without a lower rim, have one too. The shade of a socket has soft
/// edges, wrinkles end sooner, and brows that meet lie higher.
struct SpectacleBridge {
    /// A grid's step, in the distance between the inner corners of the eyes; both edges of a band
    /// are read over two steps to either side.
    private static let step: Float = 0.03
    private static let edgeReach = 2
    /// Of the way between the inner corners: rims and pads lie beside it, and a band that goes on
    /// down along them has no lower edge there.
    private static let across: ClosedRange<Float> = 0.3...0.7
    private static let columns = 16
    /// How far above the corners a band may lie, and how far below them.
    private static let (highest, lowest): (Float, Float) = (-0.75, 0.45)
    /// How far below the lower edge of the brows' inner ends, which may meet.
    private static let belowBrows: Float = 0.02
    /// How thick a band may be.
    private static let thickest: Float = 0.38
    /// How much darker or brighter it is than the skin on either side; wrinkles have bright bands
    /// between them.
    private static let (leastDark, leastBright): (Float, Float) = (0.08, 0.1)
    /// Columns where a highlight may hide it.
    private static let missedColumns = 1
    /// Beside an eye, where the outer side of a rim or a hinge is, and how much of an edge it has.
    private static let (beside, besideRows): (ClosedRange<Float>, Int) = (0.2...0.85, 12)
    private static let heights: ClosedRange<Float> = -0.3...0.4
    private static let (leastSide, leastSideRows): (Float, Int) = (0.12, 2)

    private let image: Image
    private let points: [Point2]
    private let axis: Point2
    private let down: Point2
    private let unit: Float

    /// - points: the face's landmarks, in pixels.
    init(_ image: Image, _ points: [Point2]) {
        (self.image, self.points) = (image, points)
        let way = points[Landmark.rightEye.upper[8]] - points[Landmark.leftEye.upper[8]]
        let corners = Landmark.eyeCorners
        let apart = (points[corners.right] - points[corners.left]).length
        axis = way / max(way.length, 1e-3)
        down = Point2(-axis.y, axis.x)
        // Of a face that looks aside, the nose hides a part.
        unit = max(way.length, 0.3 * apart, 1)
    }

    /// Whether there is one, and something of a frame beside an eye.
    var isSeen: Bool { crossesNose && hasSide }

    /// Whether a band lies over the nose.
    var crossesNose: Bool {
        let (dark, bright) = bands()
        return Self.isCrossed(dark, Self.leastDark) || Self.isCrossed(bright, Self.leastBright)
    }

    /// Rows of the nose, from the top, and in each how dark or bright a band begins there: the
    /// weaker of its edges, by column.
    private func bands() -> (dark: [[Float]], bright: [[Float]]) {
        let (left, right) = (Landmark.leftEye, Landmark.rightEye)
        let (from, to) = (points[left.upper[8]], points[right.upper[8]])
        let middle = (from + to) * 0.5
        let brows = [left, right].map { ((points[$0.browEdge[4]] - middle) * down).sum() / unit }
        let top = max((brows.min() ?? 0) + Self.belowBrows, Self.highest)
        let (reach, thickest) = (Self.edgeReach, Int(bounded: Self.thickest / Self.step))
        let count = Int(bounded: max((Self.lowest - top) / Self.step, 0))
        let shares = (0..<Self.columns).map { column in
            let part = Float(column) / Float(Self.columns - 1)
            return Self.across.lowerBound
                + part * (Self.across.upperBound - Self.across.lowerBound)
        }
        let columns = shares.map { share in
            edges(
                (-reach..<count + thickest + reach).map { row in
                    from + (to - from) * share + down * (unit * (top + Self.step * Float(row)))
                })
        }
        func made(_ sign: Float) -> [[Float]] {
            (0..<count).map { row in
                columns.map { column -> Float in
                    let end = column[row + 1...row + thickest].map { -sign * $0 }.max() ?? 0
                    return min(sign * column[row], end)
                }
            }
        }
        return (made(1), made(-1))
    }

    /// How much darker each place of a line is behind than before, but for those at its ends.
    private func edges(_ line: [Point2]) -> [Float] {
        let (lights, reach) = (line.map(light), Self.edgeReach)
        return (reach..<max(lights.count - reach, reach)).map { place in
            let (before, behind) = (lights[place - reach], lights[place + reach])
            return (before - behind) / max(before, behind, 20)
        }
    }

    /// The mean luminance of a grid's cell.
    private func light(_ at: Point2) -> Float {
        let side = min(max(Int(bounded: (Self.step * unit).rounded(.up)), 1), 4)
        var sum: Float = 0
        for row in 0..<side {
            for column in 0..<side {
                let offset = Point2(Float(column), Float(row)) + 0.5
                let place = at + (offset / Float(side) - 0.5) * (Self.step * unit)
                sum += image.nearest(place).luminance
            }
        }
        return sum / Float(side * side)
    }

    /// Whether a way goes over all columns but those that may be missed, and climbs by no more than
    /// a row from one to the next.
    private static func isCrossed(_ bands: [[Float]], _ leastEdge: Float) -> Bool {
        var missed = [Int](repeating: 0, count: bands.count)
        for column in 0..<columns {
            missed = bands.indices.map { row in
                let near = missed[max(row - 1, 0)...min(row + 1, bands.count - 1)].min() ?? 0
                return near + (bands[row][column] > leastEdge ? 0 : 1)
            }
        }
        return missed.contains { $0 <= missedColumns }
    }

    /// Whether some lines outwards from an eye cross something.
    var hasSide: Bool {
        let corners = Landmark.eyeCorners
        return [(corners.left, axis * -1), (corners.right, axis)].contains { corner, outward in
            let steps = Int(
                bounded: (Self.beside.upperBound - Self.beside.lowerBound) / Self.step)
            let rows = (0..<Self.besideRows).filter { row in
                let part = Float(row) / Float(Self.besideRows - 1)
                let height =
                    Self.heights.lowerBound
                    + part * (Self.heights.upperBound - Self.heights.lowerBound)
                let from = points[corner] + down * (height * unit)
                let line = (0..<steps).map { step in
                    from + outward * ((Self.beside.lowerBound + Self.step * Float(step)) * unit)
                }
                return edges(line).contains { abs($0) > Self.leastSide }
            }
            return rows.count >= Self.leastSideRows
        }
    }
}
