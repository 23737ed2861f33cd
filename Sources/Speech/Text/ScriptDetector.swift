/// Counts letters by script, to tell a text that the voice can't read from one that it can.
struct ScriptDetector {
    /// Letters that are ours.
    var latin = 0
    private var others: [String: Int] = [:]

    /// Blocks by Unicode's names for their scripts; each ends before the next begins.
    private static let blocks: [(first: UInt32, last: UInt32, name: String)] = [
        (0x0370, 0x03FF, "Greek"), (0x0400, 0x052F, "Cyrillic"), (0x0530, 0x058F, "Armenian"),
        (0x0590, 0x05FF, "Hebrew"), (0x0600, 0x06FF, "Arabic"), (0x0700, 0x074F, "Syriac"),
        (0x0750, 0x077F, "Arabic"), (0x0780, 0x07BF, "Thaana"), (0x0900, 0x097F, "Devanagari"),
        (0x0980, 0x09FF, "Bengali"), (0x0A00, 0x0A7F, "Gurmukhi"), (0x0A80, 0x0AFF, "Gujarati"),
        (0x0B00, 0x0B7F, "Oriya"), (0x0B80, 0x0BFF, "Tamil"), (0x0C00, 0x0C7F, "Telugu"),
        (0x0C80, 0x0CFF, "Kannada"), (0x0D00, 0x0D7F, "Malayalam"), (0x0D80, 0x0DFF, "Sinhala"),
        (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x0EFF, "Lao"), (0x0F00, 0x0FFF, "Tibetan"),
        (0x1000, 0x109F, "Myanmar"), (0x10A0, 0x10FF, "Georgian"), (0x1100, 0x11FF, "Hangul"),
        (0x1200, 0x139F, "Ethiopic"), (0x13A0, 0x13FF, "Cherokee"), (0x1780, 0x17FF, "Khmer"),
        (0x1800, 0x18AF, "Mongolian"), (0x1F00, 0x1FFF, "Greek"), (0x3040, 0x309F, "Hiragana"),
        (0x30A0, 0x30FF, "Katakana"), (0x3130, 0x318F, "Hangul"), (0x3400, 0x9FFF, "Han"),
        (0xAC00, 0xD7AF, "Hangul"), (0xF900, 0xFAFF, "Han"), (0xFB1D, 0xFB4F, "Hebrew"),
        (0xFB50, 0xFDFF, "Arabic"), (0xFE70, 0xFEFC, "Arabic"), (0xFF66, 0xFF9F, "Katakana"),
        (0x20000, 0x3FFFF, "Han"),
    ]

    static func script(_ scalar: Unicode.Scalar) -> String {
        let block = blocks.first { $0.first <= scalar.value && scalar.value <= $0.last }
        return block?.name ?? "unknown"
    }

    /// Latin letters and what folds to them, and the signs of the phonetic alphabet.
    static func isReadable(_ scalar: Unicode.Scalar) -> Bool {
        let code = scalar.value
        return code < 0x370 || (0x1D00...0x1EFF).contains(code) || (0x2070...0x218F).contains(code)
            || (0xFB00...0xFB06).contains(code) || (0xFF21...0xFF5A).contains(code)
            || (0x1D400...0x1D7FF).contains(code) || (0x2C60...0x2C7F).contains(code)
    }

    /// Scripts of which the network of unknown words has learnt letters: words among Latin ones
    /// are guessed at rather than left out.
    static func isGuessable(_ scalar: Unicode.Scalar) -> Bool {
        let code = scalar.value
        return (0x370...0x52F).contains(code) && scalar.isLetter
    }

    mutating func count(_ scalar: Unicode.Scalar) {
        others[ScriptDetector.script(scalar), default: 0] += 1
    }

    /// The commonest foreign script when foreign letters outnumber ours; nil otherwise.
    var unreadable: String? {
        let foreign = others.values.reduce(0, +)
        // A few Greek letters are a formula's.
        let isFormula = foreign == others["Greek"] && foreign < 4
        guard foreign > latin, !isFormula else { return nil }
        let counts = others.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return counts.first?.key
    }
}
