import EngineAPI

/// What the mouth does, each 0…1: eight numbers that the rig turns into a deformation.
struct MouthShape: Sendable, Equatable {
    /// jaw, round, stretch, upper, lower, close, tuck, tongue.
    var channels: SIMD8<Float>

    init(_ channels: SIMD8<Float> = SIMD8()) { self.channels = channels }

    /// How far the jaw is open.
    var jaw: Float { channels[0] }
    /// Lips drawn together and forward.
    var round: Float { channels[1] }
    /// Corners drawn apart.
    var stretch: Float { channels[2] }
    /// Upper lip raised.
    var upper: Float { channels[3] }
    /// Lower lip dropped.
    var lower: Float { channels[4] }
    /// Lips closed over whatever gap the portrait shows.
    var close: Float { channels[5] }
    /// Lower lip under the upper teeth.
    var tuck: Float { channels[6] }
    /// Tip of the tongue raised.
    var tongue: Float { channels[7] }

    /// The mouth as the portrait has it.
    static let rest = MouthShape()
}

extension Viseme {
    /// The mouth at the middle of each shape.
    var mouth: SIMD8<Float> {
        switch self {
        //          jaw   round stretch upper lower close tuck tongue
        case .sil: [0.00, 0.00, 0.00, 0.00, 0.00, 1, 0, 0.00]
        case .PP: [0.06, 0.10, 0.00, 0.00, 0.00, 1, 0, 0.00]
        case .FF: [0.12, 0.00, 0.10, 0.25, 0.00, 0, 1, 0.00]
        case .TH: [0.24, 0.00, 0.10, 0.10, 0.20, 0, 0, 0.90]
        case .DD: [0.22, 0.00, 0.15, 0.10, 0.25, 0, 0, 0.60]
        case .kk: [0.27, 0.00, 0.05, 0.05, 0.10, 0, 0, 0.20]
        case .CH: [0.18, 0.60, 0.00, 0.35, 0.40, 0, 0, 0.10]
        case .SS: [0.12, 0.00, 0.35, 0.20, 0.55, 0, 0, 0.10]
        case .nn: [0.25, 0.00, 0.10, 0.10, 0.15, 0, 0, 0.70]
        case .RR: [0.20, 0.40, 0.00, 0.15, 0.20, 0, 0, 0.30]
        case .aa: [0.80, 0.00, 0.10, 0.15, 0.32, 0, 0, 0.15]
        case .E: [0.50, 0.00, 0.30, 0.15, 0.32, 0, 0, 0.25]
        case .ih: [0.30, 0.00, 0.50, 0.15, 0.32, 0, 0, 0.30]
        case .oh: [0.55, 0.65, 0.00, 0.05, 0.10, 0, 0, 0.10]
        case .ou: [0.26, 0.95, 0.00, 0.00, 0.10, 0, 0, 0.10]
        }
    }
}

/// All that moves in one frame.
struct Expression: Sendable, Equatable {
    var mouth = MouthShape.rest
    /// How far a smile that shows its teeth has given way to a mouth that speaks, 0…1.
    var ease: Float = 0
    /// Lids: 0 as in the portrait, 1 closed.
    var blink: Float = 0
    /// Brows raised by the voice, 0…1.
    var brow: Float = 0
    var feeling = Feeling()
    /// How far the irises are to the image's right of where the portrait has them, and below it,
    /// centimetres.
    var gaze = Point2()
    /// Chest raised by breath, 0…1.
    var breath: Float = 0
    var head = HeadTurn()

    static let rest = Expression()
}

/// How the head is turned (radians) and moved (centimetres) from the portrait.
struct HeadTurn: Sendable, Equatable {
    var yaw: Float = 0
    var pitch: Float = 0
    var roll: Float = 0
    var right: Float = 0
    var down: Float = 0
}
