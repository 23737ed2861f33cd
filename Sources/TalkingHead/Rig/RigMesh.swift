import EngineAPI

/// The face's triangles, and the grid of all that moves with it.
struct RigMesh: Sendable {
    let rig: Rig
    private(set) var grid: HeadGrid
    /// Where every landmark lies in the portrait.
    let source: [Point2]
    /// Three points each: what is drawn first, behind the face, then the face.
    private let holes: [UInt16]
    private let faces: [Face]

    private struct Face {
        let corners: (Int, Int, Int)
        /// Whether the background shows through somewhere.
        let isEdge: Bool
    }

    /// - width, height: of the portrait. - coverage: of the person, where it is known.
    init(rig: Rig, width: Int, height: Int, coverage: FloatImage?) {
        self.rig = rig
        grid = HeadGrid(rig: rig, width: width, height: height, coverage: coverage)
        source = rig.rest.map(rig.project)
        holes = Holes.seam + Holes.mouth + Holes.eyes
        let (all, source) = (FaceTriangles.corners, source)
        faces = stride(from: 0, to: all.count, by: 3).map { at in
            let corners = (Int(all[at]), Int(all[at + 1]), Int(all[at + 2]))
            let box = PixelBox(
                around: [source[corners.0], source[corners.1], source[corners.2]], width: width,
                height: height)
            return Face(corners: corners, isEdge: coverage.map { !$0.isFull(in: box) } ?? false)
        }
        grid.hide(under: covered(width: width, height: height), width: width)
    }

    /// Pixels that the face draws in every frame, at rest.
    private func covered(width: Int, height: Int) -> [Bool] {
        var mask = AlphaMask(around: source, margin: 0, width: width, height: height)
        mask.fill(Landmark.oval.map { source[$0] })
        var covered = [Bool](repeating: false, count: width * height)
        for y in mask.rows {
            for x in mask.columns { covered[y * width + x] = mask[x, y] > 0.999 }
        }
        for face in faces where face.isEdge {
            let (a, b, c) = face.corners
            let box = PixelBox(
                around: [source[a], source[b], source[c]], width: width, height: height)
            for y in box.top..<box.top + box.height {
                for x in box.left..<box.left + box.width { covered[y * width + x] = false }
            }
        }
        return covered
    }

    /// Where everything is in one frame.
    struct Placed {
        /// Landmarks before the head turned, the head's frame.
        var deformed: [Point3]
        /// Landmarks in pixels of the frame; depths grow away.
        var points: [Point2]
        var depths: [Float]
        /// The grid's nodes in pixels of the frame.
        var nodes: [Point2]
        var turn: Matrix3
        var head: HeadTurn
    }

    func place(_ expression: Expression) -> Placed {
        let deformed = rig.deformed(expression)
        let head = expression.head
        let turn = Matrix3.turn(yaw: head.yaw, pitch: head.pitch, roll: head.roll)
        let turned = deformed.map { rig.pose.apply(rig.turned($0, turn, head)) }
        var points = turned.map(\.plane)
        if !isAtRest(expression) { Self.join(&points) }
        return Placed(
            deformed: deformed, points: points, depths: turned.map(\.z),
            nodes: grid.place(deformed, turn, expression), turn: turn, head: head)
    }

    private func isAtRest(_ expression: Expression) -> Bool {
        expression.mouth == .rest && expression.ease == 0
    }

    /// Lips that are less than a pixel apart meet: nothing draws so thin a hole.
    private static func join(_ points: inout [Point2]) {
        for column in 1..<10 {
            let (upper, lower) = (Landmark.upperLip[0][column], Landmark.lowerLip[0][column])
            guard (points[lower] - points[upper]).length < joinedGap else { continue }
            points[upper] = (points[upper] + points[lower]) * 0.5
            points[lower] = points[upper]
        }
    }

    /// Pixels. Wider than what is too thin to be drawn.
    private static let joinedGap: Float = 0.5

    private func hasMoved(_ point: Int, _ placed: Placed) -> Bool {
        let way = placed.points[point] - source[point]
        return abs(way.x) > HeadCompositor.leastWay || abs(way.y) > HeadCompositor.leastWay
    }

    /// Whether a triangle is too thin to tell where in the portrait its pixels come from.
    private func isSliver(
        _ a: Int, _ b: Int, _ c: Int, _ points: [Point2], below leastHeight: Float
    ) -> Bool {
        let (one, other) = (points[b] - points[a], points[c] - points[a])
        let area = abs(one.x * other.y - one.y * other.x)
        return area < leastHeight * max(one.length, other.length, (one - other).length)
    }

    /// Whether a triangle shows its other side than in the portrait.
    private func isFolded(_ a: Int, _ b: Int, _ c: Int, _ placed: Placed) -> Bool {
        func area(_ points: [Point2]) -> Float {
            let (one, other) = (points[b] - points[a], points[c] - points[a])
            return one.x * other.y - one.y * other.x
        }
        return area(source) * area(placed.points) < 0
    }

    /// Pixels from a thin triangle's longest side to the point across. Between the lips, the lips
    /// themselves are seen instead of a slit.
    private static let (leastHeight, leastSlit): (Float, Float) = (0.3, 1)

    /// Draws the moved face over a canvas that shows the rest of the head.
    /// - plate: what is behind the person, packed RGB.
    func drawFace(
        _ placed: Placed, on canvas: Canvas, _ sampler: Sampler, over plate: [UInt8]
    ) {
        plate.withUnsafeBufferPointer {
            drawFace(placed, on: canvas, sampler, over: $0.baseAddress!)
        }
    }

    private func drawFace(
        _ placed: Placed, on canvas: Canvas, _ sampler: Sampler,
        over plate: UnsafePointer<UInt8>
    ) {
        func draw(_ a: Int, _ b: Int, _ c: Int, isEdge: Bool) {
            // The grid shows it as the portrait does, to the bit.
            if isEdge, !hasMoved(a, placed), !hasMoved(b, placed), !hasMoved(c, placed) { return }
            var from = (source[a], source[b], source[c])
            if isSliver(a, b, c, placed.points, below: Self.leastHeight),
                !isSliver(a, b, c, source, below: 2 * Self.leastHeight)
            {
                // Rounding could take its pixels from anywhere: they get its middle's colour.
                let middle = (from.0 + from.1 + from.2) / 3
                from = (middle, middle, middle)
            }
            canvas.draw(
                (placed.points[a], placed.points[b], placed.points[c]), from: from, sampler,
                over: isEdge ? plate : nil)
        }
        let slits = Holes.seam.count..<Holes.seam.count + Holes.mouth.count
        for at in stride(from: 0, to: holes.count, by: 3) {
            let (a, b, c) = (Int(holes[at]), Int(holes[at + 1]), Int(holes[at + 2]))
            let isSlit = slits.contains(at)
            guard
                !isSliver(
                    a, b, c, placed.points, below: isSlit ? Self.leastSlit : Self.leastHeight)
            else { continue }
            draw(a, b, c, isEdge: false)
        }
        // What is farther is drawn first: a turned nose hides the cheek behind it. Before all of it
        // what shows its back: where skin folds, as beside a mouth that was wide open, the skin
        // around it lies over the fold.
        let order = faces.indices.map { index -> (depth: Float, index: Int) in
            let (a, b, c) = faces[index].corners
            let depth = placed.depths[a] + placed.depths[b] + placed.depths[c]
            return (isFolded(a, b, c, placed) ? .infinity : depth, index)
        }.sorted { $0.depth > $1.depth }
        for (_, index) in order {
            let (a, b, c) = faces[index].corners
            draw(a, b, c, isEdge: faces[index].isEdge)
        }
    }
}

extension FloatImage {
    /// Whether each value in a box is 1, as far as a byte tells.
    fileprivate func isFull(in box: PixelBox) -> Bool {
        (box.top..<box.top + box.height).allSatisfy { y in
            (box.left..<box.left + box.width).allSatisfy {
                values[y * width + $0] >= 254.5 / 255
            }
        }
    }
}
