import EngineAPI
import Glibc
import Inference

/// Hand landmark lite: 224² in, 21 joints out, and whether it is a hand at all.
/// Source: Zhang et al., "MediaPipe Hands" (2020).
struct HandLandmarker: Sendable {
    static let file = "face/hand_landmarks.onnx"
    static let joints = 21
    private static let side = 224

    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

    /// The joints in the image's pixels, and how sure the model is that there is a hand, 0…1.
    func hand(
        within window: RegionOfInterest, in pyramid: Pyramid
    ) throws(EngineError) -> (joints: [Point2], presence: Float) {
        let view = pyramid.view(window, side: Self.side, extendsBorder: false)
        let input = Tensor(view.map { $0 / 255 }, shape: [1, Self.side, Self.side, 3])
        let outputs = try session.run([("input_1", input)], outputs: ["Identity", "Identity_1"])
        let joints = try outputs[0].floats(exactly: 3 * Self.joints, of: Self.file)
        let presence = try outputs[1].floats(exactly: 1, of: Self.file)
        let (map, unit) = (window.map, 1 / Float(Self.side))
        let points = (0..<Self.joints).map { joint in
            map.apply((Point2(joints[3 * joint], joints[3 * joint + 1]) + 0.5) * unit) - 0.5
        }
        return (points, presence[0])
    }
}

/// Finds hands by the face.
struct HandFinder {
    /// The palm detector alone fires on collars, ears and folds; the landmarks' own certainty ends
    /// that.
    private static let presenceMin: Float = 0.8
    /// How much around the face is looked at, in its longer side.
    private static let reach: Float = 2.2

    let detector: PalmDetector
    /// Loaded only where there may be a hand: few portraits show one.
    let landmarker: () throws(EngineError) -> HandLandmarker

    /// The 21 joints of each hand, in the image's pixels.
    /// - face: the face's landmarks.
    func hands(in image: Image, by face: [Point2]) throws(EngineError) -> [[Point2]] {
        let low = face.reduce(Point2(repeating: .infinity), pointwiseMin)
        let high = face.reduce(Point2(repeating: -.infinity), pointwiseMax)
        let side = (high - low).max()
        guard side.isFinite, side > 0 else { return [] }
        let (pyramid, oval) = (Pyramid(image), Landmark.oval.map { face[$0] })
        let window = RegionOfInterest(centre: (low + high) * 0.5, side: side * Self.reach)
        var found: [[Point2]] = []
        for palm in try detector.palms(in: pyramid, window) {
            let hand = try landmarker().hand(within: palm.handWindow, in: pyramid)
            // A hand comes from outside: what has its wrist in the face is a nose or a chin that
            // was taken for one.
            if hand.presence > Self.presenceMin, !contains(oval, hand.joints[0]) {
                found.append(hand.joints)
            }
        }
        return found
    }
}
