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

    @Test("spectacles stay flat and stiff, whatever face and head do; the mouth speaks on")
    func spectaclesHold() {
        let bare = Rig(landmarks: Nobody.landmarks(yaw: 0))
        var rig = bare
        rig.holdSpectacles()
        // Around both eyes, brows and lower rims, and over the nose.
        let frame =
            Landmark.leftEye.browEdge + Landmark.rightEye.browEdge
            + Landmark.leftEye.lowerFold + Landmark.rightEye.lowerFold + [168, 6]
        var lively = Expression(mouth: MouthShape([0.5, 0, 1, 0.2, 0.2, 0, 0, 0]), brow: 0.6)
        lively.feeling.smile = 1
        let head = HeadTurn(yaw: 0.17, pitch: 0.1, roll: 0.05, right: 0, down: 0)
        let turn = Matrix3.turn(yaw: head.yaw, pitch: head.pitch, roll: head.roll)
        func places(_ rig: Rig) -> [Point2] {
            let points = rig.deformed(lively)
            return frame.map { rig.project(rig.turned(points[$0], turn, head)) }
        }
        let from = frame.map { rig.project(rig.rest[$0]) }
        #expect(bending(from, places(rig)) < 0.3)
        #expect(bending(from, places(bare)) > 2)
        let mouth = Landmark.innerLips
        #expect(rig.deformed(lively)[mouth.lower] == bare.deformed(lively)[mouth.lower])
    }

    /// The largest distance that no affine map explains, pixels.
    private func bending(_ from: [Point2], _ to: [Point2]) -> Float {
        let size = Float(from.count)
        let (here, there) = (
            from.reduce(Point2(), +) / size, to.reduce(Point2(), +) / size
        )
        var (xx, xy, yy): (Float, Float, Float) = (0, 0, 0)
        var (alongX, alongY) = (Point2(), Point2())
        for (a, b) in zip(from, to) {
            let (d, e) = (a - here, b - there)
            (xx, xy, yy) = (xx + d.x * d.x, xy + d.x * d.y, yy + d.y * d.y)
            (alongX, alongY) = (alongX + e * d.x, alongY + e * d.y)
        }
        let determinant = xx * yy - xy * xy
        let column = (alongX * yy - alongY * xy) / determinant
        let row = (alongY * xx - alongX * xy) / determinant
        return zip(from, to).reduce(0) { worst, pair in
            let d = pair.0 - here
            return max(worst, (pair.1 - there - column * d.x - row * d.y).length)
        }
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
}
