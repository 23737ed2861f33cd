/// Tells whether a sentence ends with a word. A dot of an abbreviation ends none.
package enum SentenceEnd {
    /// - Parameters:
    ///   - word: as it is written, with what is attached to it.
    ///   - next: the word behind it; nil where it is the last.
    package static func isAfter(_ word: some StringProtocol, before next: String?) -> Bool {
        guard let end = word.lastIndex(where: { !closers.contains($0) }) else { return false }
        let last = word[end]
        if last != "." { return "?!…。！？｡".contains(last) }
        // A sentence begins with a capital, where its script has them.
        if let first = next?.first(where: { $0.isLetter }), first.isLowercase { return false }
        return !isAbbreviation(word[...end])
    }

    private static let closers: Set<Character> = [
        "\"", "'", "”", "’", "»", ")", "]", "」", "』", "）",
    ]

    /// - word: with its dot.
    private static func isAbbreviation(_ word: some StringProtocol) -> Bool {
        let letters = word.drop { !$0.isLetter && !$0.isNumber }.dropLast()
        // An ellipsis is no abbreviation, and neither is a number at a sentence's end.
        guard !letters.isEmpty, letters.last != "." else { return false }
        let parts = letters.split(separator: ".", omittingEmptySubsequences: false)
        // "U.S.", "e.g.", "a.m." and initials; "I." ends a sentence as a pronoun does.
        if parts.allSatisfy({ $0.count == 1 && $0.first?.isLetter == true }) {
            return parts.count > 1 || letters != "I"
        }
        return names.contains(letters.lowercased())
    }

    /// Abbreviations that something always follows: titles, places, and what stands before numbers.
    private static let names: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "st", "ste", "rev", "hon", "gen", "col", "lt", "sgt",
        "capt", "cmdr", "maj", "gov", "sen", "rep", "pres", "messrs", "mme", "mlle", "fr", "hr",
        "frl", "dipl", "ing", "sr", "sra", "srta", "dra", "vs", "cf", "ca", "approx", "fig",
        "figs", "vol", "pp", "ed", "eds", "ave", "blvd", "rd", "mt", "ft", "jan", "feb", "apr",
        "aug", "sept", "oct", "nov", "dec", "bzw", "nr", "str", "usw", "vgl", "ggf", "evtl",
        "viz", "al", "dept", "ph",
    ]
}
