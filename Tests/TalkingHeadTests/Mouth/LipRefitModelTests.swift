import EngineAPI
import Testing

@testable import TalkingHead

/// A real smile whose landmarks were moved onto its teeth.
@Suite struct LipRefitModelTests {
    @Test("a lower lip that was taken for higher up is seen to shut again, a right one stays")
    func findsLowerLip() async throws {
        let finder = try Models.finder()
        let framed = try await Astronaut.framed(by: finder)
        let refit = LipRefit(finder.mesher)
        let rig = Rig(landmarks: framed.points)
        func off(_ points: [Point3]) -> Float {
            let ways = Landmark.lowerLip[2].map { (points[$0] - framed.points[$0]).plane.length }
            return (ways.max() ?? 0) / rig.pose.scale
        }
        let same = try refit.refined(framed.points, of: framed.image)
        #expect(off(same) < 0.1, "\(off(same)) cm")
        func seenGap(_ points: [Point3]) throws -> Float {
            let shut = ShutFace(framed.image, points).image
            return LipRefit.gap(try finder.find(in: shut, at: nil, work: .ample).mesh.points)
        }
        var wrong = framed.points
        let raised = rig.pose.rotation.columns.1.plane * (0.7 * rig.pose.scale)
        for landmark in Set(Landmark.lowerLip.flatMap { $0.dropFirst().dropLast() }) {
            wrong[landmark] -= Point3(raised.x, raised.y, 0)
        }
        let made = try refit.refined(wrong, of: framed.image)
        let (before, after) = (try seenGap(wrong), try seenGap(made))
        #expect(after < 0.04 && after < 0.5 * before, "\(before), \(after)")
    }
}
