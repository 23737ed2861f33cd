/// The international phonetic alphabet → the voice's own signs (misaki's, American).
enum VoiceIPA {
    /// Longer ones first.
    private static let pairs: [(String, String)] =
        [
            ("t͡ʃ", "ʧ"), ("d͡ʒ", "ʤ"), ("t͡s", "ts"), ("d͡z", "dz"), ("tʃ", "ʧ"), ("dʒ", "ʤ"),
            ("e͡ɪ", "A"), ("a͡ɪ", "I"), ("a͡ʊ", "W"), ("o͡ʊ", "O"), ("ɔ͡ɪ", "Y"), ("eɪ", "A"),
            ("aɪ", "I"), ("aʊ", "W"), ("oʊ", "O"), ("əʊ", "O"), ("ɔɪ", "Y"), ("l̩", "ᵊl"),
            ("n̩", "ᵊn"),
            ("m̩", "ᵊm"), ("ɚ", "əɹ"), ("ɝ", "ɜɹ"), ("ɐ", "ɐ"), ("g", "ɡ"), ("r", "ɹ"), ("ɫ", "l"),
            ("ɾ", "T"), ("ʔ", "t"), ("ɒ", "ɑ"), ("'", "ˈ"), ("e", "ɛ"), ("a", "æ"), ("o", "O"),
            ("ɨ", "ɪ"), ("ː", ""), (".", ""), ("‿", ""), ("/", ""),
        ] + neighbours

    /// misaki's British signs: long vowels keep their mark, an American's are made British.
    private static let britishPairs: [(String, String)] =
        [
            ("o͡ʊ", "Q"), ("ə͡ʊ", "Q"), ("oʊ", "Q"), ("əʊ", "Q"), ("eə", "ɛː"), ("ɛə", "ɛː"),
            ("ɝ", "ɜː"), ("ɚ", "ə"), ("ɜː", "ɜː"), ("ɒ", "ɒ"), ("ɾ", "t"), ("ː", "ː"), ("a", "a"),
            ("æ", "a"), ("O", "Q"), ("o", "ɔː"), ("ᵻ", "ɪ"),
        ] + pairs

    /// Sounds that English has not, by those that its speakers put in their place.
    private static let neighbours: [(String, String)] = [
        ("x", "k"), ("χ", "k"), ("ç", "h"), ("ħ", "h"), ("ɦ", "h"), ("ʁ", "ɹ"), ("ʀ", "ɹ"),
        ("ɻ", "ɹ"), ("ɽ", "T"), ("ɣ", "ɡ"), ("ɟ", "ɡ"), ("c", "k"), ("q", "k"), ("ɲ", "nj"),
        ("ʎ", "lj"), ("ɭ", "l"), ("ɬ", "l"), ("ɳ", "n"), ("ɱ", "m"), ("ɴ", "ŋ"), ("ʈ", "t"),
        ("ɖ", "d"), ("ʂ", "ʃ"), ("ɕ", "ʃ"), ("ʐ", "ʒ"), ("ʑ", "ʒ"), ("β", "v"), ("ʋ", "v"),
        ("ɸ", "f"), ("ʍ", "w"), ("ɥ", "w"), ("ø", "ɜ"), ("œ", "ɜ"), ("ɞ", "ɜ"), ("ɘ", "ə"),
        ("ɵ", "ʊ"), ("ɤ", "ʌ"), ("ɯ", "u"), ("ʉ", "u"), ("y", "u"), ("ʏ", "ʊ"), ("ɶ", "æ"),
    ]

    /// Signs that the voice does not have are left out; empty when no sound is left.
    static func phonemes(
        _ ipa: String, _ alphabet: PhonemeAlphabet, isBritish: Bool = false
    ) -> String {
        let out = converted(ipa, alphabet, isBritish ? britishPairs : pairs).signs
        // Marks alone are no sound.
        let isSound = out.contains { $0.isLetter && !"ˈˌː".unicodeScalars.contains($0) }
        return isSound ? beforeVowels(String(out.trimmed())) : ""
    }

    /// Letters that stand for no sound of the voice, each once. Marks of nuances that it does not
    /// make are none.
    static func unknown(_ ipa: String, _ alphabet: PhonemeAlphabet) -> [Unicode.Scalar] {
        var seen: Set<Unicode.Scalar> = []
        return converted(ipa, alphabet, pairs).unknown.filter { seen.insert($0).inserted }
    }

    private static func converted(
        _ ipa: String, _ alphabet: PhonemeAlphabet, _ pairs: [(String, String)]
    ) -> (signs: Scalars, unknown: Scalars) {
        let text = ipa.scalars
        var (out, unknown): (Scalars, Scalars) = ([], [])
        var at = 0
        while at < text.count {
            if let (from, to) = pairs.first(where: { text.has($0.0, at) }) {
                out.append(contentsOf: to.unicodeScalars)
                at += from.unicodeScalars.count
                continue
            }
            if alphabet.id(text[at]) != nil {
                out.append(text[at])
            } else if text[at].isLetter, !PhonemeAlphabet.isModifier(text[at]),
                text[at].properties.generalCategory != .modifierLetter
            {
                unknown.append(text[at])
            } else if text[at].isDigit {
                unknown.append(text[at])
            }
            at += 1
        }
        return (out, unknown)
    }

    /// IPA marks a syllable's stress at its start, the voices were taught with the mark at its
    /// vowel.
    static func beforeVowels(_ phonemes: String) -> String {
        var out: Scalars = []
        var waiting: Unicode.Scalar?
        for scalar in phonemes.unicodeScalars {
            if scalar == Stress.primary || scalar == Stress.secondary {
                waiting = scalar
                continue
            }
            let isVowel =
                Stress.isVowel(scalar) || "eoyøœɶɘɵɤɯɨʉʏɞɚɝᵊ".unicodeScalars.contains(scalar)
            if let mark = waiting, isVowel || scalar == " " {
                if isVowel { out.append(mark) }
                waiting = nil
            }
            out.append(scalar)
        }
        return String(out)
    }
}
