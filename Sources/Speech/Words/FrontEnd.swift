import EngineAPI

/// From a line of clean text to words with readings: the whole front end in its order.
final class FrontEnd {
    let tables: VoiceTables
    let cleaner: TextCleaner
    let normalizer: Normalizer
    let tokenizer: Tokenizer
    let tagger: Tagger
    private let reader: WordReader

    init(_ tables: VoiceTables, unknown: UnknownWords) {
        self.tables = tables
        cleaner = TextCleaner(tables)
        normalizer = Normalizer(tables)
        tokenizer = Tokenizer(tables)
        tagger = Tagger(tables)
        reader = WordReader(Lexicon(tables), unknown: unknown)
    }

    /// Words of one sentence. "[text](/phonemes/)" gives a word its reading.
    func words(_ sentence: Scalars) throws(EngineError) -> [ReadWord] {
        try reader.read(tokens(sentence))
    }

    func tokens(_ sentence: Scalars) -> [Token] {
        var tokens: [Token] = []
        for part in GivenReading.parts(sentence) {
            switch part {
            case .plain(let text): tokens += plainTokens(normalizer.normalized(text))
            case .given(let text, let phonemes, let hasSpace):
                if let phonemes {
                    tokens.append(Token(text, tag: "NN", hasSpace: hasSpace, phonemes: phonemes))
                } else {
                    tokens += plainTokens(normalizer.normalized(text.scalars))
                    if hasSpace, !tokens.isEmpty { tokens[tokens.count - 1].hasSpace = true }
                }
            }
            if case .plain(let text) = part, text.last?.isSpace ?? false, !tokens.isEmpty {
                tokens[tokens.count - 1].hasSpace = true
            }
        }
        return tokens
    }

    private func plainTokens(_ line: Scalars) -> [Token] {
        let pieces = tokenizer.pieces(line)
        let tags = tagger.tags(pieces.map(\.text))
        return zip(pieces, tags).map { Token($0.text, tag: $1, hasSpace: $0.hasSpace) }
    }
}

/// Markdown's links, which may carry a reading: "[Kokoro](/kˈOkəɹO/)".
enum GivenReading {
    enum Part: Equatable {
        case plain(Scalars)
        /// nil phonemes: a plain link, whose target is not spoken.
        case given(String, phonemes: String?, hasSpace: Bool)
    }

    /// Longer brackets are no link.
    private static let lengthMax = 200

    static func parts(_ text: Scalars) -> [Part] {
        guard text.contains("[") else { return [.plain(text)] }
        var parts: [Part] = []
        var (start, at) = (0, 0)
        while at < text.count {
            guard text[at] == "[", let close = find("]", text, at + 1), text.at(close + 1) == "(",
                let end = find(")", text, close + 2), close > at + 1
            else {
                at += 1
                continue
            }
            if at > start { parts.append(.plain(Array(text[start..<at]))) }
            let target = text[close + 2..<end]
            let isReading = target.count > 1 && target.first == "/" && target.last == "/"
            let phonemes = isReading ? String(target.dropFirst().dropLast()) : nil
            parts.append(
                .given(
                    text.text(at + 1..<close), phonemes: phonemes,
                    hasSpace: text.at(end + 1)?.isSpace ?? false))
            (start, at) = (end + 1, end + 1)
        }
        if start < text.count { parts.append(.plain(Array(text[start...]))) }
        return parts
    }

    private static func find(_ mark: Unicode.Scalar, _ text: Scalars, _ from: Int) -> Int? {
        var at = from
        while at < text.count, at - from < lengthMax {
            if text[at] == mark { return at }
            if text[at] == "[" { return nil }
            at += 1
        }
        return nil
    }
}
