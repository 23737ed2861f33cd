import EngineAPI

/// One item of a conversation.
struct ConversationItem: Sendable {
    /// A part of a message.
    enum Part: Sendable, Equatable {
        case text(String)
        /// Sound that was heard or said, with its text once that is known. The sound is not kept.
        case audio(transcript: String?)
        /// A data URI.
        case image(String)
    }

    enum Content: Sendable, Equatable {
        case message(role: String, [Part])
        case call(id: String, name: String, arguments: String)
        case callOutput(id: String, output: String)
    }

    let id: String
    var status = "completed"
    var content: Content
    /// Of what was said: the words of each clause, for whoever cuts it short.
    var spoken = SpokenTimeline()
    /// Text that `response.create` has said.
    var wasSaid = false

    /// As events show it.
    func shown() -> JSONValue {
        var fields: [String: JSONValue] = [
            "id": .string(id), "object": "realtime.item", "status": .string(status),
        ]
        switch content {
        case .message(let role, let parts):
            fields["type"] = "message"
            fields["role"] = .string(role)
            fields["content"] = .array(parts.map { Self.shown($0, role: role) })
        case .call(let callID, let name, let arguments):
            fields["type"] = "function_call"
            fields["call_id"] = .string(callID)
            fields["name"] = .string(name)
            fields["arguments"] = .string(arguments)
        case .callOutput(let callID, let output):
            fields["type"] = "function_call_output"
            fields["call_id"] = .string(callID)
            fields["output"] = .string(output)
        }
        return .object(fields)
    }

    private static func shown(_ part: Part, role: String) -> JSONValue {
        let isAssistant = role == "assistant"
        switch part {
        case .text(let text):
            return ["type": isAssistant ? "output_text" : "input_text", "text": .string(text)]
        case .audio(let transcript):
            return [
                "type": isAssistant ? "output_audio" : "input_audio",
                "transcript": transcript.map { .string($0) } ?? .null,
            ]
        case .image(let uri): return ["type": "input_image", "image_url": .string(uri)]
        }
    }

    /// Its text, where it has any.
    var text: String {
        guard case .message(_, let parts) = content else { return "" }
        return parts.compactMap { part in
            switch part {
            case .text(let text): text
            case .audio(let transcript): transcript
            case .image: nil
            }
        }.joined(separator: " ")
    }

    var imageBytes: Int {
        guard case .message(_, let parts) = content else { return 0 }
        return parts.reduce(0) { sum, part in
            if case .image(let uri) = part { sum + uri.utf8.count } else { sum }
        }
    }

    /// About what it holds: its words are kept with their times, too.
    var bytes: Int { 512 + imageBytes + characterCount * 4 }

    /// How much of a chat's context it takes.
    var characterCount: Int {
        switch content {
        case .message: text.utf8.count
        case .call(_, let name, let arguments): name.utf8.count + arguments.utf8.count
        case .callOutput(_, let output): output.utf8.count
        }
    }
}

/// What was said of a text, clause by clause, so that it can be cut at what was heard.
struct SpokenTimeline: Sendable, Equatable {
    private struct Clause: Sendable, Equatable {
        let text: String
        /// When each of its words begins, milliseconds from the item's first sample.
        let wordStarts: [Double]
    }

    private var clauses: [Clause] = []
    /// Length of the sound.
    private(set) var milliseconds = 0.0

    /// The next clause; its times are from the item's first sample.
    mutating func add(_ clause: SpokenClause) {
        if !clause.isContinuation {
            clauses.append(
                Clause(
                    text: clause.text, wordStarts: clause.words.map { $0.startSeconds * 1_000 }))
        }
        milliseconds = (clause.startSeconds + clause.clip.seconds) * 1_000
    }

    /// Forgets the words that begin at or after `end`, milliseconds.
    mutating func cut(at end: Double) {
        var kept: [Clause] = []
        for clause in clauses {
            let heard = clause.wordStarts.filter { $0 < end }
            if heard.count == clause.wordStarts.count, !heard.isEmpty {
                kept.append(clause)
                continue
            }
            let part = Self.part(of: clause.text, heard.count, of: clause.wordStarts.count)
            if !part.isEmpty { kept.append(Clause(text: part, wordStarts: heard)) }
            break
        }
        clauses = kept
        milliseconds = min(milliseconds, end)
    }

    /// As many of a text's own words as were heard. It may have more or fewer of them than the
    /// voice has: "12" is one in it.
    private static func part(of text: String, _ heard: Int, of count: Int) -> String {
        guard heard > 0, count > 0 else { return "" }
        let words = text.split(whereSeparator: \.isWhitespace)
        let kept = min(words.count, (words.count * heard + count / 2) / count)
        guard kept > 0 else { return "" }
        return String(text[..<words[kept - 1].endIndex])
    }

    /// What of it was heard.
    var text: String {
        var text = ""
        for clause in clauses { text = joined(text, clause.text) }
        return text
    }
}

/// Two texts with a space between them, where there is none.
func joined(_ one: String, _ other: String) -> String {
    guard let last = one.last, let first = other.first, !last.isWhitespace, !first.isWhitespace
    else { return one + other }
    return one + " " + other
}
