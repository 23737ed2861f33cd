import EngineAPI
import Inference

/// The operator's lexicons in the models folder: `lexicon.tsv` (a word, TAB, its reading; a line
/// that begins with "#" is a remark) and `lexicon.pls` (W3C's Pronunciation Lexicon 1.0).
enum PronunciationFile {
    /// 20,000 entries are less than a megabyte.
    static let bytesMax = 4 << 20
    static let entriesMax = 20_000

    /// What both files have, the table first; none where there are none.
    /// - Throws: `.lexiconBroken`, `.modelDamaged` for one that is too long.
    static func all(in models: ModelDirectory) throws(EngineError) -> [Pronunciation] {
        var all: [Pronunciation] = []
        if models.has("lexicon.tsv") {
            let bytes = try models.content(of: "lexicon.tsv", bytesMax: bytesMax)
            all += try table(String(decoding: bytes, as: UTF8.self))
        }
        if models.has("lexicon.pls") {
            let bytes = try models.content(of: "lexicon.pls", bytesMax: bytesMax)
            all += try lexemes(String(decoding: bytes, as: UTF8.self).scalars)
        }
        return Array(all.prefix(entriesMax))
    }

    static func table(_ text: String) throws(EngineError) -> [Pronunciation] {
        var all: [Pronunciation] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let content = line.unicodeScalars.first == "\u{FEFF}" ? line.dropFirst() : line
            if content.hasPrefix("#") || content.allSatisfy(\.isWhitespace) { continue }
            let parts = content.split(separator: "\t", omittingEmptySubsequences: false)
            let word = parts[0].unicodeScalars.map { $0 }.trimmed()
            let reading = parts.count > 1 ? Array(parts[1].unicodeScalars).trimmed() : []
            guard isShort(word, Pronunciation.wordMax), isShort(reading, Pronunciation.readingMax)
            else { throw .lexiconBroken(file: "lexicon.tsv", line: index + 1) }
            all.append(Pronunciation(String(word), String(reading)))
        }
        return all
    }

    private static func isShort(_ text: Scalars, _ max: Int) -> Bool {
        !text.isEmpty && text.count <= max
    }

    // MARK: PLS

    /// The lexeme that is being read.
    private struct Lexeme {
        var words: [String] = []
        var reading: Pronunciation.Reading?
        var isPreferred = false
    }

    /// `lexeme`s of the one `lexicon`; of several readings the preferred one, else the first.
    /// Alphabets are ipa and x-sampa; readings in others are passed over.
    static func lexemes(_ text: Scalars) throws(EngineError) -> [Pronunciation] {
        var start = 0
        while let scalar = text.at(start), scalar.isSpace || scalar == "\u{FEFF}" { start += 1 }
        var scanner = MarkupScanner(text, at: start)
        var all: [Pronunciation] = []
        var open: [(name: String, attributes: [String: String])] = []
        var (language, alphabet): (String?, String) = (nil, "ipa")
        var lexeme = Lexeme()
        var kept: Scalars = []
        func broken() -> EngineError {
            let line = text.prefix(scanner.at).count { $0 == "\n" } + 1
            return .lexiconBroken(file: "lexicon.pls", line: line)
        }
        func close(_ name: String, _ attributes: [String: String]) {
            let content = String(Normalizer.spaced(kept).trimmed())
            switch name {
            case "grapheme":
                if isShort(content.scalars, Pronunciation.wordMax) { lexeme.words.append(content) }
            case "phoneme", "alias":
                let isPreferred = attributes["prefer"] == "true"
                guard isShort(content.scalars, Pronunciation.readingMax),
                    lexeme.reading == nil || isPreferred && !lexeme.isPreferred
                else { return }
                let reading: Pronunciation.Reading? =
                    name == "alias"
                    ? .respelling(content)
                    : PhoneticAlphabet(attributes["alphabet"] ?? alphabet)
                        .flatMap { $0.ipa(content) }.map { .ipa($0) }
                if let reading { (lexeme.reading, lexeme.isPreferred) = (reading, isPreferred) }
            case "lexeme":
                if let reading = lexeme.reading {
                    all += lexeme.words.map { Pronunciation($0, reading, language: language) }
                }
                lexeme = Lexeme()
            default: break
            }
        }
        while true {
            let event: MarkupScanner.Event?
            do throws(EngineError) { event = try scanner.next() } catch { throw broken() }
            guard let event else { break }
            switch event {
            case .text(let text): kept += text
            case .start(let name, let attributes, let isEmpty):
                guard open.count < 8, !open.isEmpty || name == "lexicon" else { throw broken() }
                if open.isEmpty {
                    language = attributes["xml:lang"].map(LanguageTag.primary)
                    alphabet = attributes["alphabet"] ?? alphabet
                }
                kept = []
                if !isEmpty { open.append((name, attributes)) }
            case .end(let name):
                guard let last = open.popLast(), last.name == name else { throw broken() }
                close(name, last.attributes)
                kept = []
            }
            guard all.count <= entriesMax else { break }
        }
        guard open.isEmpty || all.count > entriesMax else { throw broken() }
        return all
    }
}
