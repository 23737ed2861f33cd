/// Cuts text into words and punctuation by spaCy's rules for English: special cases, then what
/// peels off at both ends of a chunk, then what splits its middle.
struct Tokenizer: Sendable {
    /// Longer chunks between spaces are cut: no word is that long, and peeling is quadratic.
    static let chunkMax = 80

    private let special: HashedTable

    init(_ tables: VoiceTables) { special = tables.pieces }

    /// Pieces with whether white space follows.
    func pieces(_ text: Scalars) -> [(text: String, hasSpace: Bool)] {
        var out: [(text: String, hasSpace: Bool)] = []
        var at = 0
        while at < text.count {
            if text[at].isSpace {
                at += 1
                continue
            }
            var end = at
            while end < text.count, end - at < Tokenizer.chunkMax, !text[end].isSpace { end += 1 }
            for piece in split(Array(text[at..<end])) { out.append((piece, false)) }
            if end < text.count, text[end].isSpace, !out.isEmpty {
                out[out.count - 1].hasSpace = true
            }
            at = end
        }
        return out
    }

    private func isSpecial(_ chunk: Scalars) -> Bool { special.contains(String(chunk)) }

    private func split(_ whole: Scalars) -> [String] {
        if let pieces = special.list(String(whole)) { return pieces }
        var rest = whole
        var (heads, tails): ([String], [String]) = ([], [])
        while !rest.isEmpty, !isSpecial(rest) {
            let head = TokenRules.prefix(rest)
            if head > 0, rest.count > head, isSpecial(Array(rest[head...])) {
                heads.append(rest.text(0..<head))
                rest = Array(rest[head...])
                break
            }
            let tail = TokenRules.suffix(Array(rest[head...]))
            let cut = rest.count - tail
            if tail > 0, cut > 0, isSpecial(Array(rest[..<cut])) {
                tails.append(rest.text(cut..<rest.count))
                rest = Array(rest[..<cut])
                break
            }
            if head == 0 && tail == 0 { break }
            if tail > 0 { tails.append(rest.text(cut..<rest.count)) }
            if head > 0 { heads.append(rest.text(0..<head)) }
            rest = Array(rest[head..<cut])
        }
        var pieces = heads
        if !rest.isEmpty {
            pieces += special.list(String(rest)) ?? TokenRules.inner(rest)
        }
        pieces += tails.reversed()
        return pieces.count > 1 ? rejoined(pieces) : pieces
    }

    /// Neighbours that spell a special case together, as "Sept" and "." do.
    private func rejoined(_ pieces: [String]) -> [String] {
        var out: [String] = []
        var at = 0
        next: while at < pieces.count {
            for count in [3, 2] where at + count <= pieces.count {
                if let joined = special.list(pieces[at..<at + count].joined()) {
                    out += joined
                    at += count
                    continue next
                }
            }
            out.append(pieces[at])
            at += 1
        }
        return out
    }
}
