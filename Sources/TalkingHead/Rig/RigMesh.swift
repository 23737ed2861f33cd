import EngineAPI

/// The face's triangles, and the grid of all that moves with it.
struct RigMesh: Sendable {
    let rig: Rig
    let grid: HeadGrid
    /// Where every landmark lies in the portrait.
    let source: [Point2]
    /// Three points each: what is drawn first, behind the face, then the face.
    private let holes: [UInt16]
    private let faces: [(UInt16, UInt16, UInt16)]

    /// - width, height: of the portrait. - coverage: of the person, where it is known.
    init(rig: Rig, width: Int, height: Int, coverage: FloatImage?) {
        self.rig = rig
        grid = HeadGrid(rig: rig, width: width, height: height, coverage: coverage)
        source = rig.rest.map(rig.project)
        holes = Holes.mouth + Holes.eyes
        let corners = FaceTriangles.corners
        faces = stride(from: 0, to: corners.count, by: 3).map {
            (corners[$0], corners[$0 + 1], corners[$0 + 2])
        }
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
        return Placed(
            deformed: deformed, points: turned.map(\.plane), depths: turned.map(\.z),
            nodes: grid.place(deformed, turn, expression), turn: turn, head: head)
    }

    /// Draws the moved face over a canvas that shows the rest of the head.
    func drawFace(_ placed: Placed, on canvas: Canvas, _ sampler: Sampler) {
        func draw(_ a: UInt16, _ b: UInt16, _ c: UInt16) {
            let (a, b, c) = (Int(a), Int(b), Int(c))
            canvas.draw(
                (placed.points[a], placed.points[b], placed.points[c]),
                from: (source[a], source[b], source[c]), sampler)
        }
        for at in stride(from: 0, to: holes.count, by: 3) {
            draw(holes[at], holes[at + 1], holes[at + 2])
        }
        // What is farther is drawn first: a turned nose hides the cheek behind it.
        let order = faces.indices.map { index -> (depth: Float, index: Int) in
            let (a, b, c) = faces[index]
            let depth = placed.depths[Int(a)] + placed.depths[Int(b)] + placed.depths[Int(c)]
            return (depth, index)
        }.sorted { $0.depth > $1.depth }
        for (_, index) in order { draw(faces[index].0, faces[index].1, faces[index].2) }
    }
}
