/// Words in capitals: a word that stands out, or letters. "THE FILES CHANGED" has words,
/// "the FBI" letters, "US" a country beside small letters and a pronoun among capitals.
struct Capitals: Sendable {
    let lexicon: Lexicon

    /// Letters, though the same letters are a word.
    private static let initials: Set<String> = [
        "US", "IT", "LED", "SAT", "ADD", "IRA", "UPS", "SEC", "ETA", "MIT", "ALS", "ISO", "AMA",
        "GRE", "APA", "ACT", "VA", "MA", "PA", "LA", "OR", "AI", "AC", "DC", "ER", "PE", "PC", "TV",
        "UK", "EU", "UN", "ID", "OS", "HR", "PR", "QA", "IQ", "CD", "EP", "LP", "MC", "DJ", "AP",
        "GI", "NE", "SW", "NW", "SE", "ESP", "IDE", "APP", "ARM", "ASP", "EST", "ION", "CAM",
        "OT", "EMS", "PAC", "CAR", "MAC", "ANC", "MS", "MO", "ME", "HI", "DNA", "RNA", "AA",
    ]
    /// Of those, the ones that are words of every day: letters only beside small letters.
    private static let everyday: Set<String> = [
        "US", "IT", "LED", "SAT", "ADD", "UPS", "OR", "ME", "HI", "ACT", "ARM", "CAR", "MAC", "APP",
        "MA", "PA", "LA", "ION", "CAM", "ID", "WHO", "MS",
    ]
    /// In a line of small letters these stand out and are words.
    private static let stressed: Set<String> = [
        "OR", "ME", "HI", "ACT", "ADD", "CAR", "ARM", "SAT", "MA", "PA",
    ]

    /// What a line of capitals has before the pronoun, where the country stands elsewhere.
    private static let beforeUs: Set<String> = [
        "let", "tell", "give", "with", "for", "to", "join", "contact", "about", "of", "help",
        "call", "follow", "visit", "on", "trust", "bring", "send", "show", "make", "keep", "all",
        "both", "between", "among", "than", "like", "email", "text", "ask", "find", "from",
        "leave", "love", "hate", "save", "at", "by", "against", "behind", "need", "want",
    ]

    /// Words of every sentence, whose letters mean nothing else beside small ones.
    private static let small: Set<String> = [
        "NO", "SO", "GO", "DO", "ON", "UP", "OF", "TO", "BE", "IF", "IS", "WE", "HE", "MY", "AN",
        "ALL", "NOT", "ANY", "NOW", "YES", "THE", "AND", "BUT", "FOR", "YOU", "OUR", "OUT", "OFF",
    ]

    /// Gives words in capitals their small form as an alias, and letters their reading.
    func settle(_ tokens: inout [Token]) {
        let capitals = tokens.indices.filter { Capitals.isCapital(tokens[$0].text) }
        if capitals.isEmpty { return }
        let hasSmall = tokens.contains { $0.text.unicodeScalars.contains(where: \.isLower) }
        let isShouted = !hasSmall && capitals.count > 2
        for at in capitals where tokens[at].phonemes == nil {
            let word = tokens[at].text
            let bare = word.hasSuffix("'S") ? String(word.dropLast(2)) : word
            let before = at > 0 ? tokens[at - 1].text.lowercased() : ""
            if Capitals.small.contains(bare) {
                tokens[at].alias = word.lowercased()
            } else if Capitals.initials.contains(bare) || bare == "WHO" {
                let isWord =
                    isShouted
                    ? Capitals.everyday.contains(bare)
                        && (bare == "US" ? Capitals.beforeUs.contains(before) : before != "the")
                    : Capitals.stressed.contains(bare) && !["the", "an"].contains(before)
                if !isWord {
                    if bare != "WHO" { tokens[at].phonemes = lexicon.letters(bare) }
                    continue
                }
                tokens[at].alias = word.lowercased()
            } else if lexicon.isPlainWord(word.lowercased(), isShouted: isShouted),
                !lexicon.isAbbreviation(word)
            {
                tokens[at].alias = word.lowercased()
            } else if !lexicon.isAbbreviation(word), Capitals.isPronounceable(bare) {
                tokens[at].alias = word.lowercased()
            }
        }
    }

    /// Six letters and more whose vowels and consonants take turns: "HAZMAT", not "NAACP".
    private static func isPronounceable(_ word: String) -> Bool {
        guard word.utf8.count > 5 else { return false }
        var (consonants, vowels, sounds) = (0, 0, 0)
        for letter in word {
            if "AEIOUY".contains(letter) {
                (consonants, vowels, sounds) = (0, vowels + 1, sounds + 1)
            } else {
                (consonants, vowels) = (consonants + 1, 0)
            }
            if consonants > 2 || vowels > 2 { return false }
        }
        return sounds > 1
    }

    /// Two letters at least, all of them capitals.
    private static func isCapital(_ word: String) -> Bool {
        let letters = word.unicodeScalars.filter { $0 != "'" }
        return letters.count > 1 && letters.allSatisfy { $0.isLetter && $0.isUpper }
    }
}
