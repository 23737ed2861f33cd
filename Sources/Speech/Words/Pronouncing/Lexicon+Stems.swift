/// Words that the dictionary has without their ending.
extension Lexicon {
    /// Vowels after which a t between vowels is a flap.
    private static let flapping = Set("AIOWYiuæɑəɛɪɹʊʌ".unicodeScalars)

    /// Adds the sound of "s".
    static func plural(_ stem: String, isBritish: Bool = false) -> String {
        guard let last = stem.unicodeScalars.last else { return stem }
        switch last {
        case "p", "t", "k", "f", "θ": return stem + "s"
        case "s", "z", "ʃ", "ʒ", "ʧ", "ʤ": return stem + (isBritish ? "ɪz" : "ᵻz")
        default: return stem + "z"
        }
    }

    /// Adds the sound of "ed".
    static func past(_ stem: String, isBritish: Bool = false) -> String {
        let scalars = stem.scalars
        guard let last = scalars.last else { return stem }
        switch last {
        case "p", "k", "f", "θ", "ʃ", "s", "ʧ": return stem + "t"
        case "d": return stem + (isBritish ? "ɪd" : "ᵻd")
        case "t" where isBritish: return stem + "ɪd"
        case "t":
            guard let before = scalars.at(scalars.count - 2) else { return stem + "ɪd" }
            return flapping.contains(before)
                ? String(scalars.dropLast()) + "ɾᵻd" : stem + "ᵻd"
        default: return stem + "d"
        }
    }

    /// Adds the sound of "ing".
    static func progressive(_ stem: String, isBritish: Bool = false) -> String? {
        let scalars = stem.scalars
        // A British reading that ends so has lost its r, which would come back.
        if isBritish {
            return "əː".unicodeScalars.contains(scalars.last ?? " ") ? nil : stem + "ɪŋ"
        }
        if scalars.last == "t", let before = scalars.at(scalars.count - 2),
            flapping.contains(before)
        {
            return String(scalars.dropLast()) + "ɾɪŋ"
        }
        return stem + "ɪŋ"
    }

    /// "cats", "boxes", "cities", "dog's".
    func withS(_ word: String, tag: String?, level: Double?, _ context: WordContext?) -> String? {
        let count = word.unicodeScalars.count
        guard count >= 3, word.hasSuffix("s") else { return nil }
        let stem: String
        if !word.hasSuffix("ss"), isKnown(String(word.dropLast())) {
            stem = String(word.dropLast())
        } else if word.hasSuffix("'s")
            || (count > 4 && word.hasSuffix("es") && !word.hasSuffix("ies")),
            isKnown(String(word.dropLast(2)))
        {
            stem = String(word.dropLast(2))
        } else if count > 4, word.hasSuffix("ies"), isKnown(word.dropLast(3) + "y") {
            stem = word.dropLast(3) + "y"
        } else {
            return nil
        }
        return lookup(stem, tag: tag, level: level, context).map {
            Lexicon.plural($0, isBritish: isBritish)
        }
    }

    /// "walked", "agreed".
    func withEd(_ word: String, tag: String?, level: Double?, _ context: WordContext?) -> String? {
        let count = word.unicodeScalars.count
        guard count >= 4, word.hasSuffix("d") else { return nil }
        let stem: String
        if !word.hasSuffix("dd"), isKnown(String(word.dropLast())) {
            stem = String(word.dropLast())
        } else if count > 4, word.hasSuffix("ed"), !word.hasSuffix("eed"),
            isKnown(String(word.dropLast(2)))
        {
            stem = String(word.dropLast(2))
        } else {
            return nil
        }
        return lookup(stem, tag: tag, level: level, context).map {
            Lexicon.past($0, isBritish: isBritish)
        }
    }

    /// "walking", "making", "running".
    func withIng(_ word: String, tag: String?, level: Double?, _ context: WordContext?) -> String? {
        let count = word.unicodeScalars.count
        guard count >= 5, word.hasSuffix("ing") else { return nil }
        let bare = String(word.dropLast(3))
        let stem: String
        if count > 5, isKnown(bare) {
            stem = bare
        } else if isKnown(bare + "e") {
            stem = bare + "e"
        } else if count > 5, isDoubled(bare) || bare.hasSuffix("ck"),
            isKnown(String(bare.dropLast()))
        {
            stem = String(bare.dropLast())
        } else {
            return nil
        }
        return lookup(stem, tag: tag, level: level, context).flatMap {
            Lexicon.progressive($0, isBritish: isBritish)
        }
    }

    /// Whether a stem ends in a doubled consonant, as "runn" does.
    private func isDoubled(_ stem: String) -> Bool {
        let end = stem.unicodeScalars.suffix(2)
        guard end.count == 2, let last = end.last, end.first == last else { return false }
        return "bcdgklmnprstvxz".unicodeScalars.contains(last)
    }
}
