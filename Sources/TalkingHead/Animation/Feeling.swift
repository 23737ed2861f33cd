import EngineAPI
import Glibc

/// What a face shows beside speech, each 0…1.
struct Feeling: Sendable, Equatable {
    var smile: Float = 0
    var serious: Float = 0
    var surprise: Float = 0
}

/// The feeling that was asked for, as time goes on: it comes and goes with the video or when
/// another is asked for, and never stands still. A pure function of what was asked, of the times
/// and of the voice.
struct Mood {
    /// How long it takes to come, about.
    private static let easeSeconds: Float = 0.7
    /// How much of it comes and goes by itself, and with a stressed syllable.
    private static let wavering: Float = 0.18
    private static let stressed: Float = 0.12

    /// Smile, serious, surprise: how much is wanted, and how much has come.
    private var wanted = SIMD4<Float>()
    private var shown = SIMD4<Float>()
    private var last: Float = 0
    /// Angular rates and phases of its waves.
    private let waves: [(rate: Float, phase: Float)]

    init(_ options: AnimationOptions) {
        // A generator of its own: what is asked for here must not change how the head moves.
        var generator = SeededGenerator(seed: options.seed ^ 0x5311_1E00)
        waves = [0.09, 0.21, 0.34].map { hertz in
            (2 * .pi * Float(hertz), generator.uniform(0, 2 * .pi))
        }
        show(options.expression, intensity: options.expressionIntensity)
    }

    mutating func show(_ expression: AnimationOptions.FacialExpression, intensity: Double) {
        let amount = Float(intensity)
        wanted =
            switch expression {
            case .neutral: SIMD4()
            case .smile: [amount, 0, 0, 0]
            case .serious: [0, amount, 0, 0]
            case .surprised: [0, 0, amount, 0]
            }
    }

    /// - seconds: from the beginning, no less than in the call before. - end: how many are left;
    ///   infinity where nobody knows.
    mutating func feeling(at seconds: Float, end: Float, voice: FaceCurves.Point) -> Feeling {
        let passed = max(seconds - last, 0)
        last = seconds
        guard wanted != SIMD4() || shown != SIMD4() else { return Feeling() }
        shown += (wanted - shown) * (1 - expf(-passed / Self.easeSeconds))
        // What nobody sees any more is gone: a face at rest is the portrait to the bit.
        if wanted == SIMD4(), shown.max() < 0.002 { shown = SIMD4() }
        let wave = waves.reduce(0) { $0 + sinf($1.rate * seconds + $1.phase) } / Float(waves.count)
        let stress = min(max(voice.stress, -0.5), 1)
        let level = 1 - Self.wavering + Self.wavering * wave + Self.stressed * stress
        let weight = min(max(level, 0), 1) * smoothStep(0, Float(FaceAnimation.endSeconds), end)
        let amounts = shown * weight
        return Feeling(smile: amounts[0], serious: amounts[1], surprise: amounts[2])
    }
}
