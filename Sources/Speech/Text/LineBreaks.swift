/// What the ends of a text's lines mean. Where a line was only full the text reads on; the lines of
/// a verse and the items of a list end softly, with U+2028 before their end; all others end a
/// paragraph.
enum LineBreaks {
    /// Ends a line that others of its kind follow.
    static let soft: Unicode.Scalar = "\u{2028}"
    /// Widths that texts are wrapped to; longer lines are paragraphs, and of shorter ones it takes
    /// more to say that they were wrapped.
    private static let widths = 25...120
    private static let usualWidth = 55
    /// Where people broke the lines, not a program, the right edge is this ragged.
    private static let slack = 4
    private static let verseWidthMax = 60

    static func settled(_ text: Scalars) -> Scalars {
        guard text.contains("\n") else { return text }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Line.init)
        // Between fences every line is its own.
        if lines.contains(where: \.isFence) { return text }
        var start = 0
        while start < lines.count {
            let end = lines[start...].firstIndex(where: \.isBlank) ?? lines.count
            if end > start + 1 { settle(&lines, start..<end) }
            start = end + 1
        }
        var out: Scalars = []
        out.reserveCapacity(text.count + lines.count)
        for (index, line) in lines.enumerated() {
            out += line.text
            if index + 1 == lines.count { break }
            switch line.end {
            case .wrapped: if line.text.last != "-" { out.append(" ") }
            case .soft: out += [soft, "\n"]
            case .hard: out.append("\n")
            }
        }
        return out
    }

    private enum End { case wrapped, soft, hard }

    private struct Line {
        let text: ArraySlice<Unicode.Scalar>
        /// Without spaces around it.
        let length: Int
        let isMarked: Bool
        var end = End.hard
        private let first: Unicode.Scalar?

        init(_ line: ArraySlice<Unicode.Scalar>) {
            var line = line
            while let last = line.last, last.isSpace { line.removeLast() }
            text = line
            let body = line.drop(while: \.isSpace)
            length = body.count
            first = body.first
            isMarked = Line.isMarked(body)
        }

        var isBlank: Bool { length == 0 }
        var isFence: Bool { text.starts(with: "```".unicodeScalars) }
        var isHeading: Bool { first == "#" }
        var startsSmall: Bool { first?.isLower ?? false }
        var startsLarge: Bool { first?.isUpper ?? false }
        var firstWord: Int { text.drop(while: \.isSpace).prefix { !$0.isSpace }.count }
        /// Whether a sentence ends with it.
        var isEnded: Bool {
            let last = text.last { !"\"”’)]*_".unicodeScalars.contains($0) }
            return last.map { ".!?…:".unicodeScalars.contains($0) } ?? false
        }

        /// An item of a list, a row of a table, a heading, a quotation.
        private static func isMarked(_ body: ArraySlice<Unicode.Scalar>) -> Bool {
            guard let first = body.first else { return false }
            if "#>|`".unicodeScalars.contains(first) || body.contains("|") { return true }
            let rest = body.dropFirst()
            if "-*+•–—".unicodeScalars.contains(first) { return rest.first?.isSpace ?? false }
            let number = body.prefix { $0.isDigit }
            let label = number.isEmpty ? body.prefix { $0.isLetter }.prefix(2) : number
            let after = body.dropFirst(label.count)
            guard !label.isEmpty, label.count <= 3, let mark = after.first else { return false }
            let isLabel = !number.isEmpty || label.count == 1
            return isLabel && ".)".unicodeScalars.contains(mark)
                && after.dropFirst().first?.isSpace ?? false
        }
    }

    /// Decides about the lines between two blank ones.
    private static func settle(_ lines: inout [Line], _ block: Range<Int>) {
        let width = lines[block].map(\.length).max() ?? 0
        let inner = block.dropLast()
        func isFull(_ index: Int) -> Bool {
            lines[index].length + 1 + lines[index + 1].firstWord + slack > width
        }
        // The last line of an item is as short as it is.
        let open = inner.filter { !lines[$0 + 1].isMarked && !lines[$0].isHeading }
        let full = open.count(where: isFull)
        let isVerse =
            width < verseWidthMax && lines[block].allSatisfy(\.startsLarge) && block.count > 2
        let isWrapped =
            widths.contains(width) && !isVerse && !open.isEmpty && full * 5 >= open.count * 4
            && (width >= usualWidth || open.allSatisfy { lines[$0 + 1].startsSmall })
        for index in inner {
            if isWrapped, open.contains(index), isFull(index) {
                // Two lines of which the first ends a sentence may be two paragraphs.
                lines[index].end = block.count == 2 && lines[index].isEnded ? .hard : .wrapped
            } else if lines[index].isMarked && lines[index + 1].isMarked {
                lines[index].end = lines[index].isHeading ? .hard : .soft
            } else if !isWrapped, block.count > 2, width < verseWidthMax {
                lines[index].end = lines[index].isHeading ? .hard : .soft
            }
        }
        // Within a wrapped item the soft end is that of its last line.
        for index in inner where lines[index].end == .hard && lines[index + 1].isMarked {
            let isItem = lines[block.lowerBound..<index].contains(where: \.isMarked)
            if isItem { lines[index].end = .soft }
        }
    }
}
