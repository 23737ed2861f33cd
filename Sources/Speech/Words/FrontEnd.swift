import EngineAPI

/// From a line of clean text to words with readings: the whole front end in its order.
final class FrontEnd {
    let tables: VoiceTables
    let cleaner: TextCleaner
    let normalizer: Normalizer
    let tokenizer: Tokenizer
    let tagger: Tagger
    private let lexicon: Lexicon
    private let capitals: Capitals
    private let homographs = Homographs()
    private let reader: GraphemeToPhoneme

    init(_ tables: VoiceTables, unknown: OOVPronouncer) {
        self.tables = tables
        cleaner = TextCleaner(tables)
        normalizer = Normalizer(tables)
        tokenizer = Tokenizer(tables)
        tagger = Tagger(tables)
        lexicon = Lexicon(tables)
        capitals = Capitals(lexicon: lexicon)
        reader = GraphemeToPhoneme(lexicon, unknown: unknown)
    }

    /// Words of one sentence. "[text](/phonemes/)" gives a word its reading.
    /// - spans: what the sentence's marks stand for.
    func words(_ sentence: Scalars, spans: [ScriptSpan] = []) throws(EngineError) -> [ReadWord] {
        try reader.read(tokens(sentence, spans: spans))
    }

    func tokens(_ sentence: Scalars, spans: [ScriptSpan] = []) -> [Token] {
        var tokens: [Token] = []
        var emphasis: Emphasis?
        for run in ScriptMark.runs(sentence) {
            var text = run[...]
            var fresh: [Token] = []
            if let mark = run.first, ScriptMark.isMark(mark) {
                text = run.dropFirst()
                if !ScriptMark.sets(&emphasis, mark) { fresh = spanTokens(mark, spans) }
            }
            if !fresh.isEmpty, !text.isEmpty {
                fresh[fresh.count - 1].hasSpace = text.first?.isSpace ?? false
            } else if fresh.isEmpty, text.first?.isSpace ?? false, !tokens.isEmpty {
                tokens[tokens.count - 1].hasSpace = true
            }
            fresh += lineTokens(Array(text))
            for at in fresh.indices { fresh[at].emphasis = emphasis }
            tokens += fresh
        }
        capitals.settle(&tokens)
        BorrowedWords().settle(&tokens)
        // All at once: a part of speech shows in its sentence only.
        let tags = tagger.tags(tokens.map { $0.alias ?? $0.text })
        for (at, tag) in zip(tokens.indices, tags) where tokens[at].tag.isEmpty {
            tokens[at].tag = tag
        }
        let given = tokens.map { $0.phonemes != nil }
        homographs.settle(&tokens)
        if tables.isBritish {
            for at in tokens.indices where !given[at] {
                tokens[at].phonemes = tokens[at].phonemes.map(BritishSigns.adapted)
            }
        }
        return tokens
    }

    /// What one mark stands for.
    private func spanTokens(_ mark: Unicode.Scalar, _ spans: [ScriptSpan]) -> [Token] {
        let index = Int(mark.value) - Int(ScriptMark.firstSpan)
        guard spans.indices.contains(index) else { return [] }
        switch spans[index] {
        case .phonemes("", let text): return plainTokens(text.scalars)
        case .phonemes(let phonemes, let text):
            return [Token(text, tag: "NN", phonemes: phonemes)]
        case .role(let text, let role):
            return plainTokens(text.scalars).map { token in
                var token = homographs.token(token, role: role)
                if tables.isBritish { token.phonemes = token.phonemes.map(BritishSigns.adapted) }
                return token
            }
        case .letters(let text):
            return text.scalars.flatMap(spelt)
        }
    }

    /// The name of one sign.
    private func spelt(_ scalar: Unicode.Scalar) -> [Token] {
        if scalar.isSpace { return [] }
        if scalar.isDigit {
            return plainTokens(NumberWords.ones[scalar.digit].scalars, isSpaced: true)
        }
        if let name = Normalizer.signNames[scalar] {
            return plainTokens(name.scalars, isSpaced: true)
        }
        let letter = String(scalar).uppercased()
        guard let name = lexicon.lookup(letter, tag: nil, level: nil, nil) else {
            return plainTokens([scalar], isSpaced: true)
        }
        return [Token(letter, tag: "NN", hasSpace: true, phonemes: name)]
    }

    private func lineTokens(_ sentence: Scalars) -> [Token] {
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

    /// Without their parts of speech.
    private func plainTokens(_ line: Scalars, isSpaced: Bool = false) -> [Token] {
        tokenizer.pieces(line).map { Token($0.text, tag: "", hasSpace: isSpaced || $0.hasSpace) }
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

    /// What "[word](/ipa/)" at a place says; nil where there is no link.
    static func reading(
        _ text: Scalars, _ at: Int
    ) -> (word: String, ipa: String?, end: Int)? {
        guard let close = find("]", text, at + 1), text.at(close + 1) == "(", close > at + 1,
            let end = find(")", text, close + 2)
        else { return nil }
        let target = text[close + 2..<end]
        let isReading = target.count > 2 && target.first == "/" && target.last == "/"
        return (
            text.text(at + 1..<close), isReading ? String(target.dropFirst().dropLast()) : nil,
            end + 1
        )
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
