import EngineAPI

/// What hides a portrait's mouth: such a mouth does not speak.
enum MouthCover: Sendable, Equatable {
    case hand
    /// A mask, a scarf: one colour from the nose to the chin that is not the face's.
    case mask
    /// The portrait's own tongue, out over the lower lip.
    case tongue

    /// The part of the lips that a hand must cover.
    private static let handShare: Float = 0.3

    /// Nothing where the mouth is to be seen.
    /// - points: landmarks in pixels. - hands: the joints of those near the face.
    /// - isTongueOut: whether a tongue lies over the lower lip.
    init?(
        _ portrait: Image, _ points: [Point2], hands: [[Point2]], isTongueOut: Bool = false
    ) {
        let lips = (Landmark.upperLip[3] + Landmark.lowerLip[3]).map { points[$0] }
        if FrontLayer.share(of: lips, under: hands) > Self.handShare {
            self = .hand
        } else if FaceCloth(portrait, points).covers {
            self = .mask
        } else if isTongueOut {
            self = .tongue
        } else {
            return nil
        }
    }

    /// The hands but for those that were misread: one at the cheek may seem to reach over lips
    /// that are seen all the same. It goes with the head.
    static func plausible(
        _ hands: [[Point2]], _ portrait: Image, _ points: [Point2]
    ) -> [[Point2]] {
        let lips = (Landmark.upperLip[3] + Landmark.lowerLip[3]).map { points[$0] }
        let aside = hands.filter { FrontLayer.share(of: lips, under: [$0]) <= handShare }
        guard aside.count < hands.count, FaceCloth(portrait, points).showsLips else { return hands }
        return aside
    }

    /// What whoever asked for a video should be told.
    var note: MediaNote {
        switch self {
        case .hand: .mouthUnderHand
        case .mask: .mouthCovered
        case .tongue: .tongueOut
        }
    }
}
