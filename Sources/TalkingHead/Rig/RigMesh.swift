import EngineAPI

/// The triangles that are drawn, and the rings around the face that hide where it moves.
struct RigMesh: Sendable {
    /// Size of each ring in sizes of the face's outline, how much of the head's motion it follows,
    /// how much of the jaw's, and of breath. The last ring stays: beyond it nothing changes.
    static let rings: [(size: Float, motion: Float, jaw: Float, breath: Float)] = [
        (1.14, 1, 0.55, 0), (1.32, 0.9, 0.22, 0.4), (1.55, 0.65, 0.06, 0.9), (1.85, 0.3, 0, 1),
        (2.25, 0, 0, 0),
    ]
    /// How far a breath lifts neck and chest, centimetres: a pixel or less in most videos.
    private static let breathRise: Float = 0.1

    let rig: Rig
    /// Ring after ring, around the oval; the head's frame.
    private let ringPoints: [Point3]
    /// How much neck and chest lie in each direction around the oval: all straight down, nothing
    /// beside the neck, where the background would move.
    private let chest: [Float]
    /// Where every point lies in the portrait: landmarks, then rings.
    let source: [Point2]
    /// Three points each, in the order of drawing: holes, rings, the face from back to front.
    let triangles: [UInt16]
    /// Of all that can ever change, in pixels.
    let bounds: (low: Point2, high: Point2)

    init(rig: Rig) {
        self.rig = rig
        ringPoints = RigMesh.ringPoints(rig)
        chest = RigMesh.chest(rig)
        source = rig.rest.map(rig.project) + ringPoints.map(rig.project)
        let face = stride(from: 0, to: FaceTriangles.corners.count, by: 3).map {
            Array(FaceTriangles.corners[$0..<$0 + 3])
        }
        func depth(_ corners: [UInt16]) -> Float {
            corners.reduce(0) { $0 + rig.rest[Int($1)].z }
        }
        triangles =
            Holes.mouth + Holes.eyes + RigMesh.ringTriangles()
            + face.sorted { depth($0) > depth($1) }.flatMap(\.self)
        let outermost = source.suffix(Landmark.oval.count)
        bounds = (
            outermost.reduce(Point2(repeating: .infinity), pointwiseMin),
            outermost.reduce(Point2(repeating: -.infinity), pointwiseMax)
        )
    }

    /// The face's outline enlarged about its middle, in the plane of the image.
    private static func ringPoints(_ rig: Rig) -> [Point3] {
        let oval = Landmark.oval.map { rig.pose.apply(rig.rest[$0]) }
        let low = oval.reduce(Point3(repeating: .infinity), pointwiseMin)
        let high = oval.reduce(Point3(repeating: -.infinity), pointwiseMax)
        let centre = (low + high) * 0.5
        var points: [Point3] = []
        for (index, ring) in rings.enumerated() {
            // The outer rings lie flat behind the face.
            let flat = min(1, Float(index) * 0.5)
            for point in oval {
                var moved = centre + (point - centre) * ring.size
                moved.z = point.z * (1 - flat) + high.z * flat
                points.append(rig.pose.undo(moved))
            }
        }
        return points
    }

    private static func chest(_ rig: Rig) -> [Float] {
        let oval = Landmark.oval.map { rig.rest[$0].plane }
        let centre = oval.reduce(Point2(), +) / Float(oval.count)
        return oval.map { point in
            let outward = point - centre
            return smoothStep(0.7, 0.97, outward.y / max(outward.length, 1e-3))
        }
    }

    private static func ringTriangles() -> [UInt16] {
        let count = Landmark.oval.count
        var corners: [UInt16] = []
        for ring in rings.indices {
            func outer(_ index: Int) -> UInt16 {
                UInt16(Landmark.count + ring * count + index % count)
            }
            func inner(_ index: Int) -> UInt16 {
                ring == 0 ? UInt16(Landmark.oval[index % count]) : outer(index) - UInt16(count)
            }
            for index in 0..<count {
                corners += [inner(index), outer(index), outer(index + 1)]
                corners += [inner(index), outer(index + 1), inner(index + 1)]
            }
        }
        return corners
    }

    /// Where everything is in one frame.
    struct Placed {
        /// Landmarks before the head turned, the head's frame.
        var deformed: [Point3]
        /// All points of the mesh in pixels of the frame.
        var points: [Point2]
        var turn: Matrix3
        var head: HeadTurn
    }

    func place(_ expression: Expression) -> Placed {
        let deformed = rig.deformed(expression)
        let head = expression.head
        let turn = Matrix3.turn(yaw: head.yaw, pitch: head.pitch, roll: head.roll)
        var points = deformed.map { rig.project(rig.turned($0, turn, head)) }
        points.reserveCapacity(source.count)
        let count = Landmark.oval.count
        for (index, point) in ringPoints.enumerated() {
            let ring = RigMesh.rings[index / count]
            let edge = Landmark.oval[index % count]
            var pulled = point + (deformed[edge] - rig.rest[edge]) * ring.jaw
            pulled.y -= Self.breathRise * expression.breath * ring.breath * chest[index % count]
            let moved = rig.turned(pulled, turn, head)
            points.append(rig.project(pulled + (moved - pulled) * ring.motion))
        }
        return Placed(deformed: deformed, points: points, turn: turn, head: head)
    }

    /// Draws the moved portrait over a canvas that shows the portrait at rest.
    func draw(_ placed: Placed, on canvas: Canvas, _ sampler: Sampler) {
        placed.points.withUnsafeBufferPointer { to in
            source.withUnsafeBufferPointer { from in
                triangles.withUnsafeBufferPointer { corners in
                    for at in stride(from: 0, to: corners.count, by: 3) {
                        let (a, b, c) =
                            (Int(corners[at]), Int(corners[at + 1]), Int(corners[at + 2]))
                        canvas.draw(
                            (to[a], to[b], to[c]), from: (from[a], from[b], from[c]), sampler)
                    }
                }
            }
        }
    }
}
