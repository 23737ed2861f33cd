import EngineAPI
import Testing

@testable import TalkingHead

/// Gaze and lids.
@Suite struct EyeTests {
    /// The mean face with irises in the middle of its eyes, 3 pixels wide.
    private static let landmarks: [Point3] = {
        var points = Nobody.landmarks()
        for eye in [Landmark.leftEye, Landmark.rightEye] {
            let rim = (eye.upper + eye.lower).map { points[$0] }
            let centre = rim.reduce(Point3(), +) / Float(rim.count)
            let marks = [(0, 0), (3, 0), (0, -3), (-3, 0), (0, 3)]
            points += marks.map { centre + Point3(Float($0.0), Float($0.1), 0) }
        }
        return points
    }()

    /// Skin with blue eyes: what lies between the lids, and a little more below them.
    private static let portrait: Image = {
        let (width, height) = (Nobody.width, Nobody.height)
        var rgb = (0..<width * height).flatMap { _ -> [UInt8] in [200, 160, 140] }
        for eye in [Landmark.leftEye, Landmark.rightEye] {
            let outline = (eye.upper + eye.lower.reversed()).map { landmarks[$0].plane }
            var mask = AlphaMask(around: outline, margin: 2, width: width, height: height)
            mask.fill(outline)
            for y in mask.rows {
                for x in mask.columns where mask[x, y] > 0.01 {
                    let at = (y * width + x) * 3
                    (rgb[at], rgb[at + 1], rgb[at + 2]) = (40, 80, 220)
                }
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }()

    private func frame(_ expression: Expression) -> [UInt8] {
        let buffer = VideoFrame(width: Nobody.width, height: Nobody.height)
        FrameRenderer(portrait: Self.portrait, landmarks: Self.landmarks)
            .draw(expression, into: buffer)
        return buffer.rgb
    }

    private func blueCount(_ rgb: [UInt8]) -> Int {
        stride(from: 0, to: rgb.count, by: 3).count { Int(rgb[$0 + 2]) > Int(rgb[$0]) + 40 }
    }

    @Test("closed lids leave nothing of the eye to be seen, and are of the skin around it")
    func lidsCover() {
        let open = blueCount(frame(.rest))
        let shut = frame(Expression(blink: 1))
        // An eye is 20 pixels wide here: its own outline's fringe stays.
        #expect(open > 60 && blueCount(shut) * 5 < open, "\(blueCount(shut)) of \(open)")
        // Between fold and edge: skin, in the lid's own shade.
        for eye in [Landmark.leftEye, Landmark.rightEye] {
            let lid = (Self.landmarks[eye.upper[4]] + Self.landmarks[eye.lower[4]]) * 0.5
            let at = (Int(bounded: lid.y) * Nobody.width + Int(bounded: lid.x)) * 3
            #expect(abs(Int(shut[at]) - 190) < 26 && Int(shut[at]) > Int(shut[at + 2]) + 30)
        }
    }

    @Test("the irises go where they look, corners and skin stay, and nothing folds")
    func gazeMoves() {
        let points = Self.landmarks.map(\.plane)
        for eye in [Landmark.leftEye, Landmark.rightEye] {
            let shift = GazeShift(eye, points: points)
            let iris = points[eye.upper[0] == 33 ? 468 : 473]
            #expect(shift.reaches(1) && !shift.reaches(0))
            #expect((shift.source(iris + Point2(1, 0), 1) - iris).length < 0.1)
            for corner in [eye.upper[0], eye.upper[8]] {
                #expect((shift.source(points[corner], 1) - points[corner]).length < 0.01)
            }
            let line = (-120...120).map { shift.source(iris + Point2(Float($0) / 10, 0), 100).x }
            #expect(zip(line, line.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect(!GazeShift(Landmark.leftEye, points: Array(points.prefix(468))).reaches(5))
    }

    @Test("the look rests most of the time, stays near, and comes from the seed")
    func gazeRests() {
        func curve(_ seed: UInt64) -> [Float] {
            var gaze = Gaze(SeededGenerator(seed: seed))
            return (0..<500).map { gaze.way(at: Float($0) / 25) }
        }
        let look = curve(4)
        #expect(look == curve(4) && look != curve(5))
        #expect(look[0] == 0 && look.allSatisfy { abs($0) <= 0.1 })
        let moved = zip(look, look.dropFirst()).count { $0 != $1 }
        #expect((8...80).contains(moved), "\(moved)")
    }
}
