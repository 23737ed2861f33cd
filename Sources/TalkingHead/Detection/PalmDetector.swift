import EngineAPI
import Glibc
import Inference

/// A palm as the detector sees it, in the image's pixels.
struct DetectedPalm: Sendable, Equatable {
    /// 0…1.
    let score: Float
    /// Square box around the palm.
    let centre: Point2
    let side: Float
    /// Wrist, and where the middle finger begins.
    let wrist: Point2
    let knuckle: Point2

    /// Where the whole hand is looked for, fingers up: MediaPipe's hand_landmark graph has it 2.6
    /// palms wide and half a palm on towards the fingers.
    var handWindow: RegionOfInterest {
        let down = wrist - knuckle
        let angle = atan2f(-down.x, down.y)
        let fingers = Point2(sinf(angle), -cosf(angle))
        return RegionOfInterest(
            centre: centre + fingers * (0.5 * side), side: 2.6 * side, angle: angle)
    }
}

/// BlazePalm lite: 192² in, 2016 anchors out.
/// Source: Zhang et al., "MediaPipe Hands" (2020); decoding by MediaPipe's palm_detection graph.
struct PalmDetector: Sendable {
    static let file = "face/palm_detection.onnx"
    static let side = 192
    /// MediaPipe's `min_score_thresh`.
    private static let scoreMin: Float = 0.5
    /// Palms that are looked at closely in one image.
    static let palmsMax = 4
    /// A box, in units of the window, that is larger or farther off shows nothing of it.
    private static let reach: Float = 4
    private static let columns = 18

    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

    /// Palms in a window of the image, the surest first.
    func palms(
        in pyramid: Pyramid, _ window: RegionOfInterest
    ) throws(EngineError) -> [DetectedPalm] {
        let view = pyramid.view(window, side: Self.side, extendsBorder: false)
        let input = Tensor(view.map { $0 / 255 }, shape: [1, Self.side, Self.side, 3])
        let outputs = try session.run([("input_1", input)], outputs: ["Identity", "Identity_1"])
        let count = Self.anchors.count
        let boxes = try outputs[0].floats(exactly: Self.columns * count, of: Self.file)
        let scores = try outputs[1].floats(exactly: count, of: Self.file)
        return Self.decode(boxes, scores, window)
    }

    /// Anchor centres: 24² cells with two anchors, then 12² with six.
    private static let anchors = AnchorGrid.centres([(24, 2), (12, 6)])

    private static func decode(
        _ boxes: [Float], _ scores: [Float], _ window: RegionOfInterest
    ) -> [DetectedPalm] {
        let map = window.map
        let sure = scores.indices.filter { 1 / (1 + expf(-scores[$0])) > scoreMin }
        var found: [DetectedPalm] = []
        for index in sure.sorted(by: { scores[$0] > scores[$1] }) {
            let values = boxes[index * columns..<(index + 1) * columns].map { $0 / Float(side) }
            let size = max(values[2], values[3])
            guard (1e-2..<reach).contains(size), values.allSatisfy({ abs($0) < reach }) else {
                continue
            }
            func place(_ column: Int) -> Point2 {
                map.apply(anchors[index] + Point2(values[column], values[column + 1]))
            }
            let palm = DetectedPalm(
                score: 1 / (1 + expf(-scores[index])), centre: place(0), side: size * window.side,
                wrist: place(4), knuckle: place(8))
            let isKnown = found.contains {
                ($0.centre - palm.centre).length < 0.6 * max($0.side, palm.side)
            }
            if !isKnown { found.append(palm) }
            if found.count == palmsMax { break }
        }
        return found
    }
}
