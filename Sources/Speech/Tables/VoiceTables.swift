import EngineAPI

/// The front end's tables: one mapped file, of which nothing is parsed at the start.
struct VoiceTables: Sendable {
    let file: MappedFile
    /// What the dictionary's values are in.
    private(set) var lexiconFile: MappedFile
    /// Whether the dictionary is British.
    private(set) var isBritish = false
    /// Words with their readings.
    private(set) var lexicon: HashedTable
    /// Names and further words, with their readings, that the lexicon lacks.
    private(set) var names: HashedTable?
    /// Text that the tokeniser cuts in a way of its own.
    let pieces: HashedTable
    /// Months, titles, abbreviations, units, symbols; the first letter of a key is its kind.
    let rules: HashedTable
    /// Compatibility forms of characters, and compositions of a letter and a mark.
    let fold: HashedTable
    /// Words that have one tag.
    let tagdict: HashedTable
    /// Words that the tagger's features know.
    let vocabulary: HashedTable
    /// The tagger's weights.
    let features: HashedTable
    /// Part-of-speech tags, sorted.
    let tags: [String]
    /// The network's symbols by id.
    let phonemes: [Unicode.Scalar?]
    /// Letters that the network of unknown words takes; the first has id 1.
    private(set) var letters: [Unicode.Scalar]
    /// Symbols that it gives; the first has id 1.
    private(set) var sounds: [Unicode.Scalar]

    /// - Throws: `.modelMissing`, `.modelDamaged`.
    init(path: String) throws(EngineError) {
        let file = try MappedFile(path: path)
        let sections = try VoiceTables.sections(file, path: path)
        func section(_ name: String) throws(EngineError) -> Range<Int> {
            guard let range = sections[name] else { throw .modelDamaged(path: path) }
            return range
        }
        func scalars(_ name: String) throws(EngineError) -> [Unicode.Scalar?] {
            let range = try section(name)
            return stride(from: range.lowerBound, to: range.upperBound - 3, by: 4).map {
                let code = file.word($0)
                return code == 0 ? nil : Unicode.Scalar(UInt32(code))
            }
        }
        func table(_ name: String) throws(EngineError) -> HashedTable {
            guard let table = HashedTable(file, section: try section(name)) else {
                throw .modelDamaged(path: path)
            }
            return table
        }
        self.file = file
        lexiconFile = file
        lexicon = try table("lexicon")
        names = try table("names")
        pieces = try table("pieces")
        rules = try table("rules")
        fold = try table("fold")
        tagdict = try table("tagdict")
        vocabulary = try table("vocab")
        features = try table("features")
        tags = file.text(try section("tags")).split(separator: "\u{1F}").map(String.init)
        phonemes = try scalars("phonemes")
        letters = try scalars("letters").compactMap { $0 }
        sounds = try scalars("sounds").compactMap { $0 }
        // The lexicon writes symbols as bytes.
        guard phonemes.count == 256, !tags.isEmpty else { throw .modelDamaged(path: path) }
    }

    /// A British dictionary, and the signs of its network of unknown words, beside everything else
    /// of the American tables. It has no table of names.
    /// - Throws: `.modelMissing`, `.modelDamaged`.
    init(british path: String, base: VoiceTables) throws(EngineError) {
        let file = try MappedFile(path: path)
        let sections = try VoiceTables.sections(file, path: path)
        func scalars(_ name: String) throws(EngineError) -> [Unicode.Scalar] {
            guard let range = sections[name] else { throw .modelDamaged(path: path) }
            return stride(from: range.lowerBound, to: range.upperBound - 3, by: 4).compactMap {
                Unicode.Scalar(UInt32(truncatingIfNeeded: file.word($0)))
            }
        }
        guard let range = sections["lexicon"], let lexicon = HashedTable(file, section: range)
        else { throw .modelDamaged(path: path) }
        self = base
        (self.lexicon, names, lexiconFile, isBritish) = (lexicon, nil, file, true)
        letters = try scalars("letters")
        sounds = try scalars("sounds")
    }

    /// The table of contents; every section is within the file.
    private static func sections(_ file: MappedFile, path: String) throws(EngineError)
        -> [String: Range<Int>]
    {
        guard file.count >= 16, file.text(0..<8) == "HIBTAB01" else {
            throw .modelDamaged(path: path)
        }
        let count = file.word(8)
        guard count <= 64, 16 + 24 * count <= file.count else { throw .modelDamaged(path: path) }
        var sections: [String: Range<Int>] = [:]
        for index in 0..<count {
            let at = 16 + 24 * index
            let name = file.text(at..<at + 16).prefix { $0 != "\0" }
            let start = file.word(at + 16)
            let bytes = file.word(at + 20)
            guard start + bytes <= file.count, bytes >= 4 else { throw .modelDamaged(path: path) }
            sections[String(name)] = start..<start + bytes
        }
        return sections
    }
}
