import Testing

@testable import TalkingHead

@Suite struct GeometryTests {
    @Test(
        "Procrustes recovers a known pose",
        arguments: [
            (Float(0.3), Float(0), Float(0)), (0, 0.4, 0), (0, 0, 2.9), (-0.5, 0.2, -1.4),
        ])
    func recoversPose(yaw: Float, pitch: Float, roll: Float) {
        let turn = Matrix3.turn(yaw: yaw, pitch: pitch, roll: roll)
        let known = Similarity(scale: 7.5, rotation: turn, shift: Point3(100, -40, 12))
        let fit = Procrustes.fit(MeanFace.points, onto: MeanFace.points.map(known.apply))
        #expect(abs(fit.scale - 7.5) < 1e-3)
        let errors = MeanFace.points.map { (fit.apply($0) - known.apply($0)).length }
        let ways = MeanFace.points.map { (fit.undo(known.apply($0)) - $0).length }
        #expect((errors.max() ?? 1) < 0.01)
        #expect((ways.max() ?? 1) < 0.01)
    }

    @Test("a turn keeps lengths and its transpose undoes it")
    func turnsAreRigid() {
        let turn = Matrix3.turn(yaw: 0.4, pitch: -0.2, roll: 1.1)
        let point = Point3(1, -2, 3)
        #expect(abs((turn * point).length - point.length) < 1e-5)
        #expect((turn.transposed * (turn * point) - point).length < 1e-5)
    }

    @Test("an affine map is recovered from points, and its inverse undoes it")
    func fitsAffine() {
        let known = Affine2(x: Point2(2, 0.3), y: Point2(-0.4, 1.5), shift: Point2(9, -7))
        let from = [Point2(0, 0), Point2(10, 1), Point2(3, 8), Point2(-4, 5)]
        let fit = Affine2.fit(from, onto: from.map(known.apply))
        let probe = Point2(17, -3)
        #expect((fit.apply(probe) - known.apply(probe)).length < 1e-3)
        #expect((known.inverse.apply(known.apply(probe)) - probe).length < 1e-4)
    }

    @Test("the mean face is its own mirror image and has its parts in order")
    func meanFaceIsAFace() {
        let points = MeanFace.points
        let corners = Landmark.eyeCorners
        #expect(abs(points[corners.left].x + points[corners.right].x) < 0.011)
        #expect(points[10].y < points[corners.left].y)
        #expect(points[corners.left].y < points[Landmark.innerLips.upper].y)
        #expect(points[Landmark.innerLips.lower].y < points[Landmark.chin].y)
        // The tip of the nose is nearest to the viewer, the ears are far.
        #expect(points[4].z == points.map(\.z).min())
        #expect(points[Landmark.ears.left].z > points[corners.left].z)
    }

    @Test("the mesh with its holes closed is one sheet with the face's oval as its only border")
    func meshIsASheet() {
        let corners = FaceTriangles.corners + Holes.mouth + Holes.eyes
        var uses: [Set<UInt16>: Int] = [:]
        for at in stride(from: 0, to: corners.count, by: 3) {
            let (a, b, c) = (corners[at], corners[at + 1], corners[at + 2])
            for edge in [Set([a, b]), Set([b, c]), Set([c, a])] { uses[edge, default: 0] += 1 }
        }
        #expect(corners.count / 3 == 898)
        #expect(uses.values.allSatisfy { $0 <= 2 })
        let border = uses.filter { $0.value == 1 }.keys.reduce(into: Set<UInt16>()) {
            $0.formUnion($1)
        }
        #expect(border == Set(Landmark.oval.map { UInt16($0) }))
    }
}
