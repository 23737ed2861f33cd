/// Stress marks in a reading, and the classes of phonemes that the rules ask for.
enum Stress {
    static let primary: Unicode.Scalar = "ˈ"
    static let secondary: Unicode.Scalar = "ˌ"
    private static let vowelSet = Set("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ".unicodeScalars)
    private static let consonantSet = Set("bdfhjklmnpstvwzðŋɡɹɾʃʒʤʧθ".unicodeScalars)
    private static let doubleSet = Set("AIOQWYʤʧ".unicodeScalars)

    static func isVowel(_ phoneme: Unicode.Scalar) -> Bool { vowelSet.contains(phoneme) }
    static func isConsonant(_ phoneme: Unicode.Scalar) -> Bool { consonantSet.contains(phoneme) }

    static func hasPrimary(_ reading: String) -> Bool {
        reading.unicodeScalars.contains(primary)
    }

    private static func hasSecondary(_ reading: String) -> Bool {
        reading.unicodeScalars.contains(secondary)
    }

    /// Length of a reading, diphthongs and affricates counting twice.
    static func weight(_ reading: String) -> Int {
        reading.unicodeScalars.reduce(0) { $0 + (doubleSet.contains($1) ? 2 : 1) }
    }

    /// Changes the stress of a reading by level: −2 none, −1 weaker, 0 and ±0.5 weaker or
    /// secondary, 1 secondary or stronger, 2 primary; nil leaves it.
    static func applied(_ level: Double?, to reading: String) -> String {
        guard let level else { return reading }
        let (isStrong, isWeak) = (hasPrimary(reading), hasSecondary(reading))
        if level < -1 { return mapped(reading) { $0 == primary || $0 == secondary ? nil : $0 } }
        if level == -1 || ((level == 0 || level == -0.5) && isStrong) {
            return mapped(reading) { $0 == secondary ? nil : $0 == primary ? secondary : $0 }
        }
        if level >= 0 && level <= 1 && !isStrong && !isWeak {
            return marked(reading, with: secondary)
        }
        if level >= 1 && !isStrong && isWeak {
            return mapped(reading) { $0 == secondary ? primary : $0 }
        }
        if level > 1 && !isStrong && !isWeak { return marked(reading, with: primary) }
        return reading
    }

    private static func mapped(
        _ reading: String, _ change: (Unicode.Scalar) -> Unicode.Scalar?
    ) -> String {
        String(reading.unicodeScalars.compactMap(change))
    }

    /// A mark before the first vowel; none where there is no vowel.
    private static func marked(_ reading: String, with mark: Unicode.Scalar) -> String {
        var scalars = reading.scalars
        guard let vowel = scalars.firstIndex(where: isVowel) else { return reading }
        scalars.insert(mark, at: vowel)
        return String(scalars)
    }
}
