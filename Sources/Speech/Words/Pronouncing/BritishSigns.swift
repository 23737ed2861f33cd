/// American readings that the rules have by heart, in the signs of misaki's British ones.
enum BritishSigns {
    /// Before a vowel the r stays.
    private static let coloured: [(String, String)] = [
        ("ɜɹ", "ɜː"), ("əɹ", "ə"), ("ɑɹ", "ɑː"), ("ɔɹ", "ɔː"), ("ɪɹ", "ɪə"), ("ɛɹ", "ɛː"),
        ("ʊɹ", "ʊə"),
        ("Iɹ", "Iə"), ("Wɹ", "Wə"),
    ]
    private static let plain: [Unicode.Scalar: String] = [
        "O": "Q", "æ": "a", "ɔ": "ɔː", "ɜ": "ɜː", "u": "uː", "ᵻ": "ɪ", "T": "t", "ɾ": "t", "ɑ": "ɒ",
    ]

    static func adapted(_ reading: String) -> String {
        let text = reading.scalars
        var out = String.UnicodeScalarView()
        var at = 0
        while at < text.count {
            if text.at(at + 1) == "ː" {
                // It is British already.
                out.append(contentsOf: text[at..<at + 2])
                at += 2
            } else if let (from, to) = coloured.first(where: { text.has($0.0, at) }) {
                out.append(contentsOf: to.unicodeScalars)
                at += 1
                let follower = text[(at + 1)...].first { $0 != "ˈ" && $0 != "ˌ" }
                let isBeforeVowel = follower.map(Stress.isVowel) ?? false
                if !isBeforeVowel { at += from.unicodeScalars.count - 1 }
            } else if text[at] == "i", at > 0, text[at - 1] == "ˈ" || text[at - 1] == "ˌ" {
                out.append(contentsOf: "iː".unicodeScalars)
                at += 1
            } else {
                out.append(contentsOf: (plain[text[at]] ?? String(text[at])).unicodeScalars)
                at += 1
            }
        }
        return String(out)
    }
}
