/// The letters that a language is written in, by their UTF-8. Whisper writes some languages in a
/// neighbour's letters: base hears Hindi rightly and writes it as Urdu.
enum WritingSystem: CaseIterable {
    case greek, cyrillic, armenian, hebrew, arabic, devanagari, bengali, gurmukhi, gujarati, tamil
    case telugu, kannada, malayalam, sinhala, thai, lao, tibetan, burmese, georgian, ethiopic, khmer

    /// nil for what is written in Latin letters, in several, or in Chinese characters and what
    /// goes with them.
    init?(of language: String) {
        let found = Self.allCases.first { $0.languages.contains(language) }
        guard let found else { return nil }
        self = found
    }

    /// Codes of Whisper's languages.
    private var languages: Set<String> {
        switch self {
        case .greek: ["el"]
        case .cyrillic: ["ba", "be", "bg", "kk", "mk", "mn", "ru", "tg", "tt", "uk"]
        case .armenian: ["hy"]
        case .hebrew: ["he", "yi"]
        case .arabic: ["ar", "fa", "ps", "sd", "ur"]
        case .devanagari: ["hi", "mr", "ne", "sa"]
        case .bengali: ["as", "bn"]
        case .gurmukhi: ["pa"]
        case .gujarati: ["gu"]
        case .tamil: ["ta"]
        case .telugu: ["te"]
        case .kannada: ["kn"]
        case .malayalam: ["ml"]
        case .sinhala: ["si"]
        case .thai: ["th"]
        case .lao: ["lo"]
        case .tibetan: ["bo"]
        case .burmese: ["my"]
        case .georgian: ["ka"]
        case .ethiopic: ["am"]
        case .khmer: ["km"]
        }
    }

    /// The first two bytes of its letters, as one number.
    private var beginnings: ClosedRange<UInt16> {
        switch self {
        case .greek: 0xCD80...0xCFBF
        case .cyrillic: 0xD080...0xD4AF
        case .armenian: 0xD4B0...0xD68F
        case .hebrew: 0xD690...0xD7BF
        case .arabic: 0xD880...0xDBBF
        case .devanagari: 0xE0A4...0xE0A5
        case .bengali: 0xE0A6...0xE0A7
        case .gurmukhi: 0xE0A8...0xE0A9
        case .gujarati: 0xE0AA...0xE0AB
        case .tamil: 0xE0AE...0xE0AF
        case .telugu: 0xE0B0...0xE0B1
        case .kannada: 0xE0B2...0xE0B3
        case .malayalam: 0xE0B4...0xE0B5
        case .sinhala: 0xE0B6...0xE0B7
        case .thai: 0xE0B8...0xE0B9
        case .lao: 0xE0BA...0xE0BB
        case .tibetan: 0xE0BC...0xE0BF
        case .burmese: 0xE180...0xE182
        case .georgian: 0xE182...0xE183
        case .ethiopic: 0xE188...0xE18E
        case .khmer: 0xE19E...0xE19F
        }
    }

    /// Whether a letter takes two or three tokens, as those of three bytes do.
    var hasLongLetters: Bool { beginnings.lowerBound >= 0xE000 }

    /// The first bytes of letters other than Latin ones; between them lie signs, and parts of
    /// characters.
    private static let leads: [ClosedRange<UInt8>] = [0xCD...0xDB, 0xE0...0xE1, 0xE3...0xED]

    /// Whether a token, which may be a part of a character, has a letter of another system. Latin
    /// letters, digits and signs belong to every one.
    func isForeign(_ token: [UInt8]) -> Bool {
        token.indices.contains { index in
            let lead = token[index]
            guard Self.leads.contains(where: { $0.contains(lead) }) else { return false }
            let next = index + 1 < token.count ? token[index + 1] : nil
            let first = UInt16(lead) << 8
            // Of a part of a character what may follow counts.
            let might = (first | UInt16(next ?? 0x80))...(first | UInt16(next ?? 0xBF))
            return !might.overlaps(beginnings)
        }
    }
}
