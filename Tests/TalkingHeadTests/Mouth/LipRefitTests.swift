import EngineAPI
import Testing

@testable import TalkingHead

/// The lower lip of a mouth whose landmarks lie on its tongue.
@Suite struct LipRefitTests {
    private static let tongue = Point3(60, 190, 70)
    private static let scale: Float = 9

    /// The mean face with its lower lip so many centimetres lower.
    private static func landmarks(gap: Float) -> [Point3] {
        var mean = MeanFace.points
        let lower = Set(Landmark.lowerLip.flatMap { $0.dropFirst().dropLast() })
        for index in mean.indices where lower.contains(index) { mean[index].y += gap }
        let pose = Similarity(
            scale: scale, rotation: .turn(yaw: 0, pitch: 0, roll: 0.05),
            shift: Point3(158.3, 151.7, 0))
        return mean.map(pose.apply)
    }

    /// Skin, red lips, and a tongue of a colour that nothing else has between them.
    private static func portrait(_ landmarks: [Point3]) -> Image {
        let (width, height) = (Nobody.width, Nobody.height)
        var rgb = (0..<width * height).flatMap { _ in [200, 150, 130] as [UInt8] }
        for (ring, colour) in [(3, Point3(150, 70, 70)), (0, tongue)] {
            let outline =
                Landmark.upperLip[ring] + Landmark.lowerLip[ring].dropFirst().dropLast().reversed()
            let polygon = outline.map { landmarks[$0].plane }
            var mask = AlphaMask(around: polygon, margin: 2, width: width, height: height)
            mask.fill(polygon)
            for y in mask.rows {
                for x in mask.columns where mask[x, y] > 0.5 {
                    for channel in 0..<3 {
                        rgb[(y * width + x) * 3 + channel] = UInt8(bounded: colour[channel])
                    }
                }
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    /// Finds inner lips by the tongue's colour: what the landmarks' net does for real faces.
    private static func looker(_ truth: [Point3]) -> LipRefit {
        LipRefit { image throws(EngineError) in
            let window = FaceLandmarker.window(around: truth)
            let into = window.map.inverse
            let scale = Float(image.width)
            var points = truth.map { point in
                let plane = into.apply(point.plane + 0.5) * scale - 0.5
                return Point3(plane.x, plane.y, 0)
            }
            for column in 1..<10 {
                let (upper, lower) = (
                    Landmark.upperLip[0][column], Landmark.lowerLip[0][column]
                )
                let x = points[upper].x
                let rows = (0..<image.height).filter {
                    (image.nearest(Point2(x, Float($0))) - tongue).length < 40
                }
                points[upper].y = Float(rows.first ?? 0)
                points[lower] = Point3(x, Float(rows.last.map { $0 + 1 } ?? 0), 0)
            }
            return points
        }
    }

    /// Nothing has moved but the lips' inner edges, and these towards the lips' middles.
    private static func expectTurnedIn(_ made: [Point3], from points: [Point3]) {
        let edges = [Landmark.upperLip, Landmark.lowerLip].flatMap { rings in
            (1..<10).map { (inner: rings[0][$0], next: rings[1][$0]) }
        }
        for edge in edges {
            let whole = (points[edge.next] - points[edge.inner]).length
            let left = (points[edge.next] - made[edge.inner]).length
            #expect(left < 0.85 * whole && left > 0.6 * whole)
        }
        let inner = Set(edges.map(\.inner))
        #expect(points.indices.allSatisfy { inner.contains($0) || made[$0] == points[$0] })
    }

    @Test("landmarks on a tongue come down to the lower lip, and what is below makes room")
    func tongueIsNoLip() throws {
        let truth = Self.landmarks(gap: 1.6)
        let image = Self.portrait(truth)
        let wrong = Self.landmarks(gap: 0.8)
        let made = try Self.looker(truth).refined(wrong, of: image)
        let down = Rig(landmarks: truth).pose.rotation.columns.1.plane
        func off(_ points: [Point3], _ column: Int) -> Float {
            let landmark = Landmark.lowerLip[0][column]
            return ((points[landmark] - truth[landmark]).plane * down).sum() / Self.scale
        }
        for column in 3...7 {
            // No tongue is left below, and of the lip, whose edge is turned in, most is.
            #expect(off(wrong, column) < -0.7)
            #expect((-0.1..<0.6).contains(off(made, column)), "\(off(made, column)) cm")
        }
        for landmark in Landmark.rigid + Landmark.upperLip.dropFirst().joined() {
            #expect(made[landmark] == wrong[landmark])
        }
        // Nothing folds over.
        for at in stride(from: 0, to: FaceTriangles.corners.count, by: 3) {
            func area(_ points: [Point3]) -> Float {
                let corners = (0..<3).map { points[Int(FaceTriangles.corners[at + $0])].plane }
                let (one, other) = (corners[1] - corners[0], corners[2] - corners[0])
                return one.x * other.y - one.y * other.x
            }
            let (before, after) = (area(wrong), area(made))
            // Slivers beside the corners are hardly seen.
            guard abs(before) > 8, before * area(truth) > 0 else { continue }
            #expect(before * after > 0, "\(at): \(before), \(after)")
        }
    }

    @Test("lips that are seen shut, or not parted, or not found stay where they are")
    func shutLipsStay() throws {
        let truth = Self.landmarks(gap: 0.8)
        let image = Self.portrait(truth)
        Self.expectTurnedIn(try Self.looker(truth).refined(truth, of: image), from: truth)
        // The mean face's lips are a little apart.
        let shut = Self.landmarks(gap: -0.33)
        let unseen = LipRefit { _ throws(EngineError) in
            Issue.record("a shut mouth is not looked at")
            return []
        }
        #expect(try unseen.refined(shut, of: image) == shut)
        let blind = LipRefit { _ throws(EngineError) in [] }
        Self.expectTurnedIn(try blind.refined(truth, of: image), from: truth)
    }

    @Test("a lip that is seen apart however it is moved stays where it was")
    func hopelessLipsStay() throws {
        let truth = Self.landmarks(gap: 0.8)
        let image = Self.portrait(truth)
        let stubborn = LipRefit { image throws(EngineError) in
            let scale = Float(image.width) / 30
            return MeanFace.points.map { Point3($0.x, $0.y * 1.5, 0) * scale + scale * 10 }
        }
        #expect(LipRefit.gap(MeanFace.points.map { Point3($0.x, $0.y * 9, 0) }) > 0.02)
        Self.expectTurnedIn(try stubborn.refined(truth, of: image), from: truth)
    }

    @Test("of a face drawn shut the lips are one line, and what moves is around the mouth")
    func shutFaceIsShut() {
        let landmarks = Self.landmarks(gap: 0.8)
        let portrait = Self.portrait(landmarks)
        let face = ShutFace(portrait, landmarks)
        for (upper, lower) in zip(Landmark.upperLip[0], Landmark.lowerLip[0]) {
            #expect((face.placed[upper] - face.placed[lower]).length < 0.02)
        }
        #expect((face.placed[4] - landmarks[4].plane).length < 0.02)
        #expect(face.image.width == portrait.width && face.image.height == portrait.height)
        let isTongue = (0..<portrait.width * portrait.height).contains { index in
            let colour = face.image.pixel(index % portrait.width, index / portrait.width)
            return (colour - Self.tongue).length < 40
        }
        #expect(!isTongue)
    }
}
