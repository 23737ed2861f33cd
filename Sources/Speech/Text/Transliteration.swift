/// Greek and Cyrillic words in Latin letters, as newspapers write them.
enum Transliteration {
    private static let pairs: [Unicode.Scalar: String] = {
        let rows = """
            α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s
            τ t υ y φ f
            χ ch ψ ps ω o ά a έ e ή i ί i ό o ύ y ώ o ϊ i ϋ y ΐ i ΰ y
            а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s
            т t у u ф f
            х kh ц ts ч ch ш sh щ shch ъ - ы y ь - э e ю yu я ya і i ї yi є ye ґ g
            ў w ј j љ lj њ nj
            ћ c ђ dj џ dz
            """
        let parts = rows.split(whereSeparator: \.isWhitespace)
        var table: [Unicode.Scalar: String] = [:]
        for at in stride(from: 0, to: parts.count - 1, by: 2) {
            guard let letter = parts[at].unicodeScalars.first else { continue }
            table[letter] = parts[at + 1] == "-" ? "" : String(parts[at + 1])
        }
        return table
    }()

    /// Two letters that are one sound.
    private static let joined: [String: String] = [
        "ου": "ou", "αι": "e", "ει": "i", "οι": "i", "μπ": "b", "ντ": "d", "γκ": "g", "γγ": "ng",
        "αυ": "av", "ευ": "ev", "ού": "ou", "εί": "i", "αί": "e", "οί": "i", "ий": "y", "ый": "y",
    ]

    static func latin(_ word: ArraySlice<Unicode.Scalar>) -> Scalars {
        var out = ""
        var at = word.startIndex
        let small = word.map { $0.properties.lowercaseMapping.unicodeScalars.first ?? $0 }
        while at < word.endIndex {
            let index = at - word.startIndex
            var (text, step) = (pairs[small[index]] ?? "", 1)
            if index + 1 < small.count, let pair = joined[String([small[index], small[index + 1]])]
            {
                (text, step) = (pair, 2)
            }
            if word[at].isUpper, let first = text.first {
                text = first.uppercased() + text.dropFirst()
            }
            out += text
            at += step
        }
        return out.scalars
    }
}
