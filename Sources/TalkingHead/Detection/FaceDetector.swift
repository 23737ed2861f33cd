import EngineAPI
import Glibc
import Inference

/// A face as the detector sees it, in the image's pixels.
struct DetectedFace: Sendable, Equatable {
    /// 0…1.
    var score: Float
    /// Square box around the face, turned as the face is.
    var window: RegionOfInterest
    /// Eyes, nose tip, mouth, ears: left eye of the image first.
    var points: [Point2]

    /// The part of the smaller of two boxes' widths that their centres are apart.
    func overlaps(_ other: DetectedFace) -> Bool {
        (window.centre - other.window.centre).length < 0.5 * min(window.side, other.window.side)
    }
}

/// BlazeFace, short range: 128² in, 896 anchors out.
/// Source: Bazarevsky et al., "BlazeFace" (2019); decoding by MediaPipe's face_detection graph.
struct FaceDetector: Sendable {
    static let side = 128
    /// MediaPipe's `min_score_thresh` and `min_suppression_threshold`.
    static let scoreMin: Float = 0.5
    static let overlapMax: Float = 0.3
    private static let file = "face_detection.onnx"
    /// A box, in units of the window, that is larger or farther off shows no face of it; one
    /// without a size cannot be looked at.
    private static let reach: Float = 4

    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

    /// Faces in a window of the image, the best first.
    func faces(in pyramid: Pyramid, _ window: RegionOfInterest) throws(EngineError)
        -> [DetectedFace]
    {
        let view = pyramid.view(window, side: Self.side, extendsBorder: false)
        let input = Tensor(view.map { $0 / 127.5 - 1 }, shape: [1, Self.side, Self.side, 3])
        let outputs = try session.run(
            [("input", input)], outputs: ["regressors", "classificators"])
        let count = Self.anchors.count
        let boxes = Self.decode(
            regressors: try outputs[0].floats(exactly: 16 * count, of: Self.file),
            scores: try outputs[1].floats(exactly: count, of: Self.file))
        return Self.suppress(boxes).map { $0.placed(in: window) }
    }

    /// Corner, size and six points, in units of the window.
    struct Box {
        var score: Float
        var low: Point2
        var high: Point2
        var points: [Point2]

        func overlap(_ other: Box) -> Float {
            let sides = pointwiseMin(high, other.high) - pointwiseMax(low, other.low)
            guard sides.x > 0, sides.y > 0 else { return 0 }
            let (a, b) = (high - low, other.high - other.low)
            let shared = sides.x * sides.y
            return shared / (a.x * a.y + b.x * b.y - shared)
        }

        func placed(in window: RegionOfInterest) -> DetectedFace {
            let map = window.map
            let eyes = map.apply(points[1]) - map.apply(points[0])
            let size = (high - low).max() * window.side
            return DetectedFace(
                score: score,
                window: RegionOfInterest(
                    centre: map.apply((low + high) * 0.5), side: size,
                    angle: atan2f(eyes.y, eyes.x)),
                points: points.map(map.apply))
        }
    }

    /// Anchor centres: 16² cells with two anchors, then 8² with six.
    static let anchors = AnchorGrid.centres([(16, 2), (8, 6)])

    static func decode(regressors: [Float], scores: [Float]) -> [Box] {
        var boxes: [Box] = []
        for (index, anchor) in anchors.enumerated() {
            let score = 1 / (1 + expf(-min(max(scores[index], -80), 80)))
            guard score > scoreMin else { continue }
            let values = regressors[index * 16..<(index + 1) * 16].map { $0 / Float(side) }
            let centre = anchor + Point2(values[0], values[1])
            let half = Point2(values[2], values[3]) * 0.5
            guard (1e-3..<reach).contains(values[2]), (1e-3..<reach).contains(values[3]),
                values.allSatisfy({ abs($0) < reach })
            else { continue }
            let points = (2..<8).map { anchor + Point2(values[2 * $0], values[2 * $0 + 1]) }
            boxes.append(
                Box(score: score, low: centre - half, high: centre + half, points: points))
        }
        return boxes.sorted { $0.score > $1.score }
    }

    /// Weighted suppression: boxes that overlap the best one are averaged into it.
    static func suppress(_ sorted: [Box]) -> [Box] {
        var rest = sorted
        var kept: [Box] = []
        while let best = rest.first {
            let group = rest.filter { $0.overlap(best) > overlapMax }
            rest.removeAll { $0.overlap(best) > overlapMax }
            let total = group.reduce(0) { $0 + $1.score }
            var mean = Box(
                score: best.score, low: Point2(), high: Point2(),
                points: [Point2](repeating: Point2(), count: 6))
            for box in group {
                let weight = box.score / total
                mean.low += box.low * weight
                mean.high += box.high * weight
                for index in 0..<6 { mean.points[index] += box.points[index] * weight }
            }
            kept.append(mean)
            // A box without area overlaps nothing, not even itself.
            if group.isEmpty { rest.removeFirst() }
        }
        return kept
    }
}
