/// Takes HTML, stray SSML and the commoner Markdown out of a text; entities become their
/// characters. A text that is SSML as a whole goes to `SSMLReader` instead.
enum MarkupStripper {
    /// A tag longer than this is no tag.
    private static let tagMax = 1000

    static func stripped(_ text: Scalars) -> Scalars {
        // Most texts have none of it.
        if !text.contains(where: { "<&`#-*>•=~|_![¯".unicodeScalars.contains($0) }) { return text }
        var out: Scalars = []
        var unclosed: Set<String> = []
        out.reserveCapacity(text.count)
        var at = 0
        var isLineStart = true
        while at < text.count {
            let here = text[at]
            if isLineStart, let end = MarkdownLines.passedOver(text, at) {
                at = end
                continue
            }
            if here == "~", text.at(at + 1) == "~", text.at(at + 2) != "~" {
                at += 2
                continue
            }
            if here == "!", text.at(at + 1) == "[", text[(at + 1)...].prefix(200).contains("]") {
                at += 1
                continue
            }
            if here == "[", text.at(at + 1) == "^", let end = MarkdownLines.footnote(text, at) {
                at = end
                continue
            }
            if isLineStart, let end = lineMark(text, at) {
                at = end
                isLineStart = false
                continue
            }
            if here == "<", let tag = tag(text, at, &unclosed) {
                out.append(contentsOf: tag.gap.unicodeScalars)
                at = tag.end
                continue
            }
            if here == "&", let (scalar, end) = entity(text, at) {
                out.append(scalar)
                at = end
                continue
            }
            if here == "`" {
                at += 1
                continue
            }
            if here == "¯", let end = shrug(text, at) {
                at = end
                continue
            }
            isLineStart = here == "\n" || (isLineStart && here == " ")
            out.append(here)
            at += 1
        }
        return out
    }

    /// A face between two long strokes, its arms and all: "¯\_(ツ)_/¯".
    private static func shrug(_ text: Scalars, _ at: Int) -> Int? {
        guard let end = text[(at + 1)...].prefix(14).firstIndex(of: "¯"),
            text[at..<end].contains("("), !text[at..<end].contains(where: \.isSpace)
        else { return nil }
        return end + 1
    }

    /// "# ", "- ", "* ", "> " at the start of a line: heading, item, quotation.
    private static func lineMark(_ text: Scalars, _ at: Int) -> Int? {
        var end = at
        while text.at(end) == "#", end - at < 6 { end += 1 }
        if end == at, let mark = text.at(at), "-*>•".unicodeScalars.contains(mark) { end += 1 }
        guard end > at, text.at(end) == " " else { return nil }
        return MarkdownLines.box(text, end + 1)
    }

    /// Elements after which speech pauses as after a line.
    private static let blocks: Set<String> = [
        "p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "hr",
        "section", "article", "blockquote", "header", "footer", "title", "option", "dt", "dd", "s",
        "break", "paragraph", "sentence", "pre",
    ]
    private static let inline: Set<String> = [
        "a", "abbr", "amazon:effect", "audio", "b", "big", "body", "button", "caption", "center",
        "cite", "code", "del", "dfn", "dl", "em", "emphasis", "font", "form", "head", "html", "i",
        "iframe", "img", "input", "ins", "kbd", "label", "lang", "link", "main", "mark", "meta",
        "nav", "phoneme", "prosody", "q", "samp", "say-as", "script", "select", "small", "span",
        "speak", "strike", "strong", "style", "sub", "sup", "svg", "tbody", "td", "textarea", "th",
        "thead", "tt", "u", "var", "video", "voice", "w", "mstts:express-as", "bookmark",
    ]
    /// Elements whose content is no text.
    private static let hidden: Set<String> = ["script", "style", "svg", "head"]

    /// A tag or comment: what takes its place and where it ends; nil when "<" is only a sign.
    /// - unclosed: what was once looked for up to the end in vain, so that a text of nothing but
    ///   openings takes no quadratic time.
    private static func tag(
        _ text: Scalars, _ at: Int, _ unclosed: inout Set<String>
    ) -> (gap: String, end: Int)? {
        if text.has("<!--", at) {
            return past("-->", text, from: at + 4, &unclosed).map { ("", $0) }
        }
        let isClosing = text.at(at + 1) == "/"
        var end = at + (isClosing ? 2 : 1)
        let isDeclaration = text.at(end) == "!" || text.at(end) == "?"
        if isDeclaration { end += 1 }
        let start = end
        while let scalar = text.at(end), scalar.isWordPart || scalar == "-" || scalar == ":" {
            end += 1
        }
        guard end > start, text[start].isASCIILetter, end - start < 32 else { return nil }
        let name = text.text(start..<end).lowercased()
        let limit = min(at + tagMax, text.count)
        guard let close = text[end..<max(end, limit)].firstIndex(where: { $0 == ">" || $0 == "<" }),
            text[close] == ">"
        else { return nil }
        let isEmpty = text[close - 1] == "/"
        let isKnown = blocks.contains(name) || inline.contains(name)
        let hasAttribute = text[end..<close].contains("=")
        // "Hello <name>" has a tag, whatever it means; "List<String>" and "a < b > c" have signs.
        let isBare = close == end && at > 0 ? !text[at - 1].isWordPart : close == end
        guard isBare || isKnown || isClosing || isDeclaration || isEmpty || hasAttribute else {
            return nil
        }
        if hidden.contains(name), !isClosing, !isEmpty {
            if let stop = past("</" + name, text, from: close, &unclosed),
                let last = past(">", text, from: stop, &unclosed)
            {
                return (" ", last)
            }
        }
        return (blocks.contains(name) ? "\n" : "", close + 1)
    }

    /// Just behind a literal's next place, in small or capital letters.
    private static func past(
        _ literal: String, _ text: Scalars, from: Int, _ unclosed: inout Set<String>
    ) -> Int? {
        if unclosed.contains(literal) { return nil }
        let wanted = literal.scalars
        var at = from
        while at + wanted.count <= text.count {
            let isSame = wanted.indices.allSatisfy { index in
                let scalar = text[at + index]
                return scalar == wanted[index]
                    || (scalar.isASCIILetter && scalar.value | 32 == wanted[index].value)
            }
            if isSame { return at + wanted.count }
            at += 1
        }
        unclosed.insert(literal)
        return nil
    }

    private static let entities: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "mdash": "—",
        "ndash": "–", "hellip": "…", "rsquo": "’", "lsquo": "‘", "ldquo": "“", "rdquo": "”",
        "copy": "©", "reg": "®", "deg": "°", "pound": "£", "euro": "€", "yen": "¥", "cent": "¢",
        "times": "×", "divide": "÷", "frac12": "½", "eacute": "é",
    ]

    /// The character that "&name;" at an index means, and where it ends.
    static func entity(_ text: Scalars, _ at: Int) -> (Unicode.Scalar, Int)? {
        var end = at + 1
        while let scalar = text.at(end), end - at < 10, scalar.isWordPart || scalar == "#" {
            end += 1
        }
        guard text.at(end) == ";", end > at + 1 else { return nil }
        let name = text.text(at + 1..<end)
        if let scalar = entities[name] { return (scalar, end + 1) }
        guard name.hasPrefix("#") else { return nil }
        let isHex = name.hasPrefix("#x") || name.hasPrefix("#X")
        let code = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
        return code.flatMap { Unicode.Scalar($0) }.map { ($0, end + 1) }
    }
}
