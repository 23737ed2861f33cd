/// Values of SSML's attributes.
enum SSMLValues {
    private static func decimal(_ text: Substring) -> Double? {
        guard !text.isEmpty, text.utf8.count <= 12,
            text.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || $0 == 46 })
        else { return nil }
        return Double(text)
    }

    private static let rates = [
        "x-slow": 0.5, "slow": 0.8, "medium": 1, "default": 1, "fast": 1.25, "x-fast": 1.6,
    ]

    /// "slow", "120%", "+20%", "1.2" as a factor; nil when it is none of them.
    static func rate(_ text: String) -> Double? {
        if let named = rates[text] { return named }
        var factor: Double?
        if text.hasSuffix("%") {
            let body = text.dropLast()
            let sign = body.first
            let isChange = sign == "+" || sign == "-"
            guard let number = decimal(isChange ? body.dropFirst() : body) else { return nil }
            factor = !isChange ? number / 100 : 1 + (sign == "-" ? -number : number) / 100
        } else {
            factor = decimal(text[...])
        }
        return factor.flatMap { $0 > 0 ? $0 : nil }
    }

    /// What is softer is silent; what is louder would only be bent by the limiter.
    static let silence = -60.0
    static let decibelsMax = 12.0
    private static let volumes = [
        "silent": silence, "x-soft": -12, "soft": -6, "medium": 0, "default": 0, "loud": 4,
        "x-loud": 8,
    ]

    /// "soft", "+6dB", "-3dB" as a change in decibels; nil when it is none of them.
    static func decibels(_ text: String) -> Double? {
        if let named = volumes[text] { return named }
        guard text.hasSuffix("dB"), let sign = text.first, sign == "+" || sign == "-" else {
            return nil
        }
        return decimal(text.dropFirst().dropLast(2)).map { sign == "-" ? -$0 : $0 }
    }

    private static let strengths = [
        "none": 0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2,
    ]

    /// A break's seconds: its time, else its strength, else a medium one; nil when wrong.
    static func pause(time: String?, strength: String?) -> Double? {
        guard let time else { return strengths[strength ?? "medium"] }
        if time.hasSuffix("ms") { return decimal(time.dropLast(2)).map { $0 / 1000 } }
        return time.hasSuffix("s") ? decimal(time.dropLast()) : nil
    }

    static func emphasis(_ level: String) -> Unicode.Scalar? {
        switch level {
        case "strong": ScriptMark.strong
        case "moderate": ScriptMark.moderate
        case "reduced": ScriptMark.reduced
        case "none": ScriptMark.plain
        default: nil
        }
    }
}

/// The international phonetic alphabet → the voice's own signs (misaki's, American).
enum VoiceIPA {
    /// Longer ones first.
    private static let pairs: [(String, String)] = [
        ("t͡ʃ", "ʧ"), ("d͡ʒ", "ʤ"), ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("e͡ɪ", "A"), ("a͡ɪ", "I"), ("a͡ʊ", "W"),
        ("o͡ʊ", "O"), ("ɔ͡ɪ", "Y"), ("eɪ", "A"), ("aɪ", "I"), ("aʊ", "W"), ("oʊ", "O"), ("əʊ", "O"),
        ("ɔɪ", "Y"), ("l̩", "ᵊl"), ("n̩", "ᵊn"), ("m̩", "ᵊm"), ("ɚ", "əɹ"), ("ɝ", "ɜɹ"), ("ɐ", "ɐ"),
        ("g", "ɡ"), ("r", "ɹ"), ("ɫ", "l"), ("ɾ", "T"), ("ʔ", "t"), ("ɒ", "ɑ"), ("'", "ˈ"),
        ("e", "ɛ"), ("a", "æ"), ("o", "O"), ("ɨ", "ɪ"), ("ː", ""), (".", ""), ("‿", ""), ("/", ""),
    ]

    /// Signs that the voice does not have are left out; empty when no sound is left.
    static func phonemes(_ ipa: String, _ alphabet: PhonemeAlphabet) -> String {
        let text = ipa.scalars
        var out: Scalars = []
        var at = 0
        while at < text.count {
            if let (from, to) = pairs.first(where: { text.has($0.0, at) }) {
                out.append(contentsOf: to.unicodeScalars)
                at += from.unicodeScalars.count
            } else {
                if alphabet.id(text[at]) != nil { out.append(text[at]) }
                at += 1
            }
        }
        // Marks alone are no sound.
        let isSound = out.contains { $0.isLetter && !"ˈˌː".unicodeScalars.contains($0) }
        return isSound ? String(out.trimmed()) : ""
    }
}
