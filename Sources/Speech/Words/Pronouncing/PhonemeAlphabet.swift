import EngineAPI

/// The network's symbols: their ids and the mouth shapes that say them.
struct PhonemeAlphabet: Sendable {
    private let ids: [Unicode.Scalar: Int64]

    init(_ tables: VoiceTables) {
        var ids: [Unicode.Scalar: Int64] = [:]
        for (id, scalar) in tables.phonemes.enumerated() {
            if let scalar { ids[scalar] = Int64(id) }
        }
        self.ids = ids
    }

    /// Ids between two rests, as hibari's networks take them, and the indexes of the phonemes that
    /// have one.
    func ids(_ phonemes: [Unicode.Scalar]) -> (ids: [Int64], symbols: [Int]) {
        var (ids, symbols): ([Int64], [Int]) = ([0], [])
        for (index, phoneme) in phonemes.enumerated() {
            guard let id = id(phoneme) else { continue }
            ids.append(id)
            symbols.append(index)
        }
        return (ids + [0], symbols)
    }

    func id(_ phoneme: Unicode.Scalar) -> Int64? { ids[phoneme] }

    /// Every symbol with its id.
    var all: [Unicode.Scalar: Int64] { ids }

    /// Marks, which make no sound: at them the mouth rests.
    static func isMark(_ symbol: Unicode.Scalar) -> Bool {
        ";:,.!?—…\"()“”¡¿«» ".unicodeScalars.contains(symbol)
    }

    /// Stress, length and colour, which belong to a neighbour.
    static func isModifier(_ symbol: Unicode.Scalar) -> Bool {
        "ˈˌːˑʰʲʷ˞\u{303}\u{327}\u{329}\u{32A}\u{32F}↓→↗↘".unicodeScalars.contains(symbol)
    }

    private static let groups: [(Viseme, String)] = [
        (.PP, "pbm"), (.FF, "fvʋɸβᵝ"), (.TH, "θð"), (.DD, "tdʈɖɾT"), (.kk, "kɡŋhxɣqχcɟɲʔçʁɰɴ"),
        (.CH, "ʃʒʂɕʝʧʤʨʥ"), (.SS, "szʦʣ"), (.nn, "nlɳʎ"), (.RR, "rɹɻɚɜʀɽ"), (.aa, "aɑæʌɐɒ"),
        (.E, "eɛəœøᵊ"), (.ih, "iɪyjɨᵻɥ"), (.oh, "oɔɤ"), (.ou, "uʊwɯ"),
    ]
    /// Capitals are diphthongs of the voice's alphabet; each has two shapes.
    private static let diphthongs: [Unicode.Scalar: [Viseme]] = [
        "A": [.E, .ih], "I": [.aa, .ih], "W": [.aa, .ou], "Y": [.oh, .ih], "O": [.oh, .ou],
        "Q": [.E, .ou], "S": [.E],
    ]
    private static let table: [Unicode.Scalar: [Viseme]] = {
        var table = diphthongs
        for (viseme, symbols) in groups {
            for symbol in symbols.unicodeScalars { table[symbol] = [viseme] }
        }
        return table
    }()

    /// The shapes of a phoneme in their order; none for a mark or modifier.
    static func visemes(_ phoneme: Unicode.Scalar) -> [Viseme] { table[phoneme] ?? [] }
}
