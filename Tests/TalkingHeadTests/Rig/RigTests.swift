import EngineAPI
import Testing

@testable import TalkingHead

@Suite struct RigTests {
    private let rig = Nobody.rig

    /// Distance of the inner lips in a deformed mesh, centimetres, at the middle and at both sides.
    private func gaps(_ points: [Point3]) -> [Float] {
        [2, 5, 8].map { column in
            points[Landmark.lowerLip[0][column]].y - points[Landmark.upperLip[0][column]].y
        }
    }

    private func shape(_ channel: Int, _ value: Float) -> Expression {
        var channels = SIMD8<Float>()
        channels[channel] = value
        return Expression(mouth: MouthShape(channels))
    }

    @Test("at rest nothing moves")
    func restIsRest() {
        #expect(rig.deformed(.rest) == rig.rest)
    }

    @Test("the jaw opens the lips by more the further it turns, and leaves the eyes alone")
    func jawOpens() {
        let steps = [0, 0.25, 0.5, 1].map { gaps(rig.deformed(shape(0, $0)))[1] }
        #expect(steps == steps.sorted())
        #expect(steps[3] - steps[0] > 0.8 && steps[3] - steps[0] < 1.4)
        let open = rig.deformed(shape(0, 1))
        #expect(open[Landmark.chin].y > rig.rest[Landmark.chin].y + 0.4)
        let still = Landmark.leftEye.upper + Landmark.rightEye.lower + [10, 168]
        #expect(still.allSatisfy { open[$0] == rig.rest[$0] })
    }

    @Test("a speaking face keeps little of the gap between its lips and none of a smile's width")
    func smileGivesWay() {
        let rest = gaps(rig.rest)[1]
        let eased = rig.deformed(Expression(ease: 1))
        #expect(gaps(eased)[1] < 0.3 * rest)
        // Lips that hardly show a gap are no smile.
        let corners = Landmark.mouthCorners
        let width = eased[corners.right].x - eased[corners.left].x
        #expect(abs(width - (rig.rest[corners.right].x - rig.rest[corners.left].x)) < 0.05)
    }

    @Test("breath lifts what is below the chin and nothing beside it or on the face")
    func breathLifts() {
        let mesh = RigMesh(rig: rig)
        let (rest, risen) = (mesh.place(.rest).points, mesh.place(Expression(breath: 1)).points)
        let lifts = zip(rest, risen).map { $0.y - $1.y }
        #expect(lifts.prefix(Landmark.count).allSatisfy { $0 == 0 })
        #expect(lifts.suffix(Landmark.oval.count).allSatisfy { abs($0) < 1e-3 })
        let chin = Landmark.oval.firstIndex(of: Landmark.chin) ?? 0
        let below = lifts[Landmark.count + 3 * Landmark.oval.count + chin]
        #expect(below > 0.4 && below < 1)
        let brow = lifts[Landmark.count + 3 * Landmark.oval.count]
        #expect(abs(brow) < 1e-3)
    }

    @Test("closing takes away the gap of the portrait's own lips")
    func lipsClose() {
        let gap = gaps(rig.rest)[1]
        #expect(gap > 0.2)
        #expect(gaps(rig.deformed(shape(5, 1))).allSatisfy { abs($0) < 0.02 })
    }

    @Test("rounding draws the corners together, stretching draws them apart")
    func cornersMove() {
        func width(_ points: [Point3]) -> Float {
            points[Landmark.mouthCorners.right].x - points[Landmark.mouthCorners.left].x
        }
        #expect(width(rig.deformed(shape(1, 1))) < width(rig.rest) * 0.85)
        #expect(width(rig.deformed(shape(2, 1))) > width(rig.rest) * 1.05)
    }

    @Test("a tucked lower lip rises towards the upper teeth")
    func lipTucks() {
        let lip = Landmark.innerLips.lower
        #expect(rig.deformed(shape(6, 1))[lip].y < rig.rest[lip].y - 0.2)
    }

    @Test("a blink moves no point of the mesh")
    func lidsStay() {
        #expect(rig.deformed(Expression(blink: 1)) == rig.rest)
    }

    @Test("a face that looks aside does not slide over its own outline when it turns")
    func outlinesHold() {
        let rig = Rig(landmarks: Nobody.landmarks(yaw: 0.7))
        let head = HeadTurn(yaw: 0.07, pitch: 0, roll: 0, right: 0, down: 0)
        let turn = Matrix3.turn(yaw: 0.07, pitch: 0, roll: 0)
        let from = rig.rest.map(rig.project)
        let moves = rig.rest.indices.map {
            rig.project(rig.turned(rig.rest[$0], turn, head)) - from[$0]
        }
        // Neighbours in the image move alike, however far apart they are on the face.
        let worst = from.indices.map { a in
            from.indices.reduce(Float(0)) { worst, b in
                max(worst, (moves[a] - moves[b]).length - 0.15 * (from[a] - from[b]).length)
            }
        }
        #expect((worst.max() ?? 1) < 0.1)
    }

    @Test("the outermost ring stays whatever the face does")
    func outerRingStays() {
        let mesh = RigMesh(rig: rig)
        var expression = shape(0, 1)
        expression.head = HeadTurn(yaw: 0.07, pitch: 0.05, roll: 0.05, right: 0.2, down: 0.1)
        let placed = mesh.place(expression)
        let count = Landmark.oval.count
        for (moved, rest) in zip(placed.points.suffix(count), mesh.source.suffix(count)) {
            #expect((moved - rest).length < 1e-3)
        }
        let chin = Landmark.chin
        #expect((placed.points[chin] - mesh.source[chin]).length > 5)
    }
}
