/// Paths of files and services, patterns of names, keys pressed together, handles.
extension SemioticClassifier {
    /// First folders that make a path of a pair of words.
    private static let folders = words(
        "src usr etc var home bin lib opt tmp dev proc sys api docs doc test tests build dist out "
            + "assets images static public app apps config node_modules vendor target feature "
            + "features bugfix hotfix fix release releases origin upstream refs remotes main master "
            + "users user packages components modules scripts tools data logs")
    private static let pathNames: [Unicode.Scalar: String] = [
        "/": "slash", "\\": "backslash", ".": "dot", "-": "dash", ":": "colon",
        "?": "question mark", "=": "equals", "&": "and", "#": "hash", "%": "percent",
        "~": "tilde", "*": "star", "@": "at", "+": "plus",
    ]

    private func isPathPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.isASCIILetter || scalar.isDigit
            || Self.pathNames[scalar] != nil
    }

    /// "/api/v1/users?id=7", "~/notes.txt", "./run.sh", "C:\Users", "src/main.c", "build/".
    func path(_ text: Scalars, _ at: Int) -> Reading? {
        if let before = text.at(at - 1), !" (\"“'‘[{=".unicodeScalars.contains(before) {
            return nil
        }
        var end = at
        while let scalar = text.at(end), isPathPart(scalar) { end += 1 }
        while end > at + 1, ".,:;!?-".unicodeScalars.contains(text[end - 1]) { end -= 1 }
        // A letter of another alphabet goes on: no path.
        if let next = text.at(end), next.isWordPart { return nil }
        guard end > at + 1, isPath(text, at..<end) else { return nil }
        return Reading(end: end, words: pathWords(text, at..<end))
    }

    private func isPath(_ text: Scalars, _ range: Range<Int>) -> Bool {
        let at = range.lowerBound
        let path = text[range]
        if text.has(":\\", at + 1), text[at].isASCIILetter { return true }
        if text[at] == "\\" { return text.at(at + 1) == "\\" && path.count > 3 }
        if text.has("~/", at) || text.has("./", at) || text.has("../", at) { return path.count > 2 }
        if text[at] == "/" {
            guard path.count > 2, text.at(at + 1)?.isASCIILetter ?? false else { return false }
            // A sound between strokes is none.
            return path.last != "/" || path.count { $0 == "/" } > 2
        }
        guard text[at].isASCIILetter, path.contains("/"), !text.has("://", lettersEnd(text, at))
        else { return false }
        let pieces = path.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.dropLast().allSatisfy({ !$0.isEmpty }),
            !pieces[0].contains("."), !pieces[0].contains("@")
        else { return false }
        let first = String(pieces[0]).lowercased()
        let last = pieces[pieces.count - 1]
        let ending = last.split(separator: ".").last.map { String($0).lowercased() } ?? ""
        let isFile = last.contains(".") && Self.extensions[ending] != nil
        return Self.folders.contains(first) || path.contains("_") || isFile
            || (last.isEmpty && pieces[0].count > 2)
    }

    private func pathWords(_ text: Scalars, _ range: Range<Int>) -> String {
        var words: [String] = []
        var at = range.lowerBound
        while at < range.upperBound {
            var end = at
            while end < range.upperBound, text[end].isASCIILetter || text[end].isDigit { end += 1 }
            if end > at {
                let name = text.text(at..<end)
                let isEnding = end == range.upperBound && text.at(at - 1) == "." && at > 1
                words.append(
                    isEnding ? Self.extensions[name.lowercased()] ?? element(name) : element(name))
                at = end
                continue
            }
            if let name = Self.pathNames[text[at]] { words.append(name) }
            at += 1
        }
        return words.joined(separator: " ")
    }

    /// "*.csv": every file of a kind.
    func pattern(_ text: Scalars, _ at: Int) -> Reading? {
        guard text.has("*.", at), text.at(at + 2)?.isASCIILetter ?? false,
            text.at(at - 1).map({ !$0.isWordPart && $0 != "*" }) ?? true
        else { return nil }
        let end = lettersEnd(text, at + 2)
        let ending = text.text(at + 2..<end)
        return Reading(
            end: end, words: "star dot " + (Self.extensions[ending.lowercased()] ?? ending))
    }

    private static let keys = table(
        "Ctrl:control|Ctl:control|Cmd:command|Alt:alt|Opt:option|Option:option|Shift:shift|"
            + "Esc:escape|Del:delete|Ins:insert|Win:windows|Fn:function|Tab:tab|Enter:enter|"
            + "Space:space|PgUp:page up|PgDn:page down|Home:home|End:end|Super:super|Meta:meta|"
            + "Command:command|Control:control|Backspace:backspace|Delete:delete|Up:up|Down:down|"
            + "Left:left|Right:right|Return:return|Escape:escape|ctrl:control|cmd:command|alt:alt|"
            + "shift:shift|esc:escape|tab:tab|del:delete|enter:enter|CTRL:control|CMD:command|"
            + "ALT:alt|SHIFT:shift|ESC:escape|TAB:tab|DEL:delete")
    private static let holding = words(
        "Ctrl Ctl Cmd Alt Opt Option Shift Win Fn Super Meta Command Control ctrl cmd alt shift "
            + "CTRL CMD ALT SHIFT")
    private static let alone = table("Ctrl:control|Cmd:command|PgUp:page up|PgDn:page down")

    /// "Ctrl+Shift+T", "Cmd-Z", "Alt+F4": keys that are pressed together.
    func shortcut(_ text: Scalars, _ at: Int) -> Reading? {
        var (end, names) = (at, [String]())
        while names.count < 5 {
            var stop = end
            while let scalar = text.at(stop), scalar.isASCIILetter || scalar.isDigit { stop += 1 }
            let name = text.text(end..<stop)
            if let key = Self.keys[name] {
                names.append(key)
            } else if stop - end == 1 {
                names.append(name.uppercased())
            } else if name.first == "F", text.digits(end + 1) == stop - end - 1, stop - end < 4 {
                names.append("F " + text.text(end + 1..<stop))
            } else {
                return nil
            }
            end = stop
            guard Self.holding.contains(name), let mark = text.at(end), mark == "+" || mark == "-",
                let next = text.at(end + 1), next.isASCIILetter || next.isDigit
            else { break }
            end += 1
        }
        if let next = text.at(end), next.isWordPart || next == "/" { return nil }
        if names.count < 2 {
            guard let key = Self.alone[text.text(at..<end)] else { return nil }
            return Reading(end: end, words: key)
        }
        return Reading(end: end, words: names.joined(separator: " "))
    }

    /// "@CityOfReno", "#MondayMotivation": words without the spaces between them; "pkg@5.4".
    func handle(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "@" || text[at] == "#" else { return nil }
        let before = text.at(at - 1)
        if text[at] == "@", before?.isWordPart ?? false, text.at(at + 1)?.isDigit ?? false {
            return Reading(end: at + 1, words: " at ")
        }
        guard before.map({ $0 == " " || $0 == "(" || $0 == "\"" || $0 == "." }) ?? true,
            text.at(at + 1)?.isASCIILetter ?? false
        else { return nil }
        var end = at + 1
        while let scalar = text.at(end), scalar.isASCIILetter || scalar.isDigit || scalar == "_" {
            end += 1
        }
        let name = text.text(at + 1..<end)
        let parts = name.split(separator: "_").map { element(String($0)) }
        let sign = text[at] == "@" ? "at " : "hashtag "
        return Reading(end: end, words: sign + parts.joined(separator: " "))
    }

    /// "!done" in code: not.
    func negation(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "!", let next = text.at(at + 1), next.isASCIILetter,
            text.at(at - 1).map({ $0 == " " || $0 == "(" }) ?? false,
            text.at(at - 2).map({ "&|=(f".unicodeScalars.contains($0) }) ?? false
                || text.at(at - 1) == "("
        else { return nil }
        return Reading(end: at + 1, words: "not ")
    }

    private static let functions = "fghFGPpqQ".unicodeScalars

    /// "f(3)", "g(x)": a function and what it is of.
    func function(_ text: Scalars, _ at: Int) -> Reading? {
        guard Self.functions.contains(text[at]), text.at(at + 1) == "(" else { return nil }
        var end = at + 2
        while let scalar = text.at(end), scalar != ")" {
            guard
                scalar.isDigit || scalar.isASCIILetter || ",. +-−".unicodeScalars.contains(scalar),
                end - at < 12
            else { return nil }
            end += 1
        }
        let inner = text.text(at + 2..<min(end, text.count))
        let names = inner.split { !$0.isLetter }
        guard text.at(end) == ")", !inner.isEmpty, names.allSatisfy({ $0.count == 1 }),
            !inner.contains(where: { "+-−".contains($0) })
        else { return nil }
        let letter = String(text[at]).uppercased()
        return Reading(end: end + 1, words: "\(letter) of \(inner.uppercased())")
    }

    /// "5x" in an equation: a factor and a name.
    func term(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        guard line.isEquation, let factor = amount(text, at), let name = text.at(factor.end),
            "xyznabpqrk".unicodeScalars.contains(name),
            !(text.at(factor.end + 1).map { $0.isASCIILetter || $0.isDigit } ?? false)
        else { return nil }
        return Reading(end: factor.end + 1, words: factor.text + " " + String(name).uppercased())
    }
}
