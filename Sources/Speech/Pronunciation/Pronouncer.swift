import EngineAPI

/// Finds words with pronunciations of their own in clean text and puts marks in their place. Used
/// by the thread that reads, for one speech.
struct Pronouncer {
    private struct Entry {
        let word: Scalars
        let lower: Scalars
        /// One with a capital is meant as it is written only.
        let isExact: Bool
        let reading: Pronunciation.Reading
    }

    private let reader: any TextFrontend
    /// By the first letter, small; the longest first, exact ones before others.
    private var entries: [Unicode.Scalar: [Entry]] = [:]
    /// Respellings that were read.
    private var read: [String: ScriptSpan] = [:]

    /// - pronunciations: of two for a word the first counts.
    /// - requested: how many of them a client sent; one of those that can't be said is reported.
    /// - Throws: `.pronunciationUnknown`.
    init(
        _ pronunciations: [Pronunciation], requested: Int, reader: any TextFrontend
    ) throws(EngineError) {
        self.reader = reader
        var known: Set<String> = []
        for (index, one) in pronunciations.enumerated() {
            var census = ScriptDetector()
            let word = Pronouncer.plain(
                Normalizer.spaced(reader.cleaner.clean(one.word.scalars, &census)))
            guard let first = word.first else { continue }
            if case .ipa(let ipa) = one.reading {
                let unknown = reader.unknownSigns(ipa: ipa)
                if !unknown.isEmpty, index < requested {
                    throw .pronunciationUnknown(
                        word: one.word, symbols: unknown.map { String($0) }.joined(separator: " "))
                }
                if !unknown.isEmpty || reader.signs(ipa: ipa).isEmpty, index >= requested {
                    continue
                }
            }
            guard known.insert(String(word)).inserted else { continue }
            let lower = Pronouncer.lowered(word)
            entries[lower.first ?? first, default: []].append(
                Entry(
                    word: word, lower: lower, isExact: lower != word, reading: one.reading))
        }
        for first in entries.keys {
            entries[first]?.sort {
                ($0.word.count, $0.isExact ? 1 : 0) > ($1.word.count, $1.isExact ? 1 : 0)
            }
        }
    }

    /// The text with a mark for each word that has a pronunciation, and for each "[word](/ipa/)".
    mutating func marked(
        _ text: Scalars, spans: inout [ScriptSpan]
    ) throws(EngineError) -> Scalars {
        guard !entries.isEmpty || text.contains("[") else { return text }
        var out: Scalars = []
        out.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            if text[at] == "[", let given = GivenReading.reading(text, at) {
                if let ipa = given.ipa, let span = inline(given.word, ipa),
                    let mark = Pronouncer.mark(span, &spans)
                {
                    out.append(mark)
                } else {
                    out += text[at..<given.end]
                }
                at = given.end
            } else if let (entry, end) = match(text, at) {
                let (span, isPossessive) = (
                    try span(entry, text.text(at..<end)), isPossessive(text, end)
                )
                let whole =
                    isPossessive ? Pronouncer.possessive(span, text.text(end..<end + 2)) : span
                guard let mark = Pronouncer.mark(whole, &spans) else { return out + text[at...] }
                out.append(mark)
                at = isPossessive ? end + 2 : end
            } else {
                out.append(text[at])
                at += 1
            }
        }
        return out
    }

    private static func mark(_ span: ScriptSpan, _ spans: inout [ScriptSpan]) -> Unicode.Scalar? {
        guard spans.count < ScriptMark.spansMax, let mark = ScriptMark.span(spans.count) else {
            return nil
        }
        spans.append(span)
        return mark
    }

    // MARK: readings

    private func inline(_ word: String, _ ipa: String) -> ScriptSpan? {
        let phonemes = reader.signs(ipa: ipa)
        return phonemes.isEmpty ? nil : .phonemes(phonemes, text: word)
    }

    private mutating func span(_ entry: Entry, _ text: String) throws(EngineError) -> ScriptSpan {
        switch entry.reading {
        case .ipa(let ipa):
            let phonemes = reader.signs(ipa: ipa)
            // A voice of letters knows no phonemes: the word is read as it stands.
            if phonemes.isEmpty { return .phonemes("", text: text) }
            let isStressed = phonemes.unicodeScalars.contains { $0 == "ˈ" || $0 == "ˌ" }
            return .phonemes(
                isStressed ? phonemes : Stress.applied(2, to: phonemes), text: text)
        case .respelling(let spelling):
            let reading: ScriptSpan
            if let known = read[spelling] {
                reading = known
            } else {
                var census = ScriptDetector()
                reading = try reader.respelt(
                    Normalizer.spaced(reader.cleaner.clean(spelling.scalars, &census)))
                read[spelling] = reading
            }
            if case .phonemes(let phonemes, _) = reading, !phonemes.isEmpty {
                return .phonemes(phonemes, text: text)
            }
            return reading
        }
    }

    private static func possessive(_ span: ScriptSpan, _ ending: String) -> ScriptSpan {
        guard case .phonemes(let phonemes, let text) = span else { return span }
        return .phonemes(
            phonemes.isEmpty ? "" : Lexicon.plural(phonemes), text: text + ending)
    }

    // MARK: matching

    private static func plain(_ text: Scalars) -> Scalars {
        text.map { $0.isApostrophe ? "'" : $0 }
    }

    /// Letter by letter, so that places stay: a letter whose small form is two stays as it is.
    private static func lowered(_ text: Scalars) -> Scalars { text.map(lowered) }

    private static func lowered(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII {
            return scalar.isUpper ? Unicode.Scalar(UInt8(scalar.value) | 32) : scalar
        }
        let small = scalar.properties.lowercaseMapping.unicodeScalars
        return small.count == 1 ? small.first ?? scalar : scalar
    }

    private func match(_ text: Scalars, _ at: Int) -> (Entry, end: Int)? {
        guard let candidates = entries[Pronouncer.lowered(text[at])] else { return nil }
        for entry in candidates {
            let end = at + entry.word.count
            guard end <= text.count, isFree(text, at, end), stands(entry, text, at) else {
                continue
            }
            return (entry, end)
        }
        return nil
    }

    private func stands(_ entry: Entry, _ text: Scalars, _ at: Int) -> Bool {
        let wanted = entry.isExact ? entry.word : entry.lower
        for (offset, scalar) in wanted.enumerated() {
            let here = text[at + offset].isApostrophe ? "'" : text[at + offset]
            guard scalar == (entry.isExact ? here : Pronouncer.lowered(here)) else { return false }
        }
        return true
    }

    private static func joins(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        return scalar.isApostrophe || ".@/".unicodeScalars.contains(scalar)
    }

    private static func isPart(_ scalar: Unicode.Scalar?) -> Bool { scalar?.isWordPart ?? false }

    /// Whether no longer word, address or contraction is cut: "cat" is none of "concat", "cat.com"
    /// and "cat'll".
    private func isFree(_ text: Scalars, _ at: Int, _ end: Int) -> Bool {
        if text[at].isWordPart {
            if Pronouncer.isPart(text.at(at - 1)) { return false }
            if Pronouncer.joins(text.at(at - 1)), Pronouncer.isPart(text.at(at - 2)) {
                return false
            }
        }
        if text[end - 1].isWordPart {
            if Pronouncer.isPart(text.at(end)) { return false }
            if Pronouncer.joins(text.at(end)), Pronouncer.isPart(text.at(end + 1)) {
                return isPossessive(text, end)
            }
        }
        return true
    }

    private func isPossessive(_ text: Scalars, _ end: Int) -> Bool {
        guard text.at(end)?.isApostrophe ?? false, let letter = text.at(end + 1) else {
            return false
        }
        return (letter == "s" || letter == "S") && !Pronouncer.isPart(text.at(end + 2))
    }
}
