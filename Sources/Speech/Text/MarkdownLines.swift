/// Lines of Markdown that are only drawn: rulers, fences with a language, rows that part a table's
/// head from its body; boxes of a list, and the numbers of notes.
enum MarkdownLines {
    /// The end of the line at an index when nothing of it is spoken.
    static func passedOver(_ text: Scalars, _ at: Int) -> Int? {
        guard let first = text.at(at), "-=*_`~|:+".unicodeScalars.contains(first) else {
            return nil
        }
        var end = at
        while let scalar = text.at(end), scalar != "\n" {
            end += 1
            if end - at > 200 { return nil }
        }
        let line = text[at..<end].filter { !$0.isSpace }
        if line.starts(with: "```".unicodeScalars) || line.starts(with: "~~~".unicodeScalars) {
            // A language, not a sentence between fences.
            let rest = line.dropFirst(3)
            return rest.allSatisfy { $0.isWordPart || "+#.-".unicodeScalars.contains($0) }
                ? end : nil
        }
        guard line.count > 2, "-=*_|:+".unicodeScalars.contains(first) else { return nil }
        return line.allSatisfy { "-=*_|:+".unicodeScalars.contains($0) } ? end : nil
    }

    /// Past "[ ] " or "[x] " at the start of an item.
    static func box(_ text: Scalars, _ at: Int) -> Int {
        guard text.at(at) == "[", text.at(at + 2) == "]", let mark = text.at(at + 1),
            " xX".unicodeScalars.contains(mark)
        else { return at }
        return text.at(at + 3) == " " ? at + 4 : at + 3
    }

    /// Past "[^1]".
    static func footnote(_ text: Scalars, _ at: Int) -> Int? {
        var end = at + 2
        while let scalar = text.at(end), scalar.isWordPart, end - at < 12 { end += 1 }
        return text.at(end) == "]" && end > at + 2 ? end + 1 : nil
    }
}
