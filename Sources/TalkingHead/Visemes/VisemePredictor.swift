import EngineAPI
import Glibc

/// A model that reads the mouth from audio.
protocol VisemePredictor: Sendable {
    /// A new listener, at the beginning of audio.
    func listener() -> any VisemeSession
}

/// Reads one audio as it comes, keeping no more of it than the model looks at.
protocol VisemeSession {
    /// - samples: the next ones, 16 000 Hz.
    /// - Returns: rows of posteriors that are now known, one per 10 ms; with the last samples all
    ///   that are left.
    mutating func hear(
        _ samples: [Float], isLast: Bool, work: WorkContext
    ) throws(EngineError) -> [SIMD16<Float>]
}

extension VisemePredictor {
    /// The shapes of audio that is in memory.
    func shapes(_ samples: [Float], work: WorkContext) throws(EngineError) -> [SIMD16<Float>] {
        var listener = listener()
        return try listener.hear(samples, isLast: true, work: work)
    }
}

extension Viseme {
    /// Certainly nothing said.
    static var silence: SIMD16<Float> {
        var row = SIMD16<Float>()
        row[Int(Viseme.sil.rawValue)] = 1
        return row
    }

    /// Softmax over one frame of a model's logits.
    static func certainties(_ logits: [Float], _ frame: Int) -> SIMD16<Float> {
        let count = Viseme.allCases.count
        let row = logits[frame * count..<(frame + 1) * count]
        let largest = row.max() ?? 0
        var powers = SIMD16<Float>()
        for (index, value) in row.enumerated() { powers[index] = expf(value - largest) }
        return powers / powers.sum()
    }
}
