/// Text of a turn that can be told while the turn goes on: what two readings in a row agree on, and
/// never the last words of either, which more sound may change. What was told is never taken back.
struct PartialTranscript: Sendable {
    /// Words at the end of a reading that are not told.
    private static let wordsHeldBack = 2
    /// What was told, as words are compared.
    private(set) var told: [String] = []
    private var last: [String] = []

    /// - text: a reading of all that was said so far.
    /// - Returns: what is new to tell; nil where nothing is.
    mutating func add(_ text: String) -> String? {
        let units = Self.units(of: text)
        let words = units.map(Self.plain)
        defer { last = words }
        var agreed = 0
        let most = min(words.count, last.count) - Self.wordsHeldBack
        while agreed < most, words[agreed] == last[agreed] {
            agreed += 1
        }
        // A reading that says otherwise than what was told tells nothing new.
        guard agreed > told.count, Array(words[..<told.count]) == told else { return nil }
        let new = units[told.count..<agreed].joined()
        told = Array(words[..<agreed])
        return new
    }

    /// Words with the blanks before them; signs one by one in scripts that have no blanks.
    static func units(of text: String) -> [String] {
        var units: [String] = []
        var current = ""
        func hasWord(_ unit: String) -> Bool { unit.contains { !$0.isWhitespace } }
        for character in text {
            let isBlank = character.isWhitespace
            if isBlank ? hasWord(current) : standsAlone(character) && hasWord(current) {
                units.append(current)
                current = ""
            }
            current.append(character)
            if standsAlone(character) {
                units.append(current)
                current = ""
            }
        }
        if hasWord(current) { units.append(current) }
        return units
    }

    /// Kana, Han and Thai are written without blanks.
    private static func standsAlone(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first?.value else { return false }
        return (0x3040...0x30FF).contains(scalar) || (0x3400...0x9FFF).contains(scalar)
            || (0x0E00...0x0E7F).contains(scalar)
    }

    /// Case and punctuation do not count.
    private static func plain(_ unit: String) -> String {
        String(unit.lowercased().filter { $0.isLetter || $0.isNumber })
    }
}
