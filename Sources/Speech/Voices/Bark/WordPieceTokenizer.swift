import EngineAPI

/// BERT's pieces of words, of its cased vocabularies: no letter is changed, Chinese characters and
/// marks stand alone, and a word is cut into the longest pieces that the vocabulary has.
/// Devlin and others, "BERT" (2018); the same ids as the package `tokenizers` gives.
struct WordPieceTokenizer: Sendable {
    /// bert-base-multilingual-cased has 996 kB.
    static let bytesMax = 16 << 20
    private static let piecesMax = 1 << 20
    /// A longer word is unknown as a whole.
    private static let wordMax = 100

    /// By their bytes: letters with marks of their own differ from whole ones here.
    private let ids: [[UInt8]: Int]
    private let unknown: Int

    /// Ids that the vocabulary gives.
    var count: Int { ids.count }

    /// - lines: one piece each, in the order of their ids; "##" marks one that goes on a word.
    /// - Throws: `.modelDamaged` for what is no vocabulary.
    init(_ lines: [UInt8], path: String) throws(EngineError) {
        var ids: [[UInt8]: Int] = [:]
        for (id, line) in lines.split(
            separator: 10, maxSplits: Self.piecesMax, omittingEmptySubsequences: false
        ).enumerated() {
            let plain = line.last == 13 ? line.dropLast() : line
            // The last line ends too.
            if plain.isEmpty { continue }
            ids[Array(plain)] = id
        }
        guard let unknown = ids[Array("[UNK]".utf8)], ids.count <= Self.piecesMax else {
            throw .modelDamaged(path: path)
        }
        self.ids = ids
        self.unknown = unknown
    }

    func ids(_ text: String) -> [Int] {
        var found: [Int] = []
        for word in Self.words(text) { append(word, to: &found) }
        return found
    }

    /// The longest pieces from the left; where one is missing, all of the word is unknown.
    private func append(_ word: Scalars, to found: inout [Int]) {
        guard word.count <= Self.wordMax else { return found.append(unknown) }
        let first = found.count
        var start = 0
        while start < word.count {
            var end = word.count
            var id: Int?
            while end > start {
                id = ids[(start > 0 ? [0x23, 0x23] : []) + Array(word.text(start..<end).utf8)]
                if id != nil { break }
                end -= 1
            }
            guard let id else {
                found.removeLast(found.count - first)
                return found.append(unknown)
            }
            found.append(id)
            start = end
        }
    }

    /// Cut at white space, and around marks and Chinese characters.
    static func words(_ text: String) -> [Scalars] {
        var words: [Scalars] = []
        var isOpen = false
        for scalar in text.unicodeScalars {
            if isDropped(scalar) { continue }
            if scalar.properties.isWhitespace {
                isOpen = false
            } else if isMark(scalar) || isChinese(scalar) {
                words.append([scalar])
                isOpen = false
            } else if isOpen {
                words[words.count - 1].append(scalar)
            } else {
                words.append([scalar])
                isOpen = true
            }
        }
        return words
    }

    /// Control and format characters but for those that end lines and cells, and what has no
    /// character.
    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\t" || scalar == "\n" || scalar == "\r" { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: return true
        default: return scalar == "\u{FFFD}"
        }
    }

    /// Everything in ASCII that is no letter, digit or control counts as a mark.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return scalar.value > 32 && scalar.value < 127 && !scalar.isASCIILetter
                && !scalar.isDigit
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    /// The blocks of CJK ideographs; kana and hangul are letters like others.
    private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF,
            0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
