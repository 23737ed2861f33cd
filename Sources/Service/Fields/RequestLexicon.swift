import EngineAPI
import FoundationEssentials

/// The field `lexicon`: words with pronunciations of their own.
enum RequestLexicon {
    static let entriesMax = 1000
    static let wordMax = 64
    static let readingMax = 256

    /// A JSON object of words and readings; forms send it as JSON's text.
    static func entries(_ text: String) throws(Problem) -> [String: String] {
        guard JSONNesting.isShallow(Array(text.utf8)),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)),
            case .object(let object) = value
        else {
            throw Problem(
                .badField, "The lexicon is no JSON object of words and readings.",
                field: "lexicon", limit: #"{"word": "reading"}"#)
        }
        guard object.count <= entriesMax else {
            throw bad(
                "The lexicon has too many entries.", limit: "\(entriesMax) entries",
                got: "\(object.count) entries")
        }
        var entries: [String: String] = [:]
        for (word, reading) in object.sorted(by: { $0.key < $1.key }) {
            guard case .string(let reading) = reading else {
                throw Problem(
                    .badField, "A reading in the lexicon must be a string.",
                    field: "lexicon", limit: "IPA or another spelling", got: shown(word))
            }
            try check(word, "word", max: wordMax, of: word)
            try check(reading, "reading", max: readingMax, of: word)
            entries[word] = reading
        }
        return entries
    }

    private static func check(
        _ text: String, _ what: String, max: Int, of word: String
    ) throws(Problem) {
        let isBlank = text.allSatisfy(\.isWhitespace)
        let count = text.unicodeScalars.count
        guard !isBlank, count <= max else {
            throw bad(
                "The lexicon has \(isBlank ? "an empty \(what)" : "a \(what) that is too long").",
                limit: "\(max) characters", got: "\(shown(word)): \(count) characters")
        }
    }

    /// Enough of a word to find it by.
    private static func shown(_ word: String) -> String { String(word.prefix(wordMax)) }

    private static func bad(_ detail: String, limit: String, got: String) -> Problem {
        Problem(.badLexicon, detail, field: "lexicon", limit: limit, got: got)
    }
}
