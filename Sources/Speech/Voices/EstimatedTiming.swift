/// Times of signs in audio whose network tells none: between the first and the last sample that
/// is loud, in proportion to how long such a sign usually lasts. An estimate, good to a tenth of a
/// second or so in a clause.
enum EstimatedTiming {
    /// Below a hundredth of the peak is silence.
    private static let silence: Float = 0.01

    static func timing(
        _ signs: [Unicode.Scalar], _ symbols: [Int], _ samples: [Float], sampleRateHz: Int,
        speed: Double
    ) -> PhonemeTiming {
        let rate = Double(sampleRateHz)
        let loud = samples.reduce(Float(0)) { max($0, abs($1)) } * silence
        let first = samples.firstIndex { abs($0) > loud } ?? 0
        let last = samples.lastIndex { abs($0) > loud } ?? max(0, samples.count - 1)
        let weights = symbols.map { weight(signs[$0]) }
        // Marks at the end are silence already.
        let ends = weights.indices.last { !PhonemeAlphabet.isMark(signs[symbols[$0]]) } ?? -1
        let total = weights.prefix(ends + 1).reduce(0, +)
        let seconds = Double(max(0, last - first)) / rate
        var durations = [Double(first) / rate]
        for (index, weight) in weights.enumerated() {
            durations.append(index <= ends && total > 0 ? seconds * weight / total : 0)
        }
        durations.append(Double(max(0, samples.count - 1 - last)) / rate)
        return PhonemeTiming(
            symbols: symbols, durations: durations, natural: durations.map { $0 * speed },
            leadSeconds: 0)
    }

    /// Vowels are longer than consonants, a pause is longer than either.
    private static func weight(_ sign: Unicode.Scalar) -> Double {
        if sign == " " { return 0.3 }
        if PhonemeAlphabet.isMark(sign) { return 3 }
        if sign == "ː" { return 0.6 }
        if PhonemeAlphabet.isModifier(sign) { return 0 }
        return Stress.isVowel(sign) || "aeiouyɚɝɐᵻɪʊ".unicodeScalars.contains(sign) ? 1.3 : 1
    }
}
