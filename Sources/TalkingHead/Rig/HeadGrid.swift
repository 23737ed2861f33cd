import EngineAPI
import Glibc

/// Head, hair, neck and shoulders as a grid over the portrait, whose nodes have a depth and follow
/// the head and the jaw as far as they are part of them. Around the portrait lie a few more cells,
/// so that no border comes into view; they show the portrait mirrored.
struct HeadGrid: Sendable {
    /// Cells beyond each border.
    private static let outerCells = 6
    /// A cell's side, centimetres of the face, and how many there are along the longer side.
    private static let cellCentimetres: Float = 0.8
    private static let cellsMin: Float = 40
    private static let cellsMax: Float = 96
    /// How much of the jaw's way is followed at so many sizes of the face's outline.
    private static let jawRadii: [Float] = [1, 1.14, 1.32, 1.55, 1.85]
    private static let jawShares: [Float] = [1, 0.55, 0.22, 0.06, 0]
    /// From so many centimetres between the lips on, a chin lies so much further out by each, in
    /// sizes of the outline.
    private static let (wideGap, chinBelow): (Float, Float) = (1.2, 0.08)
    /// How far a breath lifts neck and chest, centimetres: a pixel or less in most videos.
    private static let breathRise: Float = 0.1

    private struct Node {
        /// In the head's frame.
        var point: Point3
        /// How much of the head's motion, the jaw's way and a breath it follows, 0…1.
        var head: Float
        var jaw: Float
        var breath: Float
        /// The points of the outline on either side of its direction, and how near the second is.
        var edges: (Int, Int)
        var part: Float
    }

    /// What a cell shows.
    enum Content: UInt8, Sendable {
        /// Nothing of the person, nor of the margin in which the plate differs from the portrait.
        case nothing
        /// The person's edge, or that margin.
        case edge
        /// Nothing but the person.
        case person
        /// What the face lies over in every frame.
        case hidden
    }

    let columns: Int
    let rows: Int
    private let nodes: [Node]
    /// Where each node lies in the portrait at rest, also outside of it, and where its colour is.
    let rest: [Point2]
    let source: [Point2]
    /// Of the cells, row by row.
    private(set) var contents: [Content]
    private let rig: Rig

    /// - coverage: of the person; nil where it is not known: then what is far from the face stays.
    init(rig: Rig, width: Int, height: Int, coverage: FloatImage?) {
        self.rig = rig
        let longest = Float(max(width, height))
        let side =
            longest
            / min(
                max(longest / (Self.cellCentimetres * rig.pose.scale), Self.cellsMin), Self.cellsMax
            )
        let (across, down) = (
            max(Int(bounded: (Float(width) / side).rounded()), 2),
            max(Int(bounded: (Float(height) / side).rounded()), 2)
        )
        columns = across + 2 * Self.outerCells + 1
        rows = down + 2 * Self.outerCells + 1
        func places(_ cells: Int, _ length: Int) -> [(rest: Float, source: Float)] {
            (-Self.outerCells...cells + Self.outerCells).map { cell in
                func place(_ cell: Int) -> Float { Float(cell) * Float(length - 1) / Float(cells) }
                return (place(cell), place(mirrored(cell, cells + 1)))
            }
        }
        let (xs, ys) = (places(across, width), places(down, height))
        rest = ys.flatMap { y in xs.map { Point2($0.rest, y.rest) } }
        source = ys.flatMap { y in xs.map { Point2($0.source, y.source) } }
        contents = Self.contents(
            source, columns: columns, rows: rows, width: width, height: height, coverage)
        let surface = HeadSurface(rig: rig, width: width, height: height)
        nodes = rest.map { place in
            Self.node(at: surface.point(at: place), rig, surface, isUndivided: coverage == nil)
        }
    }

    private static func node(
        at point: Point3, _ rig: Rig, _ surface: HeadSurface, isUndivided: Bool
    ) -> Node {
        let chin = rig.rest[Landmark.chin].y
        let outline = surface.outline(towards: point.plane)
        // The neck bends; what is far beside the head is no hair any more.
        var head =
            (1 - smoothStep(chin + 0.2, chin + 6.5, point.y))
            * (1 - smoothStep(10, 15, abs(point.x)))
        // The mesh never opens its jaw as far as people do: a screaming chin is below its outline.
        let below =
            (chinBelow * max(rig.restGap - wideGap, 0)) * smoothStep(rig.mouth.y, chin, point.y)
        if isUndivided { head *= 1 - smoothStep(1.1, 2.25, outline.radius) }
        return Node(
            point: point, head: head,
            jaw: interpolate(outline.radius - below, jawRadii, jawShares),
            breath: isUndivided ? 0 : smoothStep(chin + 2, chin + 7, point.y),
            edges: outline.edges, part: outline.part)
    }

    private static func contents(
        _ source: [Point2], columns: Int, rows: Int, width: Int, height: Int,
        _ coverage: FloatImage?
    ) -> [Content] {
        let hidden = coverage.map(PersonLayers.hidden(by:))
        var made: [Content] = []
        for row in 0..<rows - 1 {
            for column in 0..<columns - 1 {
                guard let coverage, let hidden else {
                    made.append(.person)
                    continue
                }
                let (a, b) = (
                    source[row * columns + column], source[(row + 1) * columns + column + 1]
                )
                let (low, high) = (pointwiseMin(a, b), pointwiseMax(a, b))
                var (least, most): (Float, Float) = (1, 0)
                for y in Int(bounded: low.y)...min(Int(bounded: high.y.rounded(.up)), height - 1) {
                    let (first, last) = (
                        Int(bounded: low.x), min(Int(bounded: high.x.rounded(.up)), width - 1)
                    )
                    for x in first...last {
                        let at = y * width + x
                        least = min(least, coverage.values[at])
                        most = max(most, hidden.values[at])
                    }
                }
                // By bytes, as it is drawn.
                made.append(
                    most <= PersonLayers.leastHidden
                        ? .nothing : least >= 254.5 / 255 ? .person : .edge)
            }
        }
        return made
    }

    /// Leaves out the cells that something else lies over, and their neighbours too: whatever moves
    /// them moves it about as far.
    /// - covered: pixels of the portrait at rest, row by row.
    mutating func hide(under covered: [Bool], width: Int) {
        let height = covered.count / max(width, 1)
        func isCovered(_ row: Int, _ column: Int) -> Bool {
            guard (1..<rows - 2).contains(row), (1..<columns - 2).contains(column) else {
                return false
            }
            let (low, high) = (
                rest[(row - 1) * columns + column - 1], rest[(row + 2) * columns + column + 2]
            )
            guard low.x >= 0, low.y >= 0, high.x < Float(width), high.y < Float(height) else {
                return false
            }
            let xs = Int(bounded: low.x)...Int(bounded: high.x)
            return (Int(bounded: low.y)...Int(bounded: high.y)).allSatisfy { y in
                xs.allSatisfy { covered[y * width + $0] }
            }
        }
        for row in 0..<rows - 1 {
            for column in 0..<columns - 1 where isCovered(row, column) {
                contents[row * (columns - 1) + column] = .hidden
            }
        }
    }

    /// Where the nodes are in one frame, pixels.
    /// - deformed: the face's points before the head turned.
    func place(
        _ deformed: [Point3], _ turn: Matrix3, _ expression: Expression
    ) -> [Point2] {
        let ways = Landmark.oval.map { deformed[$0] - rig.rest[$0] }
        let head = expression.head
        let isStill = head == HeadTurn()
        let rise = Self.breathRise * expression.breath
        return nodes.indices.map { index in
            let node = nodes[index]
            var point = node.point
            if node.jaw > 0 {
                let way = ways[node.edges.0] * (1 - node.part) + ways[node.edges.1] * node.part
                point += way * node.jaw
            }
            point.y -= rise * node.breath
            if !isStill, node.head > 0 {
                point += (rig.turned(point, turn, head) - point) * node.head
            }
            // By how far it moved: what stayed lies where it was to the last bit.
            return rest[index] + (rig.project(point) - rig.project(node.point))
        }
    }
}

/// How deep everything in the portrait lies, and in which direction from the face.
private struct HeadSurface {
    /// Pixels a value of the depth's plane.
    private static let step = 4
    /// How far behind the neck's pivot the hair is, and how far from the face it gets there.
    private static let backCentimetres: Float = 1.2
    private static let slopeCentimetres: Float = 4.5

    private let rig: Rig
    /// Depth in the camera's frame times the scale, a quarter of the portrait's size.
    private let depths: FloatImage
    /// Pixels from the face's outline, outside of it.
    private let distances: FloatImage
    private let back: Float
    private let centre: Point2
    /// Directions and sizes of the outline's points, by direction, a turn more on either side.
    private var angles: [(angle: Float, index: Int, radius: Float)] = []

    init(rig: Rig, width: Int, height: Int) {
        self.rig = rig
        let points = rig.rest.map(rig.pose.apply)
        let step = Self.step
        var sums = FloatImage(width: width / step + 1, height: height / step + 1)
        var counts = sums
        for point in points {
            let x = min(max(Int(bounded: (point.x / Float(step)).rounded()), 0), sums.width - 1)
            let y = min(max(Int(bounded: (point.y / Float(step)).rounded()), 0), sums.height - 1)
            sums.values[y * sums.width + x] += point.z
            counts.values[y * sums.width + x] += 1
        }
        for index in sums.values.indices { sums.values[index] /= max(counts.values[index], 1) }
        depths = sums.filled(counts.mapped { min($0, 1) }).blurred(2)
        var mask = AlphaMask(
            around: [Point2(), Point2(Float(width / step), Float(height / step))], margin: 0,
            width: sums.width, height: sums.height)
        mask.fill(Landmark.oval.map { points[$0].plane / Float(step) })
        distances =
            NearestPixels(
                mask.values.map { $0 > 0.5 }, width: mask.width, height: mask.height
            ).distances
        let behind = Point3(0, rig.hinge.y, rig.pivot.z + Self.backCentimetres)
        back = rig.pose.apply(behind).z
        let oval = Landmark.oval.map { rig.rest[$0].plane }
        let low = oval.reduce(Point2(repeating: .infinity), pointwiseMin)
        let high = oval.reduce(Point2(repeating: -.infinity), pointwiseMax)
        let centre = (low + high) * 0.5
        self.centre = centre
        let sorted = oval.indices.map { index -> (angle: Float, index: Int, radius: Float) in
            let way = oval[index] - centre
            return (atan2f(way.y, way.x), index, way.length)
        }.sorted { $0.angle < $1.angle }
        for turn: Float in [-1, 0, 1] {
            angles += sorted.map { ($0.angle + turn * 2 * .pi, $0.index, $0.radius) }
        }
    }

    /// A place of the portrait in the head's frame.
    func point(at place: Point2) -> Point3 {
        let at = place / Float(Self.step)
        let away = distances.sample(at) * Float(Self.step) / rig.pose.scale
        let near = depths.sample(at)
        let depth =
            near + (back - near) * smoothStep(0, Self.slopeCentimetres, away.isFinite ? away : 0)
        let point = rig.pose.undo(Point3(place.x, place.y, depth))
        return rig.spectacles.map { held(by: $0, point, place, depth) } ?? point
    }

    /// What of a frame is seen beside the face is as stiff as what lies before it: there the head
    /// does not fall back.
    private func held(
        by spectacles: Spectacles, _ point: Point3, _ place: Point2, _ depth: Float
    ) -> Point3 {
        let deeper = rig.pose.undo(Point3(place.x, place.y, depth + rig.pose.scale))
        guard let part = spectacles.meeting(point, deeper) else { return point }
        let onPlane = point + (deeper - point) * part
        return onPlane + (point - onPlane) * spectacles.looseness(at: onPlane.plane)
    }

    /// The outline's points on either side of a direction, and how many sizes of it away that is.
    func outline(towards point: Point2) -> (edges: (Int, Int), part: Float, radius: Float) {
        let way = point - centre
        let angle = atan2f(way.y, way.x)
        var (low, high) = (0, angles.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if angles[middle].angle <= angle { low = middle } else { high = middle }
        }
        let (a, b) = (angles[low], angles[high])
        let part = min(max((angle - a.angle) / max(b.angle - a.angle, 1e-6), 0), 1)
        let size = max(a.radius + (b.radius - a.radius) * part, 0.1)
        return ((a.index, b.index), part, way.length / size)
    }
}
