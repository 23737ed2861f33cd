/// Takes out of a model's text what is neither said nor shown: thoughts between `<think>` tags,
/// the signs of Markdown, addresses of links, emoji. Text comes in any pieces; the result does not
/// depend on how it was cut.
struct SpokenTextFilter: Sendable {
    private enum Place: Sendable { case text, thought, link, fence }

    private var place = Place.text
    /// What may begin something that is taken out, and waits for more.
    private var pending = ""
    private var isLineStart = true
    private static let open = "<think>"
    private static let close = "</think>"
    /// Signs of emphasis, code, headings and tables.
    private static let signs: Set<Character> = ["*", "`", "_", "#", "|", "~"]

    /// Adds text; returns what is to be said of it.
    mutating func add(_ text: String) -> String {
        var out = ""
        for character in text { take(character, &out) }
        return out
    }

    /// No more comes: what waited is text.
    mutating func finish() -> String {
        var out = ""
        if place == .text { flush(&out) }
        pending = ""
        return out
    }

    private mutating func take(_ character: Character, _ out: inout String) {
        switch place {
        case .thought:
            pending.append(character)
            if pending.hasSuffix(Self.close) { (place, pending) = (.text, "") }
            if pending.count > Self.close.count { pending.removeFirst() }
        case .link:
            if character == ")" || character.isNewline { place = .text }
        case .fence:
            if character.isNewline { place = .text }
        case .text: takeText(character, &out)
        }
    }

    private mutating func takeText(_ character: Character, _ out: inout String) {
        pending.append(character)
        if Self.open.hasPrefix(pending.lowercased()) {
            if pending.count == Self.open.count { (place, pending) = (.thought, "") }
            return
        }
        // "](" begins the address of a link.
        if pending == "](" {
            (place, pending) = (.link, "")
            return
        }
        if pending == "]" { return }
        if isLineStart, pending.allSatisfy({ $0 == "`" }) {
            if pending.count == 3 { (place, pending) = (.fence, "") }
            return
        }
        if pending.count > 1 {
            // The first of it begins nothing; the rest may.
            let waiting = pending
            pending = ""
            put(waiting.first!, &out)
            for rest in waiting.dropFirst() { take(rest, &out) }
            return
        }
        flush(&out)
    }

    private mutating func flush(_ out: inout String) {
        for character in pending { put(character, &out) }
        pending = ""
    }

    private mutating func put(_ character: Character, _ out: inout String) {
        defer { isLineStart = character.isNewline }
        if Self.signs.contains(character) || character == "[" || character == "]" { return }
        if isLineStart, character == ">" || character == "-" || character == "+" { return }
        guard !Self.isEmoji(character) else { return }
        out.append(character)
    }

    private static func isEmoji(_ character: Character) -> Bool {
        guard let first = character.unicodeScalars.first else { return false }
        if first.properties.isEmojiPresentation { return true }
        return first.properties.isEmoji && character.unicodeScalars.contains { $0.value == 0xFE0F }
            && !first.isASCII
    }
}
