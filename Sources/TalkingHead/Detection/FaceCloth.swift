import EngineAPI

/// How the lower face differs from the skin around the eyes: a beard leaves the tip of the nose
/// bare and is many colours, an open mouth has lips around it; a mask is one colour all over.
///
/// Its bounds were set on photographs of 828 faces with masks and 1,170 without: of those none
/// whose mouth is to be seen passes. Rather miss than hush: a mask below the nose is passed over.
struct FaceCloth {
    /// Bridge of the nose, and the skin below the eyes.
    private static let bare = [
        9, 8, 168, 6, 197, 117, 118, 119, 346, 347, 348, 228, 229, 230, 231, 448, 449, 450, 451,
    ]
    private static let noseTip = [4, 1, 5, 45, 275, 44, 274, 19]
    private static let lips = [0, 37, 267, 11, 12, 17, 84, 314, 16, 15]
    private static let aroundLips = [
        164, 167, 393, 165, 391, 18, 200, 199, 83, 313, 201, 421, 205, 425, 206, 426, 207, 427,
        187, 411, 212, 432, 214, 434, 57, 287, 43, 273,
    ]
    /// Half of a patch's side, parts of the distance between the eyes.
    private static let patch: Float = 0.036
    /// Colours of what is darker than this part of the skin are noise.
    private static let dimmest: Float = 0.12

    /// How unlike the skin the nose's tip is, and four fifths of what is below it.
    private let nose: Float
    private let lower: Float
    /// How much of one colour the lower face is, and how far the lips stand out from it.
    private let spread: Float
    private let stand: Float
    /// How much of one colour the bare skin is: hair or a frame over it leaves nothing to go by.
    private let stray: Float
    /// Light of the nose's tip over the skin's, and that of all but the lightest fifth below it.
    private let noseLight: Float
    private let lowerLight: Float

    init(_ portrait: Image, _ points: [Point2]) {
        let eyes = points[Landmark.eyeCorners.left] - points[Landmark.eyeCorners.right]
        let radius = min(max(Int(bounded: (Self.patch * eyes.length).rounded()), 1), 12)
        func colours(_ landmarks: [Int]) -> [Point3] {
            landmarks.map { Self.patch(portrait, points[$0], radius) }
        }
        let bare = colours(Self.bare)
        let skin = FaceColours.median(bare)
        let light = max(skin.luminance, 6)
        func tone(_ colour: Point3) -> Point3 {
            colour / max(colour.luminance, Self.dimmest * light)
        }
        let own = tone(skin)
        func unlike(_ colours: [Point3]) -> [Float] { colours.map { (tone($0) - own).largest } }
        let (tip, lips, around) =
            (colours(Self.noseTip), colours(Self.lips), colours(Self.aroundLips))
        let all = lips + around
        let middle = FaceColours.median(all.map(tone))
        nose = quantile(unlike(tip), 0.5)
        lower = quantile(unlike(all), 0.2)
        spread = quantile(all.map { (tone($0) - middle).largest }, 0.5)
        stand =
            (FaceColours.median(lips.map(tone)) - FaceColours.median(around.map(tone))).largest
        stray = quantile(unlike(bare), 0.5)
        noseLight = quantile(tip.map { $0.luminance / light }, 0.5)
        lowerLight = quantile(all.map { $0.luminance / light }, 0.8)
    }

    /// Whether a cloth covers nose and mouth.
    var covers: Bool {
        guard stray < 0.15 else { return false }
        let isPlain = lower > 0.10 && nose > 0.08 && spread < 0.045 && stand < 0.04
        // The farther it is from the skin, the more folds and prints it may have.
        let isLoud =
            lower > 0.14 && nose > 0.14 && spread < 0.06 && stand < 0.06
            || lower > 0.30 && nose > 0.25 && spread < 0.17 && stand < 0.11
        // White before fair skin.
        let isPale = lower > 0.03 && nose > 0.03 && spread < 0.02 && stand < 0.015
        let isDark = lowerLight < 0.42 && noseLight < 0.5
        return isPlain || isLoud || isPale || isDark
    }

    /// Whether lips stand out from what is around them more than fingers do from each other.
    var showsLips: Bool { stand > 0.12 }

    private static func patch(_ image: Image, _ at: Point2, _ radius: Int) -> Point3 {
        var colours: [Point3] = []
        for y in -radius...radius {
            for x in -radius...radius {
                colours.append(image.nearest(at + Point2(Float(x), Float(y))))
            }
        }
        return FaceColours.median(colours)
    }
}
