import Glibc
import Testing

@testable import TalkingHead

/// A frame of spectacles is stiff, before the face and beside it.
struct SpectaclesTests {
    /// How far points leave the affine motion that is nearest to all of them, pixels, at most.
    private static func bending(_ from: [Point2], _ to: [Point2]) -> Float {
        // Least squares of x, y and 1, by Cramer's rule about the middle.
        let count = Float(from.count)
        let (a, b) = (from.reduce(Point2(), +) / count, to.reduce(Point2(), +) / count)
        var (xx, xy, yy) = (Float(0), Float(0), Float(0))
        var (x, y) = (Point2(), Point2())
        for (p, q) in zip(from, to) {
            let (d, e) = (p - a, q - b)
            (xx, xy, yy) = (xx + d.x * d.x, xy + d.x * d.y, yy + d.y * d.y)
            (x, y) = (x + e * d.x, y + e * d.y)
        }
        let size = xx * yy - xy * xy
        let (byX, byY) = ((x * yy - y * xy) / size, (y * xx - x * xy) / size)
        return zip(from, to).map { p, q in
            let d = p - a
            return (b + byX * d.x + byY * d.y - q).length
        }.max() ?? 0
    }

    @Test(arguments: [0, 0.5, -0.5] as [Float])
    func `What a frame reaches beside the face moves with it as one plane`(yaw: Float) {
        func bending(isHeld: Bool) -> Float {
            var rig = Rig(landmarks: Nobody.landmarks(yaw: yaw))
            let spectacles = Spectacles(before: rig.rest)
            if isHeld { rig.holdSpectacles() }
            let (width, height) = (Nobody.width, Nobody.height)
            let grid = HeadGrid(
                rig: rig, width: width, height: height,
                coverage: FloatImage(width: width, height: height, repeating: 1))
            let head = HeadTurn(yaw: 0.15, pitch: 0.08, roll: 0.05, right: 0.5)
            let turn = Matrix3.turn(yaw: head.yaw, pitch: head.pitch, roll: head.roll)
            var expression = Expression()
            expression.head = head
            let moved = grid.place(rig.deformed(expression), turn, expression)
            let stiff = grid.rest.indices.filter { index in
                let near = rig.pose.undo(Point3(grid.rest[index].x, grid.rest[index].y, 0))
                let far = rig.pose.undo(Point3(grid.rest[index].x, grid.rest[index].y, 7))
                guard let part = spectacles.meeting(near, far) else { return false }
                let onPlane = near + (far - near) * part
                // A frame lies at the eyes' height.
                return spectacles.looseness(at: onPlane.plane) == 0
            }
            #expect(stiff.count > 20)
            return Self.bending(stiff.map { grid.rest[$0] }, stiff.map { moved[$0] })
        }
        #expect(bending(isHeld: true) < 0.35)
        #expect(bending(isHeld: true) < 0.5 * bending(isHeld: false))
    }

    @Test func `A line meets the plane where it does`() {
        let spectacles = Spectacles(before: Nobody.rig.rest)
        let (from, to) = (Point3(1, -2, -9), Point3(1.5, -2.5, 4))
        let part = spectacles.meeting(from, to) ?? .nan
        let at = from + (to - from) * part
        #expect(abs(at.z - spectacles.depth(at: at.plane)) < 1e-3)
        #expect(spectacles.meeting(from, from) == nil)
    }
}
