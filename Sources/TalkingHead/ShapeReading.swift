import EngineAPI
import Glibc

/// A net that reads the mouth from sound.
protocol ShapeReading: Sendable {
    /// - samples: 16 000 Hz.
    /// - Returns: one row of posteriors per 10 ms.
    func shapes(_ samples: [Float], work: Work) throws(EngineError) -> [SIMD16<Float>]
}

extension Viseme {
    /// Certainly nothing said.
    static var silence: SIMD16<Float> {
        var row = SIMD16<Float>()
        row[Int(Viseme.sil.rawValue)] = 1
        return row
    }

    /// Softmax over one frame of a net's logits.
    static func certainties(_ logits: [Float], _ frame: Int) -> SIMD16<Float> {
        let count = Viseme.allCases.count
        let row = logits[frame * count..<(frame + 1) * count]
        let largest = row.max() ?? 0
        var powers = SIMD16<Float>()
        for (index, value) in row.enumerated() { powers[index] = expf(value - largest) }
        return powers / powers.sum()
    }
}
